// SPDX-License-Identifier: MIT
// The roundings of requantize.h on 16 numbers. To be included last, by sources for AVX-512 only.
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>

namespace axlut {

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl")

// RoundingDoublingHighMul for multipliers >= 0, where it cannot saturate: bits 31..62 of x * m +
// 2^30. vpmuldq multiplies even lanes only.
inline __m512i RoundingDoublingHighMul16(__m512i x, __m512i m) {
  const __m512i half = _mm512_set1_epi64(int64_t{1} << 30);
  const __m512i even = _mm512_add_epi64(_mm512_mul_epi32(x, m), half);
  const __m512i odd =
      _mm512_add_epi64(_mm512_mul_epi32(_mm512_srli_epi64(x, 32), _mm512_srli_epi64(m, 32)), half);
  return _mm512_mask_blend_epi32(0xAAAA, _mm512_srli_epi64(even, 31), _mm512_slli_epi64(odd, 1));
}

// RoundingDivideByPowerOfTwo; mask being 2^exponent - 1.
inline __m512i RoundingDivideByPowerOfTwo16(__m512i x, __m512i exponent, __m512i mask) {
  const __m512i one = _mm512_set1_epi32(1);
  const __m512i threshold = _mm512_sub_epi32(_mm512_srli_epi32(mask, 1), _mm512_srai_epi32(x, 31));
  const __mmask16 up = _mm512_cmpgt_epi32_mask(_mm512_and_si512(x, mask), threshold);
  const __m512i down = _mm512_srav_epi32(x, exponent);
  return _mm512_mask_add_epi32(down, up, down, one);
}

// (x * m + 2^(total - 1)) >> total in 64 bits, the low half of it; total in 0..62.
inline __m512i MultiplyRoundingOnceEven(__m512i x, __m512i m, __m512i total) {
  const __m512i half = _mm512_srli_epi64(_mm512_sllv_epi64(_mm512_set1_epi64(1), total), 1);
  return _mm512_srav_epi64(_mm512_add_epi64(_mm512_mul_epi32(x, m), half), total);
}

// MultiplyRoundingOnce, total being 31 - shift.
inline __m512i MultiplyRoundingOnce16(__m512i x, __m512i m, __m512i total) {
  const __m512i low = _mm512_set1_epi64(0xFFFFFFFF);
  const __m512i even = MultiplyRoundingOnceEven(x, m, _mm512_and_si512(total, low));
  const __m512i odd = MultiplyRoundingOnceEven(_mm512_srli_epi64(x, 32), _mm512_srli_epi64(m, 32),
                                               _mm512_srli_epi64(total, 32));
  return _mm512_mask_blend_epi32(0xAAAA, even, _mm512_slli_epi64(odd, 32));
}

#pragma GCC pop_options

}  // namespace axlut
#endif  // defined(__x86_64__)
