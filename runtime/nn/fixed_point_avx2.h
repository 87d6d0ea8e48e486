// SPDX-License-Identifier: MIT
// The roundings of requantize.h on 8 numbers. To be included last, by sources for AVX2 only.
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>

namespace axlut {

#pragma GCC push_options
#pragma GCC target("avx2")

// See fixed_point_avx512.h.
inline __m256i RoundingDoublingHighMul8(__m256i x, __m256i m) {
  const __m256i half = _mm256_set1_epi64x(int64_t{1} << 30);
  const __m256i even = _mm256_add_epi64(_mm256_mul_epi32(x, m), half);
  const __m256i odd =
      _mm256_add_epi64(_mm256_mul_epi32(_mm256_srli_epi64(x, 32), _mm256_srli_epi64(m, 32)), half);
  return _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_slli_epi64(odd, 1), 0xAA);
}

inline __m256i RoundingDivideByPowerOfTwo8(__m256i x, __m256i exponent) {
  const __m256i one = _mm256_set1_epi32(1);
  const __m256i mask = _mm256_sub_epi32(_mm256_sllv_epi32(one, exponent), one);
  const __m256i threshold = _mm256_sub_epi32(_mm256_srli_epi32(mask, 1), _mm256_srai_epi32(x, 31));
  const __m256i up = _mm256_cmpgt_epi32(_mm256_and_si256(x, mask), threshold);
  return _mm256_sub_epi32(_mm256_srav_epi32(x, exponent), up);
}

// An arithmetic shift of 64 bits, which AVX2 lacks, is a logical one of x + 2^63 and a subtraction.
inline __m256i MultiplyRoundingOnceEvenAvx2(__m256i x, __m256i m, __m256i total) {
  const __m256i half = _mm256_srli_epi64(_mm256_sllv_epi64(_mm256_set1_epi64x(1), total), 1);
  const __m256i top = _mm256_set1_epi64x(INT64_MIN);
  const __m256i sum = _mm256_add_epi64(_mm256_mul_epi32(x, m), half);
  return _mm256_sub_epi64(_mm256_srlv_epi64(_mm256_add_epi64(sum, top), total),
                          _mm256_srlv_epi64(top, total));
}

inline __m256i MultiplyRoundingOnce8(__m256i x, __m256i m, __m256i total) {
  const __m256i low = _mm256_set1_epi64x(0xFFFFFFFF);
  const __m256i even = MultiplyRoundingOnceEvenAvx2(x, m, _mm256_and_si256(total, low));
  const __m256i odd = MultiplyRoundingOnceEvenAvx2(
      _mm256_srli_epi64(x, 32), _mm256_srli_epi64(m, 32), _mm256_srli_epi64(total, 32));
  return _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xAA);
}

// The low bytes of 8 numbers that are codes of int8.
inline void StoreCodes8(__m256i codes, int8_t* output) {
  const __m128i words =
      _mm_packs_epi32(_mm256_castsi256_si128(codes), _mm256_extracti128_si256(codes, 1));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(output), _mm_packs_epi16(words, words));
}

#pragma GCC pop_options

}  // namespace axlut
#endif  // defined(__x86_64__)
