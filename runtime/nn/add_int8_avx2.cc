// SPDX-License-Identifier: MIT
#include "runtime/nn/elementwise_int8.h"

#if defined(__x86_64__)
#include "runtime/nn/fixed_point_avx2.h"

namespace axlut {

#pragma GCC push_options
#pragma GCC target("avx2")

namespace {

// AddTerm. The multipliers of additions are below 1: no shift to the left.
inline __m256i Terms(const int8_t* codes, __m256i zero, __m256i mantissa, __m256i right) {
  const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(codes));
  const __m256i centred = _mm256_sub_epi32(_mm256_cvtepi8_epi32(bytes), zero);
  return RoundingDivideByPowerOfTwo8(
      RoundingDoublingHighMul8(_mm256_slli_epi32(centred, 20), mantissa), right);
}

}  // namespace

int64_t AddInt8Avx2(const AddParams& params, const int8_t* a, const int8_t* b, int64_t count,
                    int8_t* output) {
  const __m256i zero_1 = _mm256_set1_epi32(params.zero_1);
  const __m256i mantissa_1 = _mm256_set1_epi32(params.multiplier_1.mantissa);
  const __m256i right_1 = _mm256_set1_epi32(-params.multiplier_1.shift);
  const __m256i zero_2 = _mm256_set1_epi32(params.zero_2);
  const __m256i mantissa_2 = _mm256_set1_epi32(params.multiplier_2.mantissa);
  const __m256i right_2 = _mm256_set1_epi32(-params.multiplier_2.shift);
  const __m256i mantissa_out = _mm256_set1_epi32(params.multiplier_out.mantissa);
  const __m256i right_out = _mm256_set1_epi32(-params.multiplier_out.shift);
  const __m256i zero_out = _mm256_set1_epi32(params.zero_out);
  const __m256i low = _mm256_set1_epi32(params.clamp.min);
  const __m256i high = _mm256_set1_epi32(params.clamp.max);
  int64_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m256i sum = _mm256_add_epi32(Terms(a + i, zero_1, mantissa_1, right_1),
                                         Terms(b + i, zero_2, mantissa_2, right_2));
    const __m256i code = _mm256_add_epi32(
        RoundingDivideByPowerOfTwo8(RoundingDoublingHighMul8(sum, mantissa_out), right_out),
        zero_out);
    StoreCodes8(_mm256_min_epi32(_mm256_max_epi32(code, low), high), output + i);
  }
  return i;
}

#pragma GCC pop_options

}  // namespace axlut
#else

namespace axlut {

int64_t AddInt8Avx2(const AddParams&, const int8_t*, const int8_t*, int64_t, int8_t*) { return 0; }

}  // namespace axlut
#endif  // defined(__x86_64__)
