// SPDX-License-Identifier: MIT
#include "runtime/nn/elementwise_int8.h"

#if defined(__x86_64__)
// GCC 12 takes the deliberately undefined operands inside its own intrinsics for a mistake (its bug
// 105593).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include "runtime/nn/fixed_point_avx512.h"

namespace axlut {

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl")

namespace {

// The multipliers of additions are below 1: no shift to the left.
struct Multiplier {
  explicit Multiplier(FixedPointMultiplier m)
      : mantissa(_mm512_set1_epi32(m.mantissa)),
        right(_mm512_set1_epi32(-m.shift)),
        mask(_mm512_set1_epi32(static_cast<int32_t>((1u << -m.shift) - 1))) {}
  __m512i Times(__m512i x) const {
    return RoundingDivideByPowerOfTwo16(RoundingDoublingHighMul16(x, mantissa), right, mask);
  }
  __m512i mantissa, right, mask;
};

// AddTerm.
inline __m512i Terms(const int8_t* codes, __m512i zero, const Multiplier& multiplier) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(codes));
  const __m512i centred = _mm512_sub_epi32(_mm512_cvtepi8_epi32(bytes), zero);
  return multiplier.Times(_mm512_slli_epi32(centred, 20));
}

}  // namespace

int64_t AddInt8Avx512(const AddParams& params, const int8_t* a, const int8_t* b, int64_t count,
                      int8_t* output) {
  const __m512i zero_1 = _mm512_set1_epi32(params.zero_1);
  const __m512i zero_2 = _mm512_set1_epi32(params.zero_2);
  const Multiplier multiplier_1(params.multiplier_1);
  const Multiplier multiplier_2(params.multiplier_2);
  const Multiplier multiplier_out(params.multiplier_out);
  const __m512i zero_out = _mm512_set1_epi32(params.zero_out);
  const __m512i low = _mm512_set1_epi32(params.clamp.min);
  const __m512i high = _mm512_set1_epi32(params.clamp.max);
  int64_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const __m512i sum =
        _mm512_add_epi32(Terms(a + i, zero_1, multiplier_1), Terms(b + i, zero_2, multiplier_2));
    const __m512i code = _mm512_add_epi32(multiplier_out.Times(sum), zero_out);
    const __m512i clamped = _mm512_min_epi32(_mm512_max_epi32(code, low), high);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(output + i), _mm512_cvtepi32_epi8(clamped));
  }
  return i;
}

#pragma GCC pop_options

}  // namespace axlut
#pragma GCC diagnostic pop
#else

namespace axlut {

int64_t AddInt8Avx512(const AddParams&, const int8_t*, const int8_t*, int64_t, int8_t*) {
  return 0;
}

}  // namespace axlut
#endif  // defined(__x86_64__)
