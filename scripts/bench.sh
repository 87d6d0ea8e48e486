#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds and runs the benchmarks; writes docs/benchmarks/*.json. Timings are the least of many runs
# of one thread's CPU time, but a quiet machine still matters. Not a test: nothing here can fail.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
mkdir -p build docs/benchmarks
cmake --preset release >build/bench-configure.log
cmake --build build -j "$(nproc)" --target lut_conv2d_bench lutgen_bit_parallel_bench

build/bin/lut_conv2d_bench --json=docs/benchmarks/kernels.json
python3 scripts/make_bench_table.py
build/bin/lutgen_bit_parallel_bench --benchmark_out=docs/benchmarks/evaluation.json \
  --benchmark_out_format=json --benchmark_repetitions=5 --benchmark_report_aggregates_only=true
# Whose machine it was is nobody's business.
sed -i '/"host_name":/d' docs/benchmarks/evaluation.json
