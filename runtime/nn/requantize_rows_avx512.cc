// SPDX-License-Identifier: MIT
// About 23 operations per 16 sums, of which a Zen 4 does two per cycle: 0.2 ns per output.
#include "runtime/nn/requantize_rows.h"

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

template <Rounding kRounding, bool kShiftsLeft>
bool RunRow(const RequantizeLanes& lanes, const int32_t* sums, int64_t first_lane, int64_t count,
            int8_t* output) {
  const __m512i low = _mm512_set1_epi32(lanes.low);
  const __m512i high = _mm512_set1_epi32(lanes.high);
  const __m512i zero_out = _mm512_set1_epi32(lanes.zero_out);
  __m512i wrapped = _mm512_setzero_si512();  // sign bits
  int64_t lane = first_lane;
  for (int64_t i = 0; i < count; i += 16) {
    const int64_t left_over = count - i;
    const __mmask16 valid =
        left_over >= 16 ? __mmask16{0xFFFF} : static_cast<__mmask16>((1u << left_over) - 1);
    const __m512i sum = _mm512_maskz_loadu_epi32(valid, sums + i);
    const __m512i bias = _mm512_loadu_si512(lanes.bias + lane);
    const __m512i mantissa = _mm512_loadu_si512(lanes.mantissa + lane);
    const __m512i right = _mm512_loadu_si512(lanes.right + lane);
    const __m512i x = _mm512_add_epi32(sum, bias);
    // Overflow: both summands have the sign that the sum has not, (sum ^ x) & (bias ^ x).
    constexpr int kOverflow = 0x42;
    wrapped = _mm512_or_si512(wrapped, _mm512_ternarylogic_epi32(sum, bias, x, kOverflow));
    __m512i code;
    if constexpr (kRounding == Rounding::kOnce) {
      const __m512i left = _mm512_loadu_si512(lanes.left + lane);
      const __m512i total = _mm512_add_epi32(_mm512_set1_epi32(31), _mm512_sub_epi32(right, left));
      code = MultiplyRoundingOnce16(x, mantissa, total);
    } else {
      const __m512i mask = _mm512_loadu_si512(lanes.mask + lane);
      const __m512i shifted =
          kShiftsLeft ? _mm512_sllv_epi32(x, _mm512_loadu_si512(lanes.left + lane)) : x;
      code =
          RoundingDivideByPowerOfTwo16(RoundingDoublingHighMul16(shifted, mantissa), right, mask);
    }
    code = _mm512_min_epi32(_mm512_max_epi32(code, low), high);
    _mm512_mask_cvtepi32_storeu_epi8(output + i, valid, _mm512_add_epi32(code, zero_out));
    lane += 16;
    if (lane >= lanes.period) lane -= lanes.period;
  }
  return _mm512_movepi32_mask(wrapped) != 0;
}

}  // namespace

bool RequantizeAvx512(const RequantizeLanes& lanes, const int32_t* sums, int64_t first_lane,
                      int64_t count, int8_t* output) {
  if (lanes.rounding == Rounding::kOnce) {
    return RunRow<Rounding::kOnce, true>(lanes, sums, first_lane, count, output);
  }
  return lanes.shifts_left
             ? RunRow<Rounding::kTwice, true>(lanes, sums, first_lane, count, output)
             : RunRow<Rounding::kTwice, false>(lanes, sums, first_lane, count, output);
}

#pragma GCC pop_options

}  // namespace axlut
#pragma GCC diagnostic pop
#else
#include <cstdlib>

namespace axlut {

// Never called: no CPU of this kind has the instruction set.
bool RequantizeAvx512(const RequantizeLanes&, const int32_t*, int64_t, int64_t, int8_t*) {
  std::abort();
}

}  // namespace axlut
#endif  // defined(__x86_64__)
