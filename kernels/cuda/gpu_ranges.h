// SPDX-License-Identifier: MIT
// Ranges of floats that only the device knows: from their ends to quantizations, and floats
// quantized by them. What a framework's op needs beside layers (elementwise/).
#pragma once

#include <cstdint>

#include "kernels/cuda/gpu.h"
#include "kernels/cuda/quantization.h"

namespace axlut {

// The range of one float operand, and how its codes become bit patterns.
struct GpuNudge {
  const float* min = nullptr;  // one float each, in device memory
  const float* max = nullptr;
  int32_t width = 8;       // bits, 1..8
  bool is_signed = false;  // two's complement
};

// Writes the quantization of both operands (runtime/tf/nudged_range.h, NudgeRange, to the last bit)
// to device memory, for GpuCall::device_quantization. The scale of a range that NudgeRange refuses
// is NaN, so that float outputs are NaN, and its codes are 0.
GpuStatus LaunchNudgeRanges(Gpu* gpu, const GpuNudge& a, const GpuNudge& b, GpuStream stream,
                            GpuQuantization* quantization);

// quantized[i] = the float that the code of values[i] in *range stands for; inside[i]: whether it
// was within the range's ends. All in device memory; `range` is half of what LaunchNudgeRanges
// wrote. NaN becomes the lower end and is not inside; a range that was refused gives NaN.
GpuStatus LaunchFakeQuantize(Gpu* gpu, const float* values, int64_t count, const GpuRange* range,
                             GpuStream stream, float* quantized, bool* inside);

}  // namespace axlut
