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

// QuantizeToPatterns (runtime/tf/nudged_range.cc) of one value, in the same float steps; NaN
// becomes the lower end.
__device__ inline uint32_t QuantizeToPattern(const GpuRange& range, float value) {
  // 0 or NaN (NudgeRanges): the clamp leaves only 0.0.
  const float scale = range.scale > 0.0f ? range.scale : 1.0f;
  const float not_below = value > range.min ? value : range.min;
  const float clamped = not_below < range.max ? not_below : range.max;
  const float zero_code = static_cast<float>(range.zero_code);
  const float step = (clamped - range.min) / scale - zero_code + 0.5f;
  const int32_t floor = static_cast<int32_t>(floorf(step));
  return static_cast<uint32_t>((floor + range.zero_code) ^ range.code_flip);
}

// Reads one operand. Patterns come without bits above the width, so that code sums can use them.
struct OperandReader {
  const void* data;
  bool is_float;
  GpuRange range;

  __device__ OperandReader(const GpuOperand& operand, const GpuRange& operand_range)
      : data(operand.data), is_float(operand.is_float), range(operand_range) {}

  __device__ uint32_t Mask() const { return (1u << range.width) - 1; }
  __device__ uint32_t Pattern(uint32_t index) const {
    if (is_float) return QuantizeToPattern(range, static_cast<const float*>(data)[index]);
    return static_cast<const uint8_t*>(data)[index] & Mask();
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

// The zero code and the scale of b for one output channel.
__device__ inline int32_t ZeroCodeB(const CallParams& call, const GpuQuantization& quantization,
                                    uint32_t channel) {
  return call.zero_codes_b != nullptr ? call.zero_codes_b[channel] : quantization.b.zero_code;
}
__device__ inline float ScaleB(const CallParams& call, const GpuQuantization& quantization,
                               uint32_t channel) {
  return call.scales_b != nullptr ? call.scales_b[channel] : quantization.b.scale;
}

// What a float output holds for a sum.
__device__ inline float ScaledSum(float scale_a, float scale_b, int64_t sum) {
  return static_cast<float>(static_cast<double>(scale_a) * static_cast<double>(scale_b) *
                            static_cast<double>(sum));
}

// Writes the finished sum of output `index`, which belongs to `channel` of b's scales. A uint32_t
// sum is that of kInt32 and kFloat, a uint64_t sum that of kInt64.
__device__ inline void StoreSum(const CallParams& call, const GpuQuantization& quantization,
                                uint32_t index, uint32_t channel, uint32_t sum) {
  const int32_t value = static_cast<int32_t>(sum);
  if (call.sum == GpuSum::kFloat) {
    static_cast<float*>(call.out)[index] =
        ScaledSum(quantization.a.scale, ScaleB(call, quantization, channel), value);
    return;
  }
  uint32_t* out = static_cast<uint32_t*>(call.out) + index;
  *out = call.add_to_out ? *out + sum : sum;
}
__device__ inline void StoreSum(const CallParams& call, const GpuQuantization&, uint32_t index,
                                uint32_t, uint64_t sum) {
  uint64_t* out = static_cast<uint64_t*>(call.out) + index;
  *out = call.add_to_out ? *out + sum : sum;
}

}  // namespace axlut::AXLUT_GPU_TARGET
