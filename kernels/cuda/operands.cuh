// SPDX-License-Identifier: MIT
// How kernels read operands and write sums: quantization, zero points, types of output.
#pragma once

#include "kernels/cuda/call_params.h"
#include "kernels/cuda/cuda.cuh"

namespace axlut::AXLUT_GPU_TARGET {

// Of the whole call; every thread may ask.
__device__ inline GpuQuantization LoadQuantization(const CallParams& call) {
  return call.device_quantization != nullptr ? *call.device_quantization : call.quantization;
}

// QuantizeToPatterns (runtime/tf/nudged_range.cc) value by value: the same codes, NaN becoming the
// lower end. Its one division is by the same number for all values; here a multiplication with the
// reciprocal and two corrections by the exact remainder give the same, correctly rounded quotient
// [Markstein 1990], in 5 instructions without a branch instead of about 25. Quotients that are too
// small for exact remainders vanish in the sum that follows.
class FloatQuantizer {
 public:
  __device__ explicit FloatQuantizer(const GpuRange& range)
      : min_(range.min),
        max_(range.max),
        zero_code_(static_cast<float>(range.zero_code)),
        integer_zero_code_(range.zero_code),
        code_flip_(range.code_flip) {
    // 0, or NaN by NudgeRanges: the clamp leaves only 0.0.
    const float scale = range.scale > 0.0f ? range.scale : 1.0f;
    prescale_ = scale < 0x1p-60f ? 0x1p64f : 1.0f;  // keeps remainders normal
    scale_ = scale * prescale_;
    reciprocal_ = 1.0f / scale_;
  }

  __device__ uint32_t Pattern(float value) const {
    const float clamped = fminf(fmaxf(value, min_), max_);  // NaN: min_
    const float dividend = (clamped - min_) * prescale_;
    float quotient = dividend * reciprocal_;
    quotient = fmaf(fmaf(-quotient, scale_, dividend), reciprocal_, quotient);
    quotient = fmaf(fmaf(-quotient, scale_, dividend), reciprocal_, quotient);
    const float step = quotient - zero_code_ + 0.5f;
    const int32_t floor = static_cast<int32_t>(floorf(step));
    return static_cast<uint32_t>((floor + integer_zero_code_) ^ code_flip_);
  }

 private:
  float min_, max_, zero_code_;
  int32_t integer_zero_code_, code_flip_;
  float prescale_, scale_, reciprocal_;
};

// Reads one operand. Patterns come without bits above the width, so that code sums can use them.
struct OperandReader {
  const void* data;
  bool is_float;
  GpuRange range;
  FloatQuantizer quantizer;

  __device__ OperandReader(const GpuOperand& operand, const GpuRange& operand_range)
      : data(operand.data),
        is_float(operand.is_float),
        range(operand_range),
        quantizer(operand_range) {}

  __device__ uint32_t Mask() const { return (1u << range.width) - 1; }
  __device__ uint32_t Pattern(uint32_t index) const {
    // One address for both cases: addresses of loads in flight take many registers.
    const auto* element = static_cast<const uint8_t*>(data) + uint64_t{index} * (is_float ? 4 : 1);
    if (is_float) return quantizer.Pattern(*reinterpret_cast<const float*>(element));
    return *element & Mask();
  }
  // What a padded tap reads.
  __device__ uint32_t ZeroPattern() const {
    return static_cast<uint32_t>(range.zero_code ^ range.code_flip);
  }
  // Code sums are sums of these.
  __device__ uint32_t Code(uint32_t pattern) const {
    return pattern ^ static_cast<uint32_t>(range.code_flip);
  }
};

// The zero code and the scale of b for one output channel.
__device__ inline int32_t ZeroCodeB(const CallParams& call, const GpuQuantization& quantization,
                                    uint32_t channel) {
  return call.zero_codes_b != nullptr ? call.zero_codes_b[channel] : quantization.b.zero_code;
}
__device__ inline float ScaleB(const CallParams& call, const GpuQuantization& quantization,
                               uint32_t channel) {
  return call.scales_b != nullptr ? call.scales_b[channel] : quantization.b.scale;
}

// The sum over some taps of T[a][b] - zero_b * a - zero_a * b + zero_a * zero_b, operand values,
// from the sums over the same taps of T[a][b] and of both operands' codes. Acc is uint32_t or
// uint64_t and wraps; code sums wrap in it too. zero_code_b: the output channel's.
template <typename Acc>
__device__ inline Acc SubtractZeroPoints(const GpuQuantization& quantization, int32_t zero_code_b,
                                         Acc sum, Acc code_sum_a, Acc code_sum_b, Acc taps) {
  const GpuRange& a = quantization.a;
  const GpuRange& b = quantization.b;
  // A value is code - code_flip; in a - zero_a the flips cancel.
  const Acc zero_a = static_cast<Acc>(a.zero_code - a.code_flip);
  const Acc zero_b = static_cast<Acc>(zero_code_b - b.code_flip);
  const Acc centred_a = code_sum_a - taps * static_cast<Acc>(a.zero_code);
  const Acc value_sum_b = code_sum_b - taps * static_cast<Acc>(b.code_flip);
  return sum - zero_b * centred_a - zero_a * value_sum_b;
}

// The same product by product, for kernels that would need a code sum per output: a tap's
//   T[a][b] - zero_b * a - zero_a * b + zero_a * zero_b
// is the table entry, less LookupParams::min_product, plus OfA(code of a) plus OfB(code of b).
// Without subtract_zero_points it is T[a][b].
template <typename Acc>
class ZeroPointTerms {
 public:
  // channel: the output channel, where b has zero codes per channel.
  __device__ ZeroPointTerms(const CallParams& call, const GpuQuantization& quantization,
                            uint32_t channel, int32_t min_product)
      : constant_(static_cast<Acc>(min_product)) {
    if (!call.subtract_zero_points) return;
    const GpuRange& a = quantization.a;
    const GpuRange& b = quantization.b;
    const int32_t zero_b = ZeroCodeB(call, quantization, channel) - b.code_flip;
    minus_zero_a_ = a.code_flip - a.zero_code;
    minus_zero_b_ = -zero_b;
    // A value is code - code_flip; in a - zero_a the flips cancel.
    constant_ += static_cast<Acc>(zero_b * a.zero_code - minus_zero_a_ * b.code_flip);
  }

  __device__ Acc OfA(uint32_t code) const {
    return static_cast<Acc>(minus_zero_b_ * static_cast<int32_t>(code));
  }
  __device__ Acc OfB(uint32_t code) const {
    return static_cast<Acc>(minus_zero_a_ * static_cast<int32_t>(code)) + constant_;
  }

 private:
  int32_t minus_zero_a_ = 0;
  int32_t minus_zero_b_ = 0;
  Acc constant_;
};

// What a float output holds for a sum.
__device__ inline float ScaledSum(float scale_a, float scale_b, int64_t sum) {
  return static_cast<float>(static_cast<double>(scale_a) * static_cast<double>(scale_b) *
                            static_cast<double>(sum));
}

// Writes the finished sum of output `index`, which belongs to `channel` of b's scales. Acc is
// uint32_t or uint64_t; only the latter has what kInt64 needs.
template <typename Acc>
__device__ inline void StoreSum(const CallParams& call, const GpuQuantization& quantization,
                                uint32_t index, uint32_t channel, Acc sum) {
  const int32_t low = static_cast<int32_t>(sum);
  if (call.sum == GpuSum::kFloat) {
    static_cast<float*>(call.out)[index] =
        ScaledSum(quantization.a.scale, ScaleB(call, quantization, channel), low);
  } else if (call.sum == GpuSum::kInt32) {
    uint32_t* out = static_cast<uint32_t*>(call.out) + index;
    *out = static_cast<uint32_t>(low) + (call.add_to_out ? *out : 0);
  } else {
    uint64_t* out = static_cast<uint64_t*>(call.out) + index;
    *out = static_cast<uint64_t>(sum) + (call.add_to_out ? *out : 0);
  }
}

}  // namespace axlut::AXLUT_GPU_TARGET
