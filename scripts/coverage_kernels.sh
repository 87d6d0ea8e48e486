#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Which lines of the GPU kernels (kernels/cuda/**/*.cuh) the tests run in the host emulation:
#   scripts/coverage_kernels.sh
# Writes build/coverage/kernels.txt and kernels.json; exits 1 below 100 % of the lines that the host
# compiles.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
build=build/coverage
mkdir -p "$build"
cmake --preset coverage >"$build/configure.log" 2>&1 || { cat "$build/configure.log"; exit 1; }
cmake --build "$build" -j "$(nproc)" --target axlut_gpu_tests >"$build/build.log" 2>&1 ||
  { tail -n 50 "$build/build.log"; exit 1; }
find "$build" -name '*.gcda' -delete
# Counters of programs that end at the same time are added up under a lock.
# Batches beyond a grid's limits take minutes without optimization and run no line of their own.
export GTEST_FILTER='-*BeyondGridLimits*'
run_test() { "$1/tests/$2" >"$1/$2.log" 2>&1 || { tail -n 50 "$1/$2.log"; return 1; }; }
export -f run_test
xargs -P "$(nproc)" -I{} bash -c "run_test $build {}" <"$build/gpu_tests.txt"
python3 scripts/coverage_kernels.py "$build"
