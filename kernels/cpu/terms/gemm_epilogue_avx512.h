// SPDX-License-Identifier: MIT
// How AVX-512 matrix products store their sums. To be included by files for x86-64 only.
#pragma once

#include <immintrin.h>

#include "kernels/cpu/terms/gemm_int8.h"

namespace axlut {

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl")
// GCC 12 takes the deliberately undefined operands inside its own intrinsics for a mistake (its bug
// 105593).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

// Writes channels [16 * vector, 16 * vector + 16) of one position, as far as they exist.
inline void StoreSums(const GemmWork& work, __m512i sums, int64_t position, int64_t vector) {
  const GemmEpilogue& e = work.epilogue;
  int32_t* const out = work.out + position * work.out_stride + 16 * vector;
  const int64_t lanes = work.channels - 16 * vector;
  const auto mask = static_cast<__mmask16>(lanes >= 16 ? 0xffff : 0xffff >> (16 - lanes));
  __m512i value = sums;
  if (e.scale != 1) value = _mm512_mullo_epi32(value, _mm512_set1_epi32(e.scale));
  if (e.add) {
    value = _mm512_add_epi32(value, _mm512_maskz_loadu_epi32(mask, out));
  } else if (e.bias != nullptr) {
    value = _mm512_add_epi32(value, _mm512_maskz_loadu_epi32(mask, e.bias + 16 * vector));
    const auto row_sum = static_cast<int32_t>(e.row_sums[position]);
    value = _mm512_add_epi32(value, _mm512_set1_epi32(row_sum));
    if (e.code_factor != nullptr) {
      const __m512i factors = _mm512_maskz_loadu_epi32(mask, e.code_factor + 16 * vector);
      const __m512i codes = _mm512_set1_epi32(static_cast<int32_t>(e.code_sums[position]));
      value = _mm512_add_epi32(value, _mm512_mullo_epi32(factors, codes));
    }
  }
  if (lanes >= 16) {
    _mm512_storeu_si512(out, value);
  } else {
    _mm512_mask_storeu_epi32(out, mask, value);
  }
}

#pragma GCC diagnostic pop
#pragma GCC pop_options

}  // namespace axlut
