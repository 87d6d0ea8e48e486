// SPDX-License-Identifier: MIT
// Parameters of the elementwise kernels.
#pragma once

#include <cstdint>

#include "kernels/cuda/quantization.h"

namespace axlut {

inline constexpr int kElementwiseThreads = 256;

struct SumsToFloatParams {
  GpuQuantization quantization;
  const GpuQuantization* device_quantization = nullptr;
  const float* scales_b = nullptr;  // [out_c], or null
  const int64_t* sums = nullptr;
  float* out = nullptr;
  uint32_t count = 0;
  uint32_t out_c = 1;
};

// See GpuNudge (gpu_ranges.h).
struct NudgeRangesParams {
  const float* min[2] = {};  // of a, of b
  const float* max[2] = {};
  int32_t width[2] = {};
  int32_t code_flip[2] = {};
  GpuQuantization* quantization = nullptr;
};

// See LaunchFakeQuantize (gpu_ranges.h).
struct FakeQuantizeParams {
  const float* values = nullptr;
  const GpuRange* range = nullptr;
  float* quantized = nullptr;
  bool* inside = nullptr;
  int64_t count = 0;
};

}  // namespace axlut
