// SPDX-License-Identifier: MIT
// Per byte plane a row of 64, 128 or 256 entries is one, two or four zmm registers. vpermb or
// vpermi2b looks 64 codes up in it; 256 entries take two vpermi2b and a blend by the code's top
// bit. Looked-up bytes are summed without widening them first: a word that holds the bytes (even,
// odd) of two neighbouring lanes is added as a whole, and odd once more by itself. After at most
// 257 such additions, because 257 * 255 < 2^16, even = all - (odd << 8) modulo 2^16.
//
// A plane whose entries are at most 127 (63) is paired: the bytes of two (four) products are added
// as bytes before the two additions of words.
//
// Bound for any table, per 64 products: 4 vpermi2b, 2 blends, 2 shifts, 4 additions, 1 vpmovb2m;
// Zen 4 does two such operations per cycle, hence 6.5 cycles or 0.0275 ns per product at 3.7 GHz.
#include "kernels/cpu/lookup/direct_avx512vbmi.h"

#include <algorithm>

#include "kernels/cpu/lookup/lookup_cost.h"

#if defined(__x86_64__)
// GCC 12 takes the deliberately undefined operands inside its own intrinsics for a mistake (its bug
// 105593).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>

namespace axlut {

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi")

namespace {

#define AXLUT_INLINE inline __attribute__((always_inline))

constexpr int kMaxAdditions = 256;

// What is compiled once for each: kRows row sequences x kVectors vectors of 64 lanes are summed at
// the same time, which need 2 * planes * kRows * kVectors registers for the sums.
template <int kRegistersOfRow, int kLow, int kHigh>
struct Variant {
  static constexpr int kRegisters = kRegistersOfRow;  // 64 entries each
  static constexpr int kPlanes = kHigh == 0 ? 1 : 2;
  // Products per addition of words in either plane; kHigh is 0 if there is no high plane.
  static constexpr int kPair[2] = {kLow, kHigh};
  static constexpr int kStep = std::max(kLow, kHigh);
  static constexpr int kFlushDepth = kMaxAdditions * (kPlanes == 2 ? std::min(kLow, kHigh) : kLow);
  // Measured on Zen 4 with lookup_bench: two rows share the loads of the codes, but two rows of
  // many registers, or bytes that wait for others, leave too few registers for the sums.
  static constexpr int kRows = kPlanes == 1 || kRegisters == 1 ? 2 : 1;
  static constexpr int kVectors =
      kRows == 2 && (kPlanes == 2 || kRegisters == 4 || kLow == 4) ? 2 : 4;
};

// One plane of a row. Codes count modulo its length.
template <int kRegisters>
AXLUT_INLINE __m512i Look(const __m512i (&row)[4], __m512i codes, __mmask64 upper_half) {
  if constexpr (kRegisters == 1) {
    return _mm512_permutexvar_epi8(codes, row[0]);
  } else if constexpr (kRegisters == 2) {
    return _mm512_permutex2var_epi8(row[0], codes, row[1]);
  } else {
    return _mm512_mask_blend_epi8(upper_half, _mm512_permutex2var_epi8(row[0], codes, row[1]),
                                  _mm512_permutex2var_epi8(row[2], codes, row[3]));
  }
}

// Sums of the bytes of 64 lanes in 16 bits.
struct ByteSums {
  // Not left to the compiler: what it generates itself is outside the target region.
  AXLUT_INLINE ByteSums() : all(_mm512_setzero_si512()), odd(_mm512_setzero_si512()) {}
  AXLUT_INLINE void Add(__m512i bytes) {
    all = _mm512_add_epi16(all, bytes);
    odd = _mm512_add_epi16(odd, _mm512_srli_epi16(bytes, 8));
  }
  AXLUT_INLINE __m512i Even() const { return _mm512_sub_epi16(all, _mm512_slli_epi16(odd, 8)); }
  __m512i all;
  __m512i odd;
};

// 32 sums of bytes, widened; those of the high plane count 256 times.
template <int kPlanes>
AXLUT_INLINE void StoreWords(__m512i low, __m512i high, bool add, uint32_t* sums) {
  for (int half = 0; half < 2; ++half) {
    __m512i value = _mm512_cvtepu16_epi32(half == 0 ? _mm512_castsi512_si256(low)
                                                    : _mm512_extracti64x4_epi64(low, 1));
    if constexpr (kPlanes == 2) {
      const __m512i upper = _mm512_cvtepu16_epi32(half == 0 ? _mm512_castsi512_si256(high)
                                                            : _mm512_extracti64x4_epi64(high, 1));
      value = _mm512_add_epi32(value, _mm512_slli_epi32(upper, 8));
    }
    if (add) value = _mm512_add_epi32(value, _mm512_load_si512(sums + 16 * half));
    _mm512_store_si512(sums + 16 * half, value);
  }
}

// kCount <= kStep products of kRows x kVectors x 64 lanes.
template <typename V, int kRows, int kVectors, int kCount>
AXLUT_INLINE void Step(const LookupRows& table, const uint8_t* const (&rows)[kRows], int64_t k,
                       const uint8_t* index, int64_t index_stride,
                       ByteSums (&sums)[V::kPlanes][kRows][kVectors]) {
  __m512i bytes[V::kPlanes][kRows][kVectors];
#pragma GCC unroll 4
  for (int q = 0; q < kCount; ++q, index += index_stride) {
    __m512i entries[V::kPlanes][kRows][4];
#pragma GCC unroll 2
    for (int r = 0; r < kRows; ++r) {
      const uint8_t* row = table.data + rows[r][k + q] * table.row_bytes;
#pragma GCC unroll 2
      for (int plane = 0; plane < V::kPlanes; ++plane) {
#pragma GCC unroll 4
        for (int i = 0; i < V::kRegisters; ++i) {
          entries[plane][r][i] = _mm512_load_si512(row + plane * table.row_length + 64 * i);
        }
      }
    }
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      const __m512i codes = _mm512_load_si512(index + 64 * v);
      const __mmask64 upper_half = V::kRegisters == 4 ? _mm512_movepi8_mask(codes) : 0;
#pragma GCC unroll 2
      for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
        for (int plane = 0; plane < V::kPlanes; ++plane) {
          const int pair = V::kPair[plane];
          __m512i looked = Look<V::kRegisters>(entries[plane][r], codes, upper_half);
          if (q % pair != 0) looked = _mm512_add_epi8(looked, bytes[plane][r][v]);
          if (q % pair == pair - 1 || q == kCount - 1) {
            sums[plane][r][v].Add(looked);
          } else {
            bytes[plane][r][v] = looked;
          }
        }
      }
    }
  }
}

template <typename V, int kRows, int kVectors>
void SumBlock(const LookupRows& table, const LookupSum& work, int64_t row, int64_t lane) {
  for (int64_t k0 = 0; k0 < work.depth; k0 += V::kFlushDepth) {
    const int64_t end = std::min<int64_t>(work.depth, k0 + V::kFlushDepth);
    ByteSums sums[V::kPlanes][kRows][kVectors];
    const uint8_t* rows[kRows];
    for (int r = 0; r < kRows; ++r) rows[r] = work.rows + (row + r) * work.row_stride;
    const int64_t stride = work.index_stride;
    const uint8_t* index = work.index + k0 * stride + lane;
    int64_t k = k0;
    for (; k + V::kStep <= end; k += V::kStep, index += V::kStep * stride) {
      Step<V, kRows, kVectors, V::kStep>(table, rows, k, index, stride, sums);
    }
    if constexpr (V::kStep > 1) {
      for (; k < end; ++k, index += stride) {
        Step<V, kRows, kVectors, 1>(table, rows, k, index, stride, sums);
      }
    }
#pragma GCC unroll 2
    for (int r = 0; r < kRows; ++r) {
      uint32_t* out = work.sums + (row + r) * work.sum_stride + lane;
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v, out += 64) {
        const ByteSums& low = sums[0][r][v];
        const ByteSums& high = sums[V::kPlanes - 1][r][v];
        StoreWords<V::kPlanes>(low.Even(), high.Even(), k0 > 0, out);
        StoreWords<V::kPlanes>(low.odd, high.odd, k0 > 0, out + 32);
      }
    }
  }
}

template <typename V, int kRows>
void SumRows(const LookupRows& table, const LookupSum& work, int64_t row) {
  int64_t lane = 0;
  if constexpr (V::kVectors == 4) {
    for (; lane + 256 <= work.lanes; lane += 256) SumBlock<V, kRows, 4>(table, work, row, lane);
  }
  if constexpr (V::kVectors == 4) {
    if (lane + 192 == work.lanes) return SumBlock<V, kRows, 3>(table, work, row, lane);
  } else if constexpr (V::kRegisters == 4) {
    if (work.lanes == 192) {
      for (int r = 0; r < kRows; ++r) SumBlock<V, 1, 3>(table, work, row + r, 0);
      return;
    }
  }
  for (; lane + 128 <= work.lanes; lane += 128) SumBlock<V, kRows, 2>(table, work, row, lane);
  if (lane < work.lanes) SumBlock<V, kRows, 1>(table, work, row, lane);
}

template <typename V>
void SumAll(const LookupRows& table, const LookupSum& work) {
  int64_t row = 0;
  for (; row + V::kRows <= work.row_count; row += V::kRows) {
    SumRows<V, V::kRows>(table, work, row);
  }
  if constexpr (V::kRows > 1) {
    for (; row < work.row_count; ++row) SumRows<V, 1>(table, work, row);
  }
}

template <int kRegisters>
void SumPlanes(const LookupRows& table, const LookupSum& work) {
  const uint8_t max = table.plane_max[table.planes - 1];
  if (table.planes == 2) {
    // With a high plane the low one uses its whole range. Fours would not be faster.
    if (max <= 127) return SumAll<Variant<kRegisters, 1, 2>>(table, work);
    return SumAll<Variant<kRegisters, 1, 1>>(table, work);
  }
  if constexpr (kRegisters == 1) {
    if (max <= 63) return SumAll<Variant<kRegisters, 4, 0>>(table, work);
  }
  if (max <= 127) return SumAll<Variant<kRegisters, 2, 0>>(table, work);
  SumAll<Variant<kRegisters, 1, 0>>(table, work);
}

void Sum(const LookupRows& table, const LookupSum& work) {
  switch (std::min(table.row_length, work.index_limit)) {
    case 64:
      return SumPlanes<1>(table, work);
    case 128:
      return SumPlanes<2>(table, work);
    default:
      return SumPlanes<4>(table, work);
  }
}

#undef AXLUT_INLINE

}  // namespace

#pragma GCC pop_options
#pragma GCC diagnostic pop

const LookupMethod kDirectAvx512VbmiLookup = {64,
                                              256,
                                              2,
                                              true,
                                              &PreparedLut::BytePlanes,
                                              &Sum,
                                              &DirectAvx512VbmiCost,
                                              &FinishCodesAvx512Vbmi,
                                              &MapRowCodesAvx512Vbmi,
                                              &CopyCodeRunsAvx512,
                                              &StoreTransposedAvx512,
                                              &StoreRowsAvx512};

}  // namespace axlut

#else

namespace axlut {

// Never chosen: other processors report KernelIsa::kScalar.
const LookupMethod kDirectAvx512VbmiLookup = {64,
                                              256,
                                              2,
                                              true,
                                              &PreparedLut::BytePlanes,
                                              nullptr,
                                              &DirectAvx512VbmiCost,
                                              &FinishCodesAvx512Vbmi,
                                              &MapRowCodesAvx512Vbmi,
                                              &CopyCodeRunsAvx512,
                                              &StoreTransposedAvx512,
                                              &StoreRowsAvx512};

}  // namespace axlut

#endif
