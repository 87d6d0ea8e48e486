// SPDX-License-Identifier: MIT
#include "runtime/nn/elementwise_int8.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace axlut {

Result<AddParams> MakeAddParams(float scale_1, int32_t zero_1, float scale_2, int32_t zero_2,
                                float scale_out, int32_t zero_out, CodeRange clamp) {
  if (!(scale_1 > 0 && scale_2 > 0 && scale_out > 0)) {
    return Error::Unsupported(fmt::format("an addition needs positive scales, found {}, {} -> {}",
                                          scale_1, scale_2, scale_out));
  }
  AddParams params;
  params.zero_1 = zero_1;
  params.zero_2 = zero_2;
  params.zero_out = zero_out;
  params.clamp = clamp;
  // Both inputs get the scale 2 * max / 2^20, so that their sum cannot overflow.
  const double common = 2.0 * std::max(scale_1, scale_2);
  AXLUT_ASSIGN_OR_RETURN(params.multiplier_1, QuantizeMultiplier(scale_1 / common));
  AXLUT_ASSIGN_OR_RETURN(params.multiplier_2, QuantizeMultiplier(scale_2 / common));
  AXLUT_ASSIGN_OR_RETURN(params.multiplier_out,
                         QuantizeMultiplier(common / ((1 << 20) * double{scale_out})));
  if (params.multiplier_out.shift > 0) {
    return Error::Unsupported(
        fmt::format("an addition's output scale must be larger than its inputs' scales / 2^19, "
                    "found {}, {} -> {}",
                    scale_1, scale_2, scale_out));
  }
  return params;
}

void AddInt8(const AddParams& params, const int8_t* a, const int8_t* b, int64_t count,
             int8_t* output, KernelIsa isa) {
  int64_t i = 0;
  if (isa >= KernelIsa::kAvx512) {
    i = AddInt8Avx512(params, a, b, count, output);
  } else if (isa >= KernelIsa::kAvx2) {
    i = AddInt8Avx2(params, a, b, count, output);
  }
  for (; i < count; ++i) {
    output[i] = AddTerms(params, AddTerm(a[i], params.zero_1, params.multiplier_1),
                         AddTerm(b[i], params.zero_2, params.multiplier_2));
  }
}

int32_t QuantizeReal(float x, float scale, int32_t zero_point, CodeRange range) {
  const float rounded = std::round(x / scale);
  if (std::isnan(rounded)) return Clamp(zero_point, range);
  // Clamped before the conversion, which is undefined outside int32_t.
  if (rounded <= static_cast<float>(range.min - zero_point)) return range.min;
  if (rounded >= static_cast<float>(range.max - zero_point)) return range.max;
  return static_cast<int32_t>(rounded) + zero_point;
}

}  // namespace axlut
