// SPDX-License-Identifier: MIT
// The interpreter for AVX-512 (F, BW). A plane of product bits IS a mask register, so products are
// put together by masked additions: 16 of them for 32 products.
#include <cstddef>
#include <cstdint>

#include "lutgen/bit_parallel_program.h"

#if AXLUT_HAVE_TARGET_REGIONS
#include <immintrin.h>

// GCC 12 takes the undefined operand of its own intrinsics for an uninitialized variable
// (https://gcc.gnu.org/PR105593).
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

// After the includes: nothing that other files share may be compiled for AVX-512.
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,bmi2")

namespace axlut::bit_parallel {
namespace {

constexpr int kWords = 64;
using Vector __attribute__((vector_size(64), may_alias)) = uint64_t;
using Mask32 __attribute__((may_alias)) = uint32_t;

// Product bits bit .. bit + 15 of the 32 pairs from `half` (32-bit half words of a block) on, as
// 16-bit numbers.
inline __m512i Gather16(const Program& program, const uint64_t* values, int bit, int half) {
  __m512i sum = _mm512_setzero_si512();
#pragma GCC unroll 16
  for (int k = 0; k < 16; ++k) {
    const Mask32* plane =
        reinterpret_cast<const Mask32*>(values + size_t{program.product_slots[bit + k]} * kWords);
    sum = _mm512_mask_add_epi16(sum, plane[half], sum,
                                _mm512_set1_epi16(static_cast<int16_t>(1u << k)));
  }
  return sum;
}

void StoreProducts(const Program& program, const uint64_t* values, int32_t* products) {
  for (int half = 0; half < 2 * kWords; ++half) {
    const __m512i low = Gather16(program, values, 0, half);
    const __m256i first = _mm512_castsi512_si256(low);
    const __m256i second = _mm512_extracti64x4_epi64(low, 1);
    __m512i lower, upper;
    if (program.product_bits == 32) {
      const __m512i high = Gather16(program, values, 16, half);
      const __m512i high_first = _mm512_cvtepu16_epi32(_mm512_castsi512_si256(high));
      const __m512i high_second = _mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(high, 1));
      lower = _mm512_or_si512(_mm512_cvtepu16_epi32(first), _mm512_slli_epi32(high_first, 16));
      upper = _mm512_or_si512(_mm512_cvtepu16_epi32(second), _mm512_slli_epi32(high_second, 16));
    } else if (program.sign_extend_16) {
      lower = _mm512_cvtepi16_epi32(first);
      upper = _mm512_cvtepi16_epi32(second);
    } else {
      lower = _mm512_cvtepu16_epi32(first);
      upper = _mm512_cvtepu16_epi32(second);
    }
    _mm512_storeu_si512(products + 32 * half, lower);
    _mm512_storeu_si512(products + 32 * half + 16, upper);
  }
}

#include "lutgen/bit_parallel_interpreter.inc"

}  // namespace

const Interpreter kAvx512Interpreter = {kWords, Run};

}  // namespace axlut::bit_parallel

#pragma GCC pop_options
#endif
