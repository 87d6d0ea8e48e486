// SPDX-License-Identifier: MIT
#include "runtime/tf/nudged_range.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "runtime/tf/quantize_floats.h"

namespace axlut {
namespace {

int32_t SignOffset(int width, Signedness signedness) {
  return signedness == Signedness::kTwosComplement ? int32_t{1} << (width - 1) : 0;
}

// What quantizing one value needs. A range without a scale holds only 0.0: the clamp leaves
// nothing else, whatever it is divided by.
float DivisorOf(const NudgedRange& range) { return range.scale == 0.0f ? 1.0f : range.scale; }

// 0.0 in steps from the lower end.
float ZeroStepOf(const NudgedRange& range) {
  return static_cast<float>(range.zero_code - range.min_code);
}

// In TensorFlow's order of operations. NaN gives the code of `max`.
inline int32_t CodeOf(float value, float min, float max, float divisor, float zero_step,
                      int32_t zero_code) {
  // The order of the comparisons makes NaN the maximum: the conversion below stays defined.
  const float not_above = value < max ? value : max;
  const float clamped = not_above > min ? not_above : min;
  const float step = (clamped - min) / divisor - zero_step + 0.5f;
  // floor(step), without SSE4.1: |step| is below 2^8.
  const int32_t truncated = static_cast<int32_t>(step);
  const int32_t floor = truncated - static_cast<int32_t>(static_cast<float>(truncated) > step);
  return floor + zero_code;
}

// The twin of the vector forms, from element `begin` on. code - 2^(width - 1) modulo 2^width is the
// code with its top bit flipped.
template <bool kPerValue>
bool QuantizeScalar(const QuantizeLanes& lanes, const float* values, int64_t begin, int64_t count,
                    uint8_t* patterns) {
  bool are_numbers = true;
  for (int64_t i = begin; i < count; ++i) {
    const int64_t lane = kPerValue ? i : 0;
    are_numbers = are_numbers && values[i] == values[i];
    patterns[i] = static_cast<uint8_t>(CodeOf(values[i], lanes.min[lane], lanes.max[lane],
                                              lanes.divisor[lane], lanes.zero_step[lane],
                                              lanes.zero_code[lane]) ^
                                       lanes.flip);
  }
  return are_numbers;
}

bool Quantize(const QuantizeLanes& lanes, const float* values, int64_t count, uint8_t* patterns,
              KernelIsa isa) {
  if (isa >= KernelIsa::kAvx512) return QuantizeAvx512(lanes, values, count, patterns);
  int64_t done = 0;
  bool are_numbers = true;
  if (isa >= KernelIsa::kAvx2) {
    are_numbers = QuantizeAvx2(lanes, values, count, patterns);
    done = count / 8 * 8;
  }
  const bool tail = lanes.per_value ? QuantizeScalar<true>(lanes, values, done, count, patterns)
                                    : QuantizeScalar<false>(lanes, values, done, count, patterns);
  return are_numbers && tail;
}

}  // namespace

Result<NudgedRange> NudgeRange(float min, float max, int width, const std::string& name,
                               bool narrow) {
  if (!std::isfinite(min) || !std::isfinite(max)) {
    // Most often nobody gave it: ends of a tensor with a NaN.
    return Error::InvalidInput(
        fmt::format("{} must be finite; it is [{}, {}] (if it was not given: the tensor's own)",
                    name, min, max));
  }
  if (min > max) {
    return Error::InvalidInput(
        fmt::format("{} must have min <= max; it is [{}, {}]", name, min, max));
  }
  if (narrow && width < 2) {
    return Error::InvalidInput(fmt::format(
        "{} can be narrow for operands of at least 2 bits; this one has {}", name, width));
  }
  if (min == max) {
    min = std::min(min, 0.0f);
    max = std::max(max, 0.0f);
  }
  NudgedRange range;
  range.width = width;
  range.min_code = narrow ? 1 : 0;
  range.zero_code = range.min_code;
  // Every step in float and in TensorFlow's order: the codes have to be the same to the last bit.
  const float min_code = static_cast<float>(range.min_code);
  const float max_code = static_cast<float>((1 << width) - 1);
  const float scale = (max - min) / (max_code - min_code);
  if (scale < std::numeric_limits<float>::min()) return range;
  const float zero_from_min = min_code - min / scale;
  range.zero_code =
      static_cast<int32_t>(std::round(std::min(std::max(zero_from_min, min_code), max_code)));
  range.scale = scale;
  // Subtracted as integers: GCC makes 0.0f - x a -x, which turns 0.0 into -0.0.
  range.min = static_cast<float>(range.min_code - range.zero_code) * scale;
  range.max = (max_code - static_cast<float>(range.zero_code)) * scale;
  // Then no value of the range is infinitely far from its lower end.
  if (!std::isfinite(range.max - range.min)) {
    return Error::InvalidInput(fmt::format("{} must be narrower than {:g}; it is [{}, {}]", name,
                                           std::numeric_limits<float>::max(), min, max));
  }
  return range;
}

bool QuantizeToPatterns(const NudgedRange& range, Signedness signedness, const float* values,
                        int64_t count, uint8_t* patterns, KernelIsa isa) {
  const float divisor = DivisorOf(range);
  const float zero_step = ZeroStepOf(range);
  const QuantizeLanes lanes{&range.min,
                            &range.max,
                            &divisor,
                            &zero_step,
                            &range.zero_code,
                            false,
                            SignOffset(range.width, signedness)};
  return Quantize(lanes, values, count, patterns, isa);
}

ChannelRanges::ChannelRanges(const std::vector<NudgedRange>& ranges, Signedness signedness)
    : flip_(ranges.empty() ? 0 : SignOffset(ranges[0].width, signedness)) {
  for (const NudgedRange& range : ranges) {
    min_.push_back(range.min);
    max_.push_back(range.max);
    divisor_.push_back(DivisorOf(range));
    zero_step_.push_back(ZeroStepOf(range));
    zero_code_.push_back(range.zero_code);
  }
}

bool ChannelRanges::Quantize(const float* values, int64_t first_channel, int64_t count,
                             uint8_t* patterns, KernelIsa isa) const {
  const QuantizeLanes lanes{min_.data() + first_channel,
                            max_.data() + first_channel,
                            divisor_.data() + first_channel,
                            zero_step_.data() + first_channel,
                            zero_code_.data() + first_channel,
                            true,
                            flip_};
  return axlut::Quantize(lanes, values, count, patterns, isa);
}

int32_t ZeroPoint(const NudgedRange& range, Signedness signedness) {
  return range.zero_code - SignOffset(range.width, signedness);
}

}  // namespace axlut
