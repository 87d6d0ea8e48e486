#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The main job on a bundled example: circuits -> truth tables -> proved against their RTL -> a small
# network run through each of them. Installs and builds what is missing; a second call does neither.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
mkdir -p build/demo
if ! { cmake --preset release -DAXLUT_WITH_TENSORFLOW=AUTO &&
       cmake --build build -j "$(nproc)" --target axlut_commands; } >build/demo/build.log 2>&1; then
  cat build/demo/build.log
  exit 1
fi

circuits=testdata/circuits
digits=testdata/digits
export PATH="$PWD/build/bin:$PATH"
out=build/demo

# say WORDS...: prints a command line as a user would type it, then runs it.
say() {
  printf '$ %s\n' "$*"
  "$@"
}

echo "1. A netlist and a C model of the same multiplier give the same table."
say lutgen build -q $circuits/mul8u_bam_h2v6.v -o $out/mul8u_bam_h2v6.axt
say lutgen build -q $circuits/mul8u_bam_h2v6.c -o $out/from_c.bin
say lutgen convert -q $out/mul8u_bam_h2v6.axt -o $out/from_v.bin
say cmp $out/from_v.bin $out/from_c.bin

echo
echo "2. Each table is proved equal to its RTL, over all operand pairs."
names=(mul8u_exact mul8u_trunc4 mul8u_trunc8 mul8u_hier_or mul8u_bam_h2v6 mul8u_mitchell)
for name in "${names[@]}"; do
  lutgen build -q $circuits/"$name".v -o $out/"$name".axt
  lutgen metrics $out/"$name".axt --json=$out/"$name".metrics.json
  say lutsim verify $out/"$name".axt $circuits/"$name".v
done

echo
echo "3. A small CNN for handwritten digits, run through each of them."
run=(lutrun emulate -q "$digits/digits_cnn.tflite" --data "$digits/images.npy" --labels "$digits/labels.npy")
printf '$ %s\n' "${run[*]} --table TABLE"
for name in "${names[@]}"; do
  "${run[@]}" --table $out/"$name".axt --json=$out/"$name".run.json
done
python3 scripts/demo_report.py $out "${names[@]}"
