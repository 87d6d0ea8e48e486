// SPDX-License-Identifier: MIT
// The division takes most of the time: 16 quotients in 10 cycles on Zen 4.
#include "runtime/tf/quantize_floats.h"

#if defined(__x86_64__)
// GCC 12 takes the deliberately undefined operands inside its own intrinsics for a mistake (its bug
// 105593).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>

namespace axlut {

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl")

namespace {

template <bool kPerValue>
inline __m512 Floats(const float* from, __mmask16 valid, int64_t i) {
  return kPerValue ? _mm512_maskz_loadu_ps(valid, from + i) : _mm512_set1_ps(*from);
}

template <bool kPerValue>
bool Quantize(const QuantizeLanes& lanes, const float* values, int64_t count, uint8_t* patterns) {
  const __m512 half = _mm512_set1_ps(0.5f);
  const __m512i flip = _mm512_set1_epi32(lanes.flip);
  uint32_t nans = 0;
  for (int64_t i = 0; i < count; i += 16) {
    const int64_t left_over = count - i;
    const __mmask16 valid =
        left_over >= 16 ? __mmask16{0xFFFF} : static_cast<__mmask16>((1u << left_over) - 1);
    const __m512 value = _mm512_maskz_loadu_ps(valid, values + i);
    nans |= _mm512_mask_cmp_ps_mask(valid, value, value, _CMP_UNORD_Q);
    const __m512 min = Floats<kPerValue>(lanes.min, valid, i);
    // Both return their second operand where the first is NaN, like the comparisons of CodeOf.
    const __m512 not_above = _mm512_min_ps(value, Floats<kPerValue>(lanes.max, valid, i));
    const __m512 shifted = _mm512_sub_ps(_mm512_max_ps(not_above, min), min);
    // Where nothing was loaded the divisor is 0, and the result not stored.
    const __m512 steps = _mm512_div_ps(shifted, Floats<kPerValue>(lanes.divisor, valid, i));
    const __m512 from_zero =
        _mm512_add_ps(_mm512_sub_ps(steps, Floats<kPerValue>(lanes.zero_step, valid, i)), half);
    const __m512i floor =
        _mm512_cvt_roundps_epi32(from_zero, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
    const __m512i zero_code = kPerValue ? _mm512_maskz_loadu_epi32(valid, lanes.zero_code + i)
                                        : _mm512_set1_epi32(*lanes.zero_code);
    const __m512i pattern = _mm512_xor_si512(_mm512_add_epi32(floor, zero_code), flip);
    _mm512_mask_cvtepi32_storeu_epi8(patterns + i, valid, pattern);
  }
  return nans == 0;
}

}  // namespace

bool QuantizeAvx512(const QuantizeLanes& lanes, const float* values, int64_t count,
                    uint8_t* patterns) {
  return lanes.per_value ? Quantize<true>(lanes, values, count, patterns)
                         : Quantize<false>(lanes, values, count, patterns);
}

#pragma GCC pop_options

}  // namespace axlut
#pragma GCC diagnostic pop
#else
#include <cstdlib>

namespace axlut {

// Never called: no CPU of this kind has the instruction set.
bool QuantizeAvx512(const QuantizeLanes&, const float*, int64_t, uint8_t*) { std::abort(); }

}  // namespace axlut
#endif  // defined(__x86_64__)
