#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds the kernels' and layers' tests (and the fuzzer), those of GPU kernels in the host emulation
# too, with sanitizers and runs them:
#   scripts/sanitize.sh [asan-ubsan] [tsan]     both by default
# Ends with one line of counts for each; exits 1 if anything failed.
set -euo pipefail
cd "$(dirname "$0")/.."

presets=("$@")
[ ${#presets[@]} -gt 0 ] || presets=(asan-ubsan tsan)
scripts/setup.sh

# What starts threads.
threaded=(runtime_base_parallel_for_test runtime_nn_lut_conv2d_test runtime_nn_lut_matmul_test
  runtime_nn_layer_cache_test runtime_nn_lut_conv2d_gradients_test
  runtime_nn_conv2d_slope_gradients_test runtime_table_weight_tuning_test
  runtime_tf_layouts_test runtime_tf_matmul_run_test runtime_tf_slope_cache_test
  runtime_tf_table_cache_test runtime_model_network_test)
# And what runs code for special instruction sets or reads untrusted plans, tables and attributes.
all=("${threaded[@]}" kernels_plan_test kernels_plan_codec_test kernels_conv2d_kernels_test
  kernels_conv2d_depthwise_test kernels_conv2d_fuzz_test kernels_dispatch_test
  kernels_term_conv2d_test kernels_reference_test runtime_nn_lut_table_test
  runtime_nn_real_tables_test runtime_nn_requantize_rows_test runtime_table_stored_table_test
  runtime_table_table_gradient_test runtime_tf_conv2d_attributes_test
  runtime_tf_matmul_attributes_test runtime_tf_nudged_range_test runtime_tf_tfapprox_table_test)
export AXLUT_FUZZ_SECONDS=${AXLUT_FUZZ_SECONDS:-20}
status=0
for preset in "${presets[@]}"; do
  targets=("${all[@]}")
  [ "$preset" != tsan ] || targets=("${threaded[@]}")
  cmake --preset "$preset" >build.log 2>&1 || { cat build.log; exit 1; }
  mv build.log "build/$preset/configure.log"
  # GPU kernels run on fibers; two OS threads, for races between blocks.
  mapfile -t gpu_targets <"build/$preset/gpu_tests.txt"
  export AXLUT_HOST_SCHEDULE=shuffled,1,2
  targets+=("${gpu_targets[@]}")
  cmake --build "build/$preset" -j "$(nproc)" --target "${targets[@]}" >"build/$preset/build.log" 2>&1 ||
    { tail -n 50 "build/$preset/build.log"; exit 1; }
  failed=0
  for target in "${targets[@]}"; do
    log="build/$preset/$target.log"
    "build/$preset/tests/$target" >"$log" 2>&1 || { failed=$((failed + 1)); tail -n 80 "$log"; }
  done
  echo "$preset: $((${#targets[@]} - failed)) passed, $failed failed"
  [ "$failed" -eq 0 ] || status=1
done
exit "$status"
