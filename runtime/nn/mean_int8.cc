// SPDX-License-Identifier: MIT
#include "runtime/nn/mean_int8.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/nn/strided_walk.h"

namespace axlut {
namespace {

// scale_in / scale_out with 1 / terms worked into the mantissa: shifted left as far as possible
// before the division, which truncates.
FixedPointMultiplier DivideMultiplier(FixedPointMultiplier m, int64_t terms) {
  int shift = 63 - __builtin_clzll(static_cast<unsigned long long>(terms));
  shift = std::min(shift, std::min(32, 31 + m.shift));
  m.mantissa = static_cast<int32_t>((int64_t{m.mantissa} << shift) / terms);
  m.shift -= shift;
  return m;
}

}  // namespace

Result<MeanParams> MakeMeanParams(const std::vector<int64_t>& in_shape,
                                  const std::vector<bool>& reduced, float scale_in, int32_t zero_in,
                                  float scale_out, int32_t zero_out) {
  if (!(scale_in > 0 && scale_out > 0)) {
    return Error::Unsupported(
        fmt::format("a mean needs positive scales, found {} -> {}", scale_in, scale_out));
  }
  MeanParams params;
  params.in_shape = in_shape;
  params.out_strides.resize(in_shape.size());
  for (size_t d = in_shape.size(); d-- > 0;) {
    if (reduced[d]) {
      params.terms *= in_shape[d];
    } else {
      params.out_strides[d] = params.out_count;
      params.out_count *= in_shape[d];
    }
  }
  params.zero_in = zero_in;
  params.zero_out = zero_out;
  AXLUT_ASSIGN_OR_RETURN(params.multiplier, QuantizeMultiplier(double{scale_in} / scale_out));
  params.multiplier = DivideMultiplier(params.multiplier, params.terms);
  return params;
}

void MeanInt8(const MeanParams& params, const int8_t* input, int32_t* sums, int8_t* output) {
  std::fill(sums, sums + params.out_count, 0);
  auto add = [&](const Offsets<1>& out) { sums[out[0]] += *input++; };
  WalkStrided<1>(params.in_shape, {params.out_strides}, add);
  for (int64_t i = 0; i < params.out_count; ++i) {
    const int32_t centred = static_cast<int32_t>(sums[i] - params.terms * params.zero_in);
    const int32_t code =
        MultiplyByQuantizedMultiplier(centred, params.multiplier) + params.zero_out;
    output[i] = static_cast<int8_t>(Clamp(code, CodeRange{}));
  }
}

}  // namespace axlut
