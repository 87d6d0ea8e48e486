// SPDX-License-Identifier: MIT
// Fixed-point rescaling as TensorFlow Lite's reference kernels do it, bit for bit. The equations
// are numbered in docs/emulation.md.
#pragma once

#include <cstdint>

#include "runtime/base/result.h"

namespace axlut {

// A positive real number as mantissa * 2^(shift - 31); mantissa is 0 or in [2^30, 2^31).
struct FixedPointMultiplier {
  int32_t mantissa = 0;
  int shift = 0;  // > 0: to the left; -31..31
};

// The closest multiplier to `real` (docs/emulation.md, eq. 3). Numbers below 2^-32 become 0.
// kUnsupported unless 0 <= real < 2^31.
Result<FixedPointMultiplier> QuantizeMultiplier(double real);

// round(a * b / 2^31), ties towards +infinity, saturated.
inline int32_t RoundingDoublingHighMul(int32_t a, int32_t b) {
  if (a == INT32_MIN && b == INT32_MIN) return INT32_MAX;
  const int64_t product = int64_t{a} * b;
  const int64_t nudge = product >= 0 ? int64_t{1} << 30 : 1 - (int64_t{1} << 30);
  return static_cast<int32_t>((product + nudge) / (int64_t{1} << 31));
}

// round(x / 2^exponent), ties away from zero; exponent in 0..31.
inline int32_t RoundingDivideByPowerOfTwo(int32_t x, int exponent) {
  const int64_t mask = (int64_t{1} << exponent) - 1;
  const int64_t remainder = x & mask;
  const int64_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> exponent) + (remainder > threshold ? 1 : 0);
}

// x * 2^amount modulo 2^32, as the reference kernels' shift behaves on every usual CPU.
inline int32_t WrappingShiftLeft(int32_t x, int amount) {
  return static_cast<int32_t>(static_cast<uint32_t>(x) << amount);
}

// x times the multiplier, rounded twice (eq. 4): once in the product, once in the right shift.
inline int32_t MultiplyByQuantizedMultiplier(int32_t x, FixedPointMultiplier m) {
  const int left = m.shift > 0 ? m.shift : 0;
  const int right = m.shift > 0 ? 0 : -m.shift;
  return RoundingDivideByPowerOfTwo(RoundingDoublingHighMul(WrappingShiftLeft(x, left), m.mantissa),
                                    right);
}

// x times the multiplier, rounded once, ties towards +infinity (eq. 5): what the reference kernel
// of FULLY_CONNECTED does, and no other.
inline int32_t MultiplyRoundingOnce(int32_t x, FixedPointMultiplier m) {
  const int total = 31 - m.shift;
  const int64_t half = total == 0 ? 0 : int64_t{1} << (total - 1);
  return static_cast<int32_t>((int64_t{x} * m.mantissa + half) >> total);
}

// Codes to which an output is clamped.
struct CodeRange {
  int32_t min = -128;
  int32_t max = 127;
};

inline int32_t Clamp(int32_t code, CodeRange range) {
  return code < range.min ? range.min : code > range.max ? range.max : code;
}

// What follows an operator's sum.
enum class Activation : uint8_t { kNone, kRelu, kReluN1To1, kRelu6 };

// The codes that an activation leaves of -128..127 (eq. 6). kUnsupported if the scale is so small
// that a bound is far outside every code.
Result<CodeRange> ActivationCodes(Activation activation, float scale, int32_t zero_point);

}  // namespace axlut
