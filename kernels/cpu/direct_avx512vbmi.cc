// SPDX-License-Identifier: MIT
// Per byte plane a row of 256 entries is four zmm registers. vpermi2b looks 64 codes up in 128
// entries, so two of them and a blend by the code's top bit cover a row. The looked-up bytes are
// summed without widening them first: a word that holds the bytes (lo, hi) of two neighbouring
// lanes is added as a whole, and hi once more by itself. After at most 257 products, because 257 *
// 255 < 2^16, the even lanes are all - (odd << 8) modulo 2^16. Per 64 products: 4 vpermi2b, 2
// blends, 2 shifts, 4 additions, 1 vpmovb2m; Zen 4 does two such operations per cycle, hence 6.5
// cycles or 0.0275 ns per product at 3.7 GHz at best.
#include "kernels/cpu/direct_avx512vbmi.h"

#include <algorithm>

#if defined(__x86_64__)
// GCC 12 takes the deliberately undefined operands inside its own intrinsics for a mistake (its bug
// 105593).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>

namespace axlut {

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi")

namespace {

constexpr int64_t kFlushDepth = 256;

// One plane of a row: 64, 128 or 256 entries in 1, 2 or 4 registers.
template <int kRegisters>
struct Row {
  explicit Row(const uint8_t* entries) {
#pragma GCC unroll 4
    for (int i = 0; i < kRegisters; ++i) part[i] = _mm512_load_si512(entries + 64 * i);
  }
  // Codes count modulo the row's length.
  __m512i Look(__m512i codes, __mmask64 upper_half) const {
    if constexpr (kRegisters == 1) {
      return _mm512_permutexvar_epi8(codes, part[0]);
    } else if constexpr (kRegisters == 2) {
      return _mm512_permutex2var_epi8(part[0], codes, part[1]);
    } else {
      return _mm512_mask_blend_epi8(upper_half, _mm512_permutex2var_epi8(part[0], codes, part[1]),
                                    _mm512_permutex2var_epi8(part[2], codes, part[3]));
    }
  }
  __m512i part[kRegisters];
};

// Sums of bytes in 16 bits, for up to kFlushDepth additions.
struct ByteSums {
  // Not left to the compiler: what it generates itself is outside the target region.
  ByteSums() : all(_mm512_setzero_si512()), odd(_mm512_setzero_si512()) {}
  void Add(__m512i bytes) {
    all = _mm512_add_epi16(all, bytes);
    odd = _mm512_add_epi16(odd, _mm512_srli_epi16(bytes, 8));
  }
  // sums[lane] (+)= the 64 sums << shift.
  void Flush(int shift, bool add, uint32_t* sums) const {
    const __m512i even = _mm512_sub_epi16(all, _mm512_slli_epi16(odd, 8));
    // Back into lane order: words (even, odd) interleaved within 128-bit parts, 8 lanes each.
    const __m512i low = _mm512_unpacklo_epi16(even, odd);
    const __m512i high = _mm512_unpackhi_epi16(even, odd);
    Widen(_mm512_extracti64x2_epi64(low, 0), _mm512_extracti64x2_epi64(high, 0), shift, add, sums);
    Widen(_mm512_extracti64x2_epi64(low, 1), _mm512_extracti64x2_epi64(high, 1), shift, add,
          sums + 16);
    Widen(_mm512_extracti64x2_epi64(low, 2), _mm512_extracti64x2_epi64(high, 2), shift, add,
          sums + 32);
    Widen(_mm512_extracti64x2_epi64(low, 3), _mm512_extracti64x2_epi64(high, 3), shift, add,
          sums + 48);
  }
  static void Widen(__m128i low, __m128i high, int shift, bool add, uint32_t* sums) {
    const __m256i words = _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
    __m512i value = _mm512_slli_epi32(_mm512_cvtepu16_epi32(words), static_cast<unsigned>(shift));
    if (add) value = _mm512_add_epi32(value, _mm512_load_si512(sums));
    _mm512_store_si512(sums, value);
  }
  __m512i all;
  __m512i odd;
};

// kVectors x 64 lanes.
template <int kVectors, int kPlanes, int kRegisters>
void SumVectors(const LookupRows& table, const LookupSum& work, int64_t lane) {
  constexpr int kPlaneBytes = 64 * kRegisters;
  for (int64_t k0 = 0; k0 < work.depth; k0 += kFlushDepth) {
    const int64_t end = std::min(work.depth, k0 + kFlushDepth);
    ByteSums sums[kPlanes][kVectors];
    const uint8_t* index = work.index + k0 * work.index_stride + lane;
    for (int64_t k = k0; k < end; ++k, index += work.index_stride) {
      const uint8_t* entries = table.data + work.rows[k] * (kPlanes * kPlaneBytes);
      const Row<kRegisters> low(entries);
      const Row<kRegisters> high(entries + (kPlanes - 1) * kPlaneBytes);
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) {
        const __m512i codes = _mm512_load_si512(index + 64 * v);
        const __mmask64 upper_half = kRegisters == 4 ? _mm512_movepi8_mask(codes) : 0;
        sums[0][v].Add(low.Look(codes, upper_half));
        if constexpr (kPlanes == 2) sums[1][v].Add(high.Look(codes, upper_half));
      }
    }
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      uint32_t* out = work.sums + lane + 64 * v;
      sums[0][v].Flush(0, k0 > 0, out);
      if constexpr (kPlanes == 2) sums[1][v].Flush(8, true, out);
    }
  }
}

template <int kPlanes, int kRegisters>
void SumLanes(const LookupRows& table, const LookupSum& work) {
  switch (work.lanes / 64) {
    case 1:
      return SumVectors<1, kPlanes, kRegisters>(table, work, 0);
    case 2:
      return SumVectors<2, kPlanes, kRegisters>(table, work, 0);
    case 3:
      return SumVectors<3, kPlanes, kRegisters>(table, work, 0);
    default:
      return SumVectors<4, kPlanes, kRegisters>(table, work, 0);
  }
}

template <int kPlanes>
void SumPlanes(const LookupRows& table, const LookupSum& work) {
  switch (table.row_length) {
    case 64:
      return SumLanes<kPlanes, 1>(table, work);
    case 128:
      return SumLanes<kPlanes, 2>(table, work);
    default:
      return SumLanes<kPlanes, 4>(table, work);
  }
}

void Sum(const LookupRows& table, const LookupSum& work) {
  if (table.planes == 1) {
    SumPlanes<1>(table, work);
  } else {
    SumPlanes<2>(table, work);
  }
}

}  // namespace

#pragma GCC pop_options
#pragma GCC diagnostic pop

const LookupMethod kDirectAvx512VbmiLookup = {64, 256, &PreparedLut::BytePlanes, &Sum};

}  // namespace axlut

#else

namespace axlut {

// Never chosen: other processors report KernelIsa::kScalar.
const LookupMethod kDirectAvx512VbmiLookup = {64, 256, &PreparedLut::BytePlanes, nullptr};

}  // namespace axlut

#endif
