#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Set-up, build, and every test: GoogleTest, the commands end to end, pytest. Ends with one line of
# counts; exits 1 if anything failed. A second call only builds and tests.
#   scripts/test.sh [--without-tensorflow] [CTEST ARGUMENT ...]
set -euo pipefail
cd "$(dirname "$0")/.."

setup=(--with-tensorflow)
if [ "${1:-}" = --without-tensorflow ]; then setup=(); shift; fi
scripts/setup.sh "${setup[@]}"

jobs=$(nproc)
cmake --preset release >build.log 2>&1 || { cat build.log; exit 1; }
mv build.log build/configure.log
sed -n '/what is on and why/,/-- Configuring done/p' build/configure.log | grep -v Configuring
cmake --build build -j "$jobs"

rm -rf build/test-results
mkdir -p build/test-results
status=0
ctest --test-dir build -j "$jobs" --output-on-failure --no-tests=error \
  --output-junit test-results/ctest.xml "$@" >build/test-results/ctest.log 2>&1 || status=$?
grep -E 'Failed|\*\*\*|tests passed|tests failed' build/test-results/ctest.log || true
if [ "$status" -ne 0 ]; then cat build/test-results/ctest.log; fi
python3 scripts/count_tests.py build/test-results || status=1
exit "$status"
