// SPDX-License-Identifier: MIT
#include "runtime/nn/softmax_int8.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace axlut {
namespace {

// Qm.n: a fixed-point number in an int32_t with m integer bits, n = 31 - m fraction bits.
constexpr int kDifferenceIntegerBits = 5;  // exp(-32) is far below half a step of the output
constexpr int kSumIntegerBits = 12;        // up to 2^12 terms of 1 before the sum saturates

int32_t SaturatingShiftLeft(int32_t x, int amount) {
  const int64_t wide = int64_t{x} << amount;
  return static_cast<int32_t>(std::clamp<int64_t>(wide, INT32_MIN, INT32_MAX));
}

// exp(x) for x in [-1/4, 0), Q0.31 to Q0.31: the Taylor polynomial of degree 4 around -1/8.
int32_t ExpNearZero(int32_t x) {
  constexpr int32_t kExpOfMinusOneEighth = 1895147668;
  constexpr int32_t kOneThird = 715827883;
  const int32_t t = x + (1 << 28);  // + 1/8
  const int32_t t2 = RoundingDoublingHighMul(t, t);
  const int32_t t3 = RoundingDoublingHighMul(t2, t);
  const int32_t t4_over_4 = RoundingDivideByPowerOfTwo(RoundingDoublingHighMul(t2, t2), 2);
  // t^2/2 + t^3/6 + t^4/24 = ((t^4/4 + t^3) / 3 + t^2) / 2
  const int32_t tail =
      RoundingDivideByPowerOfTwo(RoundingDoublingHighMul(t4_over_4 + t3, kOneThird) + t2, 1);
  return kExpOfMinusOneEighth + RoundingDoublingHighMul(kExpOfMinusOneEighth, t + tail);
}

// exp(x) for x <= 0, Q5.26 to Q0.31. x = r - q/4 with r in [-1/4, 0); each bit of q multiplies by
// a constant.
int32_t ExpOfNegative(int32_t x) {
  constexpr int kFractionBits = 31 - kDifferenceIntegerBits;
  // exp(-1/4), exp(-1/2), exp(-1), ... exp(-16) in Q0.31.
  constexpr int32_t kPowers[] = {1672461947, 1302514674, 790015084, 290630308,
                                 39332535,   720401,     242};
  if (x == 0) return INT32_MAX;
  constexpr int32_t kQuarter = 1 << (kFractionBits - 2);
  const int32_t r = (x & (kQuarter - 1)) - kQuarter;
  const int32_t quarters = r - x;  // a multiple of 1/4
  int32_t result = ExpNearZero(SaturatingShiftLeft(r, kDifferenceIntegerBits));
  for (int bit = 0; bit < 7; ++bit) {
    if (quarters & (int32_t{1} << (kFractionBits - 2 + bit))) {
      result = RoundingDoublingHighMul(result, kPowers[bit]);
    }
  }
  return result;
}

// 1 / (1 + x) for x in [0, 1), Q0.31: three Newton steps on 2 / (1 + x), in Q2.29.
int32_t ReciprocalOfOnePlus(int32_t x) {
  constexpr int32_t k48Over17 = 1515870810;
  constexpr int32_t kMinus32Over17 = -1010580540;
  constexpr int32_t kOne = 1 << 29;
  const int64_t sum = int64_t{x} + INT32_MAX;
  const int32_t half_denominator = static_cast<int32_t>((sum + (sum >= 0 ? 1 : -1)) / 2);
  int32_t y = k48Over17 + RoundingDoublingHighMul(half_denominator, kMinus32Over17);
  for (int step = 0; step < 3; ++step) {
    const int32_t error = kOne - RoundingDoublingHighMul(half_denominator, y);
    y += SaturatingShiftLeft(RoundingDoublingHighMul(y, error), 2);
  }
  // y is 2 / (1 + x) in Q2.29, that is, 1 / (1 + x) in Q1.30.
  return SaturatingShiftLeft(y, 1);
}

void SoftmaxRow(const SoftmaxParams& params, const int8_t* input, int64_t depth, int8_t* output) {
  const int32_t largest = *std::max_element(input, input + depth);
  const auto exp_of = [&](int32_t difference) {
    const int32_t scaled = RoundingDoublingHighMul(
        WrappingShiftLeft(difference, params.multiplier.shift), params.multiplier.mantissa);
    return ExpOfNegative(scaled);
  };
  uint64_t sum = 0;  // Q12.19
  for (int64_t i = 0; i < depth; ++i) {
    const int32_t difference = input[i] - largest;
    if (difference < params.smallest_difference) continue;
    sum += static_cast<uint32_t>(RoundingDivideByPowerOfTwo(exp_of(difference), kSumIntegerBits));
  }
  // sum = 2^bits_over_unit * (1 + x), x in [0, 1). The largest code alone contributes 1.
  const uint32_t bounded_sum = static_cast<uint32_t>(std::min<uint64_t>(sum, UINT32_MAX));
  const int leading_zeros = __builtin_clz(bounded_sum);
  const int bits_over_unit = kSumIntegerBits - leading_zeros;
  const uint32_t x = (bounded_sum << leading_zeros) & INT32_MAX;
  const int32_t reciprocal = ReciprocalOfOnePlus(static_cast<int32_t>(x));
  const int shift = bits_over_unit + 31 - 8;
  for (int64_t i = 0; i < depth; ++i) {
    const int32_t difference = input[i] - largest;
    int32_t code = -128;
    // From a sum of 512 on (shift > 31, where the reference aborts) every output is below half a
    // step.
    if (difference >= params.smallest_difference && shift <= 31) {
      const int32_t probability = RoundingDoublingHighMul(reciprocal, exp_of(difference));
      code = Clamp(RoundingDivideByPowerOfTwo(probability, shift) - 128, CodeRange{});
    }
    output[i] = static_cast<int8_t>(code);
  }
}

}  // namespace

Result<SoftmaxParams> MakeSoftmaxParams(float beta, float input_scale) {
  constexpr double kLargest = 0x1p31 - 1;
  const double real = std::min(double{beta} * input_scale * (1 << 26), kLargest);
  if (!(real > 1)) {
    return Error::Unsupported(fmt::format(
        "softmax needs beta * scale > 2^-26, found beta {} and scale {}", beta, input_scale));
  }
  SoftmaxParams params;
  AXLUT_ASSIGN_OR_RETURN(params.multiplier, QuantizeMultiplier(real));
  // The largest difference whose rescaled value still fits Q5.26.
  const double radius = 31.0 * (1 << 26) / std::ldexp(1.0, params.multiplier.shift);
  params.smallest_difference = -static_cast<int32_t>(std::floor(radius));
  return params;
}

void SoftmaxInt8(const SoftmaxParams& params, const int8_t* input, int64_t rows, int64_t depth,
                 int8_t* output) {
  for (int64_t row = 0; row < rows; ++row) {
    SoftmaxRow(params, input + row * depth, depth, output + row * depth);
  }
}

}  // namespace axlut
