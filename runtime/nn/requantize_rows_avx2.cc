// SPDX-License-Identifier: MIT
#include "runtime/nn/requantize_rows.h"

#if defined(__x86_64__)
#include "runtime/nn/fixed_point_avx2.h"

namespace axlut {

#pragma GCC push_options
#pragma GCC target("avx2")

namespace {

inline __m256i Load(const int32_t* from) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}

template <Rounding kRounding>
bool RunRow(const RequantizeLanes& lanes, const int32_t* sums, int64_t first_lane, int64_t count,
            int8_t* output) {
  const __m256i low = _mm256_set1_epi32(lanes.low);
  const __m256i high = _mm256_set1_epi32(lanes.high);
  const __m256i zero_out = _mm256_set1_epi32(lanes.zero_out);
  __m256i wrapped = _mm256_setzero_si256();  // sign bits
  int64_t lane = first_lane;
  for (int64_t i = 0; i + 8 <= count; i += 8) {
    const __m256i sum = Load(sums + i);
    const __m256i bias = Load(lanes.bias + lane);
    const __m256i mantissa = Load(lanes.mantissa + lane);
    const __m256i left = Load(lanes.left + lane);
    const __m256i right = Load(lanes.right + lane);
    const __m256i x = _mm256_add_epi32(sum, bias);
    // Overflow: both summands have the sign that the sum has not.
    wrapped = _mm256_or_si256(
        wrapped, _mm256_and_si256(_mm256_xor_si256(sum, x), _mm256_xor_si256(bias, x)));
    __m256i code;
    if constexpr (kRounding == Rounding::kOnce) {
      const __m256i total = _mm256_add_epi32(_mm256_set1_epi32(31), _mm256_sub_epi32(right, left));
      code = MultiplyRoundingOnce8(x, mantissa, total);
    } else {
      code = RoundingDivideByPowerOfTwo8(
          RoundingDoublingHighMul8(_mm256_sllv_epi32(x, left), mantissa), right);
    }
    code = _mm256_min_epi32(_mm256_max_epi32(code, low), high);
    StoreCodes8(_mm256_add_epi32(code, zero_out), output + i);
    lane += 8;
    if (lane >= lanes.period) lane -= lanes.period;
  }
  return _mm256_movemask_ps(_mm256_castsi256_ps(wrapped)) != 0;
}

}  // namespace

bool RequantizeAvx2(const RequantizeLanes& lanes, const int32_t* sums, int64_t first_lane,
                    int64_t count, int8_t* output) {
  return lanes.rounding == Rounding::kOnce
             ? RunRow<Rounding::kOnce>(lanes, sums, first_lane, count, output)
             : RunRow<Rounding::kTwice>(lanes, sums, first_lane, count, output);
}

#pragma GCC pop_options

}  // namespace axlut
#else
#include <cstdlib>

namespace axlut {

// Never called: no CPU of this kind has the instruction set.
bool RequantizeAvx2(const RequantizeLanes&, const int32_t*, int64_t, int64_t, int8_t*) {
  std::abort();
}

}  // namespace axlut
#endif  // defined(__x86_64__)
