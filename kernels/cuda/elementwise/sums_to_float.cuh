// SPDX-License-Identifier: MIT
// Exact sums to float outputs.
#pragma once

#include "kernels/cuda/elementwise/elementwise_params.h"
#include "kernels/cuda/operands.cuh"

namespace axlut::AXLUT_GPU_TARGET {

__global__ void __launch_bounds__(kElementwiseThreads) SumsToFloat(SumsToFloatParams p) {
  const uint32_t step = gridDim.x * kElementwiseThreads;
  const GpuQuantization quantization =
      p.device_quantization != nullptr ? *p.device_quantization : p.quantization;
  for (uint32_t i = blockIdx.x * kElementwiseThreads + threadIdx.x; i < p.count; i += step) {
    const float scale_b = p.scales_b != nullptr ? p.scales_b[i % p.out_c] : quantization.b.scale;
    p.out[i] = ScaledSum(quantization.a.scale, scale_b, p.sums[i]);
  }
}

}  // namespace axlut::AXLUT_GPU_TARGET
