// SPDX-License-Identifier: MIT
#include "runtime/tf/quantize_floats.h"

#if defined(__x86_64__)
#include <immintrin.h>

namespace axlut {

#pragma GCC push_options
#pragma GCC target("avx2")

namespace {

template <bool kPerValue>
inline __m256 Floats(const float* from, int64_t i) {
  return kPerValue ? _mm256_loadu_ps(from + i) : _mm256_set1_ps(*from);
}

template <bool kPerValue>
bool Quantize(const QuantizeLanes& lanes, const float* values, int64_t count, uint8_t* patterns) {
  const __m256 half = _mm256_set1_ps(0.5f);
  const __m256i flip = _mm256_set1_epi32(lanes.flip);
  __m256 nans = _mm256_setzero_ps();
  for (int64_t i = 0; i + 8 <= count; i += 8) {
    const __m256 value = _mm256_loadu_ps(values + i);
    nans = _mm256_or_ps(nans, _mm256_cmp_ps(value, value, _CMP_UNORD_Q));
    const __m256 min = Floats<kPerValue>(lanes.min, i);
    // Both return their second operand where the first is NaN, like the comparisons of CodeOf.
    const __m256 not_above = _mm256_min_ps(value, Floats<kPerValue>(lanes.max, i));
    const __m256 shifted = _mm256_sub_ps(_mm256_max_ps(not_above, min), min);
    const __m256 steps = _mm256_div_ps(shifted, Floats<kPerValue>(lanes.divisor, i));
    const __m256 from_zero =
        _mm256_add_ps(_mm256_sub_ps(steps, Floats<kPerValue>(lanes.zero_step, i)), half);
    const __m256i floor = _mm256_cvttps_epi32(_mm256_floor_ps(from_zero));
    const __m256i zero_code =
        kPerValue ? _mm256_loadu_si256(reinterpret_cast<const __m256i*>(lanes.zero_code + i))
                  : _mm256_set1_epi32(*lanes.zero_code);
    const __m256i pattern = _mm256_xor_si256(_mm256_add_epi32(floor, zero_code), flip);
    const __m128i words =
        _mm_packus_epi32(_mm256_castsi256_si128(pattern), _mm256_extracti128_si256(pattern, 1));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(patterns + i), _mm_packus_epi16(words, words));
  }
  return _mm256_movemask_ps(nans) == 0;
}

}  // namespace

bool QuantizeAvx2(const QuantizeLanes& lanes, const float* values, int64_t count,
                  uint8_t* patterns) {
  return lanes.per_value ? Quantize<true>(lanes, values, count, patterns)
                         : Quantize<false>(lanes, values, count, patterns);
}

#pragma GCC pop_options

}  // namespace axlut
#else
#include <cstdlib>

namespace axlut {

// Never called: no CPU of this kind has the instruction set.
bool QuantizeAvx2(const QuantizeLanes&, const float*, int64_t, uint8_t*) { std::abort(); }

}  // namespace axlut
#endif  // defined(__x86_64__)
