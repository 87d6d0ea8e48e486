// SPDX-License-Identifier: MIT
// Compiled without contraction to fused multiply-adds, which would round otherwise
// (CMakeLists.txt).
#include "runtime/nn/slope_dot.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace axlut {

void SlopeDotScalar(const float* row, uint8_t mask, const uint8_t* codes, const float* values,
                    const float* zeros, int64_t count, float* lanes) {
  for (int64_t k = 0; k < count; ++k) {
    lanes[k % kSlopeLanes] += values[k] * (row[codes[k] & mask] - zeros[k]);
  }
}

#if defined(__x86_64__)

#pragma GCC push_options
#pragma GCC target("avx2")

void SlopeDotAvx2(const float* row, uint8_t mask, const uint8_t* codes, const float* values,
                  const float* zeros, int64_t count, float* lanes) {
  const __m256i masks = _mm256_set1_epi32(mask);
  const auto term = [&](int64_t k) __attribute__((always_inline)) {
    const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(codes + k));
    const __m256i index = _mm256_and_si256(_mm256_cvtepu8_epi32(bytes), masks);
    const __m256 slopes = _mm256_i32gather_ps(row, index, 4);
    return _mm256_mul_ps(_mm256_loadu_ps(values + k),
                         _mm256_sub_ps(slopes, _mm256_loadu_ps(zeros + k)));
  };
  __m256 low = _mm256_loadu_ps(lanes), high = _mm256_loadu_ps(lanes + 8);
  int64_t k = 0;
  for (; k + kSlopeLanes <= count; k += kSlopeLanes) {
    low = _mm256_add_ps(low, term(k));
    high = _mm256_add_ps(high, term(k + 8));
  }
  _mm256_storeu_ps(lanes, low);
  _mm256_storeu_ps(lanes + 8, high);
  SlopeDotScalar(row, mask, codes + k, values + k, zeros + k, count - k, lanes);
}

#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl")
// GCC 12 takes the deliberately undefined operands inside its own intrinsics for a mistake (its bug
// 105593).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

void SlopeDotAvx512(const float* row, uint8_t mask, const uint8_t* codes, const float* values,
                    const float* zeros, int64_t count, float* lanes) {
  const __m512i masks = _mm512_set1_epi32(mask);
  __m512 sums = _mm512_loadu_ps(lanes);
  for (int64_t k = 0; k < count; k += kSlopeLanes) {
    const int64_t left = count - k;
    const __mmask16 valid =
        left >= kSlopeLanes ? __mmask16{0xFFFF} : static_cast<__mmask16>((1u << left) - 1);
    const __m512i index =
        _mm512_and_si512(_mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(valid, codes + k)), masks);
    const __m512 slopes = _mm512_mask_i32gather_ps(_mm512_setzero_ps(), valid, index, row, 4);
    const __m512 terms =
        _mm512_mul_ps(_mm512_maskz_loadu_ps(valid, values + k),
                      _mm512_sub_ps(slopes, _mm512_maskz_loadu_ps(valid, zeros + k)));
    sums = _mm512_mask_add_ps(sums, valid, sums, terms);
  }
  _mm512_storeu_ps(lanes, sums);
}

#pragma GCC diagnostic pop
#pragma GCC pop_options

SlopeDot ChooseSlopeDot(KernelIsa isa) {
  if (isa >= KernelIsa::kAvx512) return SlopeDotAvx512;
  return isa >= KernelIsa::kAvx2 ? SlopeDotAvx2 : SlopeDotScalar;
}

#else

SlopeDot ChooseSlopeDot(KernelIsa) { return SlopeDotScalar; }

#endif

}  // namespace axlut
