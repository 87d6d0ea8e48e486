// SPDX-License-Identifier: MIT
// Floats to the floats that their codes stand for.
#pragma once

#include "kernels/cuda/elementwise/elementwise_params.h"
#include "kernels/cuda/operands.cuh"

namespace axlut::AXLUT_GPU_TARGET {

__global__ void __launch_bounds__(kElementwiseThreads) FakeQuantize(FakeQuantizeParams p) {
  const GpuRange range = *p.range;
  const FloatQuantizer quantizer(range);
  const int64_t step = static_cast<int64_t>(gridDim.x) * kElementwiseThreads;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * kElementwiseThreads + threadIdx.x;
       i < p.count; i += step) {
    const float value = p.values[i];
    const uint32_t code = quantizer.Pattern(value) ^ static_cast<uint32_t>(range.code_flip);
    const int32_t steps = static_cast<int32_t>(code) - range.zero_code;
    p.quantized[i] = static_cast<float>(steps) * range.scale;
    p.inside[i] = value >= range.min && value <= range.max;
  }
}

}  // namespace axlut::AXLUT_GPU_TARGET
