#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds and runs the benchmarks; writes docs/benchmarks/*.{json,svg} and the tables of docs/kernels.md
# and docs/performance.md. About 15 minutes. Timings are the least of many runs of one thread's CPU
# time, but a quiet machine still matters. Not a test: a limit that is missed is reported, no more.
#   scripts/bench.sh [plans|scaling|networks|tf_op|tf_networks|kernels|evaluation|docs ...]      all of them by default
set -euo pipefail
cd "$(dirname "$0")/.."

known=(plans scaling networks tf_op tf_networks kernels evaluation docs)
if [ "${1:-}" = --help ]; then sed -n '3,6s/^# //p' "$0"; exit 0; fi
if [ $# -eq 0 ]; then set -- "${known[@]}"; fi
for part in "$@"; do
  [[ " ${known[*]} " == *" $part "* ]] ||
    { echo "bench.sh: unknown part '$part' (${known[*]})" >&2; exit 2; }
done

scripts/setup.sh --with-tensorflow --with-benchmarks
mkdir -p build/bench docs/benchmarks
cmake --preset release >build/bench/configure.log
cmake --build build -j "$(nproc)" --target lutrun lutgen kernels_bench plans_bench scaling_bench \
  network_timing lutgen_bit_parallel_bench axlut_python

bin=build/bin
results=docs/benchmarks

bench_plans() {
  # TFApprox' tables with the plans that a full analysis finds, where the tables are.
  mkdir -p build/bench/tables
  local table
  for table in ../shared/data/tables/tfapprox/*.bin; do
    [ ! -e "$table" ] || $bin/lutgen convert -q --analyze=full "$table" \
      -o "build/bench/tables/$(basename "$table" .bin).axt"
  done
  $bin/plans_bench --tables=build/bench/tables --json=build/bench/plans.json
  python3 scripts/bench_summary.py build/bench/plans.json -o $results/plans.json
}

bench_scaling() { $bin/scaling_bench --json=$results/scaling.json; }

bench_networks() {
  .venv/bin/python -W ignore scripts/bench_networks.py --bin $bin -o $results/networks.json
}

bench_tf_op() {
  PYTHONPATH=build/python .venv/bin/python -W ignore scripts/bench_tf_op.py -o $results/tf_op.json
}

bench_tf_networks() {
  PYTHONPATH=build/python .venv/bin/python -W ignore scripts/bench_tf_networks.py \
    -o $results/tf_networks.json
}

bench_kernels() { $bin/kernels_bench --json=$results/kernels.json; }

bench_evaluation() {
  $bin/lutgen_bit_parallel_bench --benchmark_out=$results/evaluation.json \
    --benchmark_out_format=json --benchmark_repetitions=5 --benchmark_report_aggregates_only=true
  # Whose machine it was is nobody's business.
  sed -i '/"host_name":/d' $results/evaluation.json
}

bench_docs() {
  python3 scripts/make_bench_table.py
  python3 scripts/make_performance_page.py
  .venv/bin/python scripts/make_bench_plots.py
}

for part in "$@"; do "bench_$part"; done
