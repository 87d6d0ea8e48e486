// SPDX-License-Identifier: MIT
// Ranges of floats to quantizations, on the device, so that the host need not wait for them.
#pragma once

#include "kernels/cuda/cuda.cuh"
#include "kernels/cuda/elementwise/elementwise_params.h"

namespace axlut::AXLUT_GPU_TARGET {

inline constexpr float kLargestFloat = 3.40282346638528859811704183484516925e+38f;
inline constexpr float kSmallestNormalFloat = 1.17549435082228750796873653722224568e-38f;

// False for NaN, too.
__device__ inline bool IsFinite(float x) { return fabsf(x) <= kLargestFloat; }

// What stands for a range that is refused: float outputs become NaN, codes stay within the table.
__device__ inline GpuRange RefusedRange(int32_t width, int32_t code_flip) {
  GpuRange range;
  range.scale = __int_as_float(0x7fc00000);
  range.width = width;
  range.code_flip = code_flip;
  return range;
}

// NudgeRange (runtime/tf/nudged_range.cc): the same float steps in the same order.
__device__ inline GpuRange NudgeRange(float min, float max, int32_t width, int32_t code_flip) {
  GpuRange range = RefusedRange(width, code_flip);
  if (!IsFinite(min) || !IsFinite(max) || min > max) return range;
  if (min == max) {
    min = min < 0.0f ? min : 0.0f;
    max = max > 0.0f ? max : 0.0f;
  }
  const float max_code = static_cast<float>((1 << width) - 1);
  const float scale = (max - min) / max_code;
  range.scale = 0.0f;
  if (scale < kSmallestNormalFloat) return range;
  const float zero_from_min = -min / scale;
  const float not_below = zero_from_min > 0.0f ? zero_from_min : 0.0f;
  const float clamped = not_below < max_code ? not_below : max_code;
  // std::round: halves away from zero.
  const float down = floorf(clamped);
  range.zero_code = static_cast<int32_t>(down) + (clamped - down >= 0.5f ? 1 : 0);
  range.scale = scale;
  // Subtracted as integers: GCC makes 0.0f - x a -x, which turns 0.0 into -0.0.
  range.min = static_cast<float>(-range.zero_code) * scale;
  range.max = (max_code - static_cast<float>(range.zero_code)) * scale;
  return IsFinite(range.max - range.min) ? range : RefusedRange(width, code_flip);
}

// One thread.
__global__ void NudgeRanges(NudgeRangesParams p) {
  p.quantization->a = NudgeRange(*p.min[0], *p.max[0], p.width[0], p.code_flip[0]);
  p.quantization->b = NudgeRange(*p.min[1], *p.max[1], p.width[1], p.code_flip[1]);
}

}  // namespace axlut::AXLUT_GPU_TARGET
