// SPDX-License-Identifier: MIT
// How GPU kernels read operands and write sums: plain structs that travel as kernel parameters, so
// they are the same for nvcc, for the host emulation, and for launchers.
#pragma once

#include <cstdint>

namespace axlut {

// One operand's codes. Code c (0 .. 2^width - 1) stands for min + c * scale; its bit pattern is
// c ^ code_flip, its operand value is c - code_flip (code_flip: 2^(width - 1) for a two's
// complement operand, else 0).
struct GpuRange {
  float min = 0;  // only for operands given as floats: those of a NudgedRange (runtime/tf)
  float max = 0;
  float scale = 0;  // also a factor of float outputs
  int32_t zero_code = 0;
  int32_t width = 8;
  int32_t code_flip = 0;
};

// Both operands of a call. The caller can have it in device memory, computed there from ranges that
// the host never sees.
struct GpuQuantization {
  GpuRange a;
  GpuRange b;
};

// A tensor in device memory.
struct GpuOperand {
  const void* data = nullptr;
  // false: uint8_t, bit patterns. true: float; kernels quantize while they load, in the steps of
  // QuantizeToPatterns (runtime/tf/nudged_range.h), NaN becoming the lower end of the range.
  bool is_float = false;
};

enum class GpuSum : uint8_t {
  kInt32,  // wraps modulo 2^32
  kInt64,
  kFloat,  // float(double(scale_a) * scale_b * double(sum)), the sum being exact
};

}  // namespace axlut
