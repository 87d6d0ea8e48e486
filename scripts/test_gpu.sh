#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# On a machine with an NVIDIA GPU: builds the kernels and what tests them, runs the tests with the
# CTest label gpu, then measures products per second of every variant. Exits 1 if a test failed, 77
# if there is no GPU.
#   scripts/test_gpu.sh [--sanitize]    also under compute-sanitizer: memcheck, racecheck, synccheck
set -euo pipefail
cd "$(dirname "$0")/.."

sanitize=no
case "${1:-}" in
  "") ;;
  --sanitize) sanitize=yes ;;
  -h | --help) sed -n '3,6s/^# //p' "$0"; exit 0 ;;
  *) echo "test_gpu.sh: unknown argument '$1' (--sanitize, --help)" >&2; exit 2 ;;
esac

scripts/setup.sh --with-cuda
cmake --preset release -DAXLUT_WITH_CUDA=ON >build.log 2>&1 || { cat build.log; exit 1; }
mv build.log build/configure.log
cmake --build build -j "$(nproc)" --target kernels_cuda_device_gpu_test lut_throughput

test=build/tests/kernels_cuda_device_gpu_test
status=0
"$test" || status=$?
if [ "$status" -ne 0 ]; then exit "$status"; fi
if [ "$sanitize" = yes ]; then
  command -v compute-sanitizer >/dev/null || {
    echo "test_gpu.sh: no compute-sanitizer (it is part of a CUDA toolkit)" >&2
    exit 5
  }
  for tool in memcheck racecheck synccheck; do
    echo "compute-sanitizer --tool $tool"
    compute-sanitizer --tool "$tool" --error-exitcode 1 "$test" --gtest_filter='*TheSweep' ||
      status=1
  done
fi
build/bin/lut_throughput
exit "$status"
