// SPDX-License-Identifier: MIT
#include "runtime/nn/requantize.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace axlut {

Result<FixedPointMultiplier> QuantizeMultiplier(double real) {
  if (!(real >= 0) || real >= 0x1p31) {
    return Error::Unsupported(
        fmt::format("a rescaling factor must lie in [0, 2^31), found {}", real));
  }
  FixedPointMultiplier result;
  if (real == 0) return result;
  const double fraction = std::frexp(real, &result.shift);
  int64_t mantissa = std::llround(fraction * 0x1p31);
  if (mantissa == int64_t{1} << 31) {
    mantissa /= 2;
    ++result.shift;
  }
  if (result.shift < -31) return FixedPointMultiplier{};
  if (result.shift > 31) {
    return Error::Unsupported(
        fmt::format("a rescaling factor must lie in [0, 2^31), found {}", real));
  }
  result.mantissa = static_cast<int32_t>(mantissa);
  return result;
}

Result<CodeRange> ActivationCodes(Activation activation, float scale, int32_t zero_point) {
  CodeRange range;
  const auto code_of = [&](float bound) -> Result<int32_t> {
    const float steps = std::round(bound / scale);
    if (!(std::fabs(steps) < 0x1p30F)) {
      return Error::Unsupported(
          fmt::format("an activation's bound {} must be a code at scale {}", bound, scale));
    }
    return zero_point + static_cast<int32_t>(steps);
  };
  if (activation != Activation::kNone) {
    AXLUT_ASSIGN_OR_RETURN(const int32_t low,
                           code_of(activation == Activation::kReluN1To1 ? -1.0F : 0.0F));
    range.min = std::max(range.min, low);
  }
  if (activation == Activation::kReluN1To1 || activation == Activation::kRelu6) {
    AXLUT_ASSIGN_OR_RETURN(const int32_t high,
                           code_of(activation == Activation::kRelu6 ? 6.0F : 1.0F));
    range.max = std::min(range.max, high);
  }
  return range;
}

}  // namespace axlut
