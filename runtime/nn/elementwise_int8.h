// SPDX-License-Identifier: MIT
// Operations on single codes, as TensorFlow Lite's reference kernels compute them.
#pragma once

#include <cstdint>

#include "kernels/cpu/isa.h"
#include "runtime/base/result.h"
#include "runtime/nn/requantize.h"

namespace axlut {

// Sum of two codes with different quantizations.
struct AddParams {
  int32_t zero_1 = 0, zero_2 = 0, zero_out = 0;
  FixedPointMultiplier multiplier_1, multiplier_2, multiplier_out;
  CodeRange clamp;
};

// kUnsupported if a scale is not positive or the output's scale is more than 2^20 times too small.
Result<AddParams> MakeAddParams(float scale_1, int32_t zero_1, float scale_2, int32_t zero_2,
                                float scale_out, int32_t zero_out, CodeRange clamp);

// docs/emulation.md, eq. 8: what each input adds, in units of 2 * max(scale_1, scale_2) / 2^20.
inline int32_t AddTerm(int8_t code, int32_t zero, FixedPointMultiplier multiplier) {
  constexpr int kHeadroomBits = 20;
  return MultiplyByQuantizedMultiplier((code - zero) * (1 << kHeadroomBits), multiplier);
}

// Eq. 9: the sum of two terms as a code.
inline int8_t AddTerms(const AddParams& params, int32_t term_1, int32_t term_2) {
  const int32_t sum = MultiplyByQuantizedMultiplier(term_1 + term_2, params.multiplier_out);
  return static_cast<int8_t>(Clamp(sum + params.zero_out, params.clamp));
}

// output[i] = the sum of a[i] and b[i], for `count` codes. `isa` is for tests.
void AddInt8(const AddParams& params, const int8_t* a, const int8_t* b, int64_t count,
             int8_t* output, KernelIsa isa = ActiveKernelIsa());
// As above, for the largest multiple of 16 (AVX-512) or 8 (AVX2) in `count`, which is returned.
int64_t AddInt8Avx512(const AddParams& params, const int8_t* a, const int8_t* b, int64_t count,
                      int8_t* output);
int64_t AddInt8Avx2(const AddParams& params, const int8_t* a, const int8_t* b, int64_t count,
                    int8_t* output);

// One code to another quantization, clamped: RELU, RELU6, QUANTIZE of codes.
struct RescaleParams {
  int32_t zero_in = 0, zero_out = 0;
  FixedPointMultiplier multiplier;
  CodeRange clamp;
};

inline int32_t RescaleCode(const RescaleParams& params, int32_t code) {
  // In 64 bits: a large multiplier takes the product next to the ends of int32_t.
  const int64_t rescaled =
      int64_t{MultiplyByQuantizedMultiplier(code - params.zero_in, params.multiplier)} +
      params.zero_out;
  return rescaled < params.clamp.min   ? params.clamp.min
         : rescaled > params.clamp.max ? params.clamp.max
                                       : static_cast<int32_t>(rescaled);
}

// The code of a real number: round(x / scale) + zero_point, ties away from zero, clamped; the
// division in float (eq. 12). NaN becomes the zero point.
int32_t QuantizeReal(float x, float scale, int32_t zero_point, CodeRange range);

}  // namespace axlut
