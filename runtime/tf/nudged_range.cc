// SPDX-License-Identifier: MIT
#include "runtime/tf/nudged_range.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace axlut {
namespace {

int32_t SignOffset(const NudgedRange& range, Signedness signedness) {
  return signedness == Signedness::kTwosComplement ? int32_t{1} << (range.width - 1) : 0;
}

}  // namespace

Result<NudgedRange> NudgeRange(float min, float max, int width, const std::string& name) {
  if (!std::isfinite(min) || !std::isfinite(max)) {
    return Error::InvalidInput(fmt::format("{} must be finite; it is [{}, {}]", name, min, max));
  }
  if (min > max) {
    return Error::InvalidInput(
        fmt::format("{} must have min <= max; it is [{}, {}]", name, min, max));
  }
  if (min == max) {
    min = std::min(min, 0.0f);
    max = std::max(max, 0.0f);
  }
  // Every step in float and in TensorFlow's order: the codes have to be the same to the last bit.
  const float max_code = static_cast<float>((1 << width) - 1);
  const float scale = (max - min) / max_code;
  NudgedRange range;
  range.width = width;
  if (scale < std::numeric_limits<float>::min()) return range;
  const float zero_from_min = -min / scale;
  range.zero_code =
      static_cast<int32_t>(std::round(std::min(std::max(zero_from_min, 0.0f), max_code)));
  range.scale = scale;
  range.min = (0.0f - static_cast<float>(range.zero_code)) * scale;
  range.max = (max_code - static_cast<float>(range.zero_code)) * scale;
  // Then no value of the range is infinitely far from its lower end.
  if (!std::isfinite(range.max - range.min)) {
    return Error::InvalidInput(fmt::format("{} must be narrower than {:g}; it is [{}, {}]", name,
                                           std::numeric_limits<float>::max(), min, max));
  }
  return range;
}

bool QuantizeToPatterns(const NudgedRange& range, Signedness signedness, const float* values,
                        int64_t count, uint8_t* patterns) {
  // code - 2^(width - 1) modulo 2^width is the code with its top bit flipped.
  const int32_t flip = SignOffset(range, signedness);
  const float scale = range.scale == 0.0f ? 1.0f : range.scale;  // then the clamp leaves only 0.0
  const float zero_code = static_cast<float>(range.zero_code);
  int32_t nans = 0;
  for (int64_t i = 0; i < count; ++i) {
    const float value = values[i];
    nans |= static_cast<int32_t>(value != value);
    // The order of the comparisons makes NaN the maximum: the conversion below stays defined.
    const float not_above = value < range.max ? value : range.max;
    const float clamped = not_above > range.min ? not_above : range.min;
    const float step = (clamped - range.min) / scale - zero_code + 0.5f;
    // floor(step), in a form that vectorizes without SSE4.1: |step| is below 2^8.
    const int32_t truncated = static_cast<int32_t>(step);
    const int32_t floor = truncated - static_cast<int32_t>(static_cast<float>(truncated) > step);
    patterns[i] = static_cast<uint8_t>((floor + range.zero_code) ^ flip);
  }
  return nans == 0;
}

int32_t ZeroPoint(const NudgedRange& range, Signedness signedness) {
  return range.zero_code - SignOffset(range, signedness);
}

}  // namespace axlut
