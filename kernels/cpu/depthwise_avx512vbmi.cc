// SPDX-License-Identifier: MIT
// The lookup of direct_avx512vbmi.cc: a row of 256 entries is four registers per byte plane, and
// bytes are summed in 16 bits without widening. With few taps per output what follows the lookups
// counts as much. A pair of words (low plane, high plane) becomes low + 256 * high, 32 bits, by one
// vpdpwssd; that leaves the lanes in the order of kLaneOrder, which costs nothing, because the
// store scatters positions anyway. Its words are signed, hence at most 128 taps between flushes.
#include "kernels/cpu/depthwise_avx512vbmi.h"

#include <algorithm>

namespace axlut {
namespace {

constexpr int64_t kLanes = 64;
constexpr int64_t kMaxLanes = 256;

// Per 128-bit part: even words are unpacked into lanes 0 2 4 6 and 8 10 12 14, then the odd ones.
struct LaneOrder {
  constexpr LaneOrder() {
    for (int i = 0; i < 64; ++i) {
      lane[i] = static_cast<uint8_t>(i % 16 / 4 * 16 + i % 4 * 2 + i / 16 % 2 * 8 + i / 32);
    }
  }
  uint8_t lane[64] = {};
};
constexpr LaneOrder kLaneOrder;

}  // namespace
}  // namespace axlut

#if defined(__x86_64__)
// GCC 12 takes the deliberately undefined operands inside its own intrinsics for a mistake (its bug
// 105593).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#include <immintrin.h>

namespace axlut {

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vnni")

namespace {

constexpr int64_t kFlushDepth = 128;  // 128 * 255 < 2^15

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
    AddWords(bytes, &all);
    AddWords(_mm512_srli_epi16(bytes, 8), &odd);
  }
  // In place by decree: GCC 12 otherwise keeps a second copy of every sum for the code behind the
  // loop, and with 16 sums and 8 registers of a row some of them then live on the stack.
  static void AddWords(__m512i words, __m512i* sum) {
    asm("vpaddw %1, %0, %0" : "+v"(*sum) : "v"(words));
  }
  __m512i Even() const { return _mm512_sub_epi16(all, _mm512_slli_epi16(odd, 8)); }
  __m512i all;
  __m512i odd;
};

// sums[...] (+)= low + 256 * high for 16 lanes.
void FlushPart(__m512i pairs, bool add, uint32_t* sums) {
  const __m512i factors = _mm512_set1_epi32(0x01000001);
  const __m512i before = add ? _mm512_load_si512(sums) : _mm512_setzero_si512();
  _mm512_store_si512(sums, _mm512_dpwssd_epi32(before, pairs, factors));
}

void Flush(__m512i low_even, __m512i low_odd, __m512i high_even, __m512i high_odd, bool add,
           uint32_t* sums) {
  FlushPart(_mm512_unpacklo_epi16(low_even, high_even), add, sums);
  FlushPart(_mm512_unpackhi_epi16(low_even, high_even), add, sums + 16);
  FlushPart(_mm512_unpacklo_epi16(low_odd, high_odd), add, sums + 32);
  FlushPart(_mm512_unpackhi_epi16(low_odd, high_odd), add, sums + 48);
}

// kVectors x 64 lanes.
template <int kVectors, int kPlanes, int kRegisters>
void SumVectors(const LookupRows& table, const DepthwiseSum& work, int64_t lane) {
  constexpr int kPlaneBytes = kLanes * kRegisters;
  const uint8_t* plane = work.plane + lane;
  for (int64_t k0 = 0; k0 < work.depth; k0 += kFlushDepth) {
    const int64_t end = std::min(work.depth, k0 + kFlushDepth);
    ByteSums sums[kPlanes][kVectors];
    for (int64_t k = k0; k < end; ++k) {
      const uint8_t* entries = table.data + work.rows[k] * (kPlanes * kPlaneBytes);
      const uint8_t* codes_at = plane + work.offsets[k];
      const Row<kRegisters> low(entries);
      const Row<kRegisters> high(entries + (kPlanes - 1) * kPlaneBytes);
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) {
        const __m512i codes = _mm512_loadu_si512(codes_at + kLanes * v);
        const __mmask64 upper_half = kRegisters == 4 ? _mm512_movepi8_mask(codes) : 0;
        sums[0][v].Add(low.Look(codes, upper_half));
        if constexpr (kPlanes == 2) sums[1][v].Add(high.Look(codes, upper_half));
      }
    }
    const __m512i zero = _mm512_setzero_si512();
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      const ByteSums& low = sums[0][v];
      const ByteSums& high = sums[kPlanes - 1][v];
      Flush(low.Even(), low.odd, kPlanes == 2 ? high.Even() : zero, kPlanes == 2 ? high.odd : zero,
            k0 > 0, work.sums + lane + kLanes * v);
    }
  }
}

template <int kPlanes, int kRegisters>
void SumLanes(const LookupRows& table, const DepthwiseSum& work) {
  int64_t lane = 0;
  for (; lane + 3 * kLanes < work.lanes; lane += 4 * kLanes) {
    SumVectors<4, kPlanes, kRegisters>(table, work, lane);
  }
  if (lane + 2 * kLanes < work.lanes) return SumVectors<3, kPlanes, kRegisters>(table, work, lane);
  if (lane + kLanes < work.lanes) return SumVectors<2, kPlanes, kRegisters>(table, work, lane);
  if (lane < work.lanes) SumVectors<1, kPlanes, kRegisters>(table, work, lane);
}

template <int kPlanes>
void SumPlanes(const LookupRows& table, const DepthwiseSum& work) {
  switch (table.row_length) {
    case 64:
      return SumLanes<kPlanes, 1>(table, work);
    case 128:
      return SumLanes<kPlanes, 2>(table, work);
    default:
      return SumLanes<kPlanes, 4>(table, work);
  }
}

void Sum(const LookupRows& table, const DepthwiseSum& work) {
  if (table.planes == 1) {
    SumPlanes<1>(table, work);
  } else {
    SumPlanes<2>(table, work);
  }
}

void SumCodes(const DepthwiseCodeSum& work) {
  const __m512i mask = _mm512_set1_epi8(static_cast<char>(work.mask));
  const __m512i flip = _mm512_set1_epi8(static_cast<char>(work.flip));
  const __m512i zero = _mm512_setzero_si512();
  for (int64_t lane = 0; lane < work.lanes; lane += kLanes) {
    for (int64_t k0 = 0; k0 < work.depth; k0 += kFlushDepth) {
      const int64_t end = std::min(work.depth, k0 + kFlushDepth);
      ByteSums sums;
      for (int64_t k = k0; k < end; ++k) {
        const __m512i codes = _mm512_loadu_si512(work.plane + work.offsets[k] + lane);
        sums.Add(_mm512_xor_si512(_mm512_and_si512(codes, mask), flip));
      }
      Flush(sums.Even(), sums.odd, zero, zero, k0 > 0, work.sums + lane);
    }
  }
}

// Four steps of interleaving transpose 16 x 16 dwords: row r of `rows` becomes column r of the
// result, which is stored row by row.
[[gnu::always_inline]] inline void Transpose(__m512i (&rows)[16]) {
  __m512i pairs[16];
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) {
    pairs[2 * i] = _mm512_unpacklo_epi32(rows[2 * i], rows[2 * i + 1]);
    pairs[2 * i + 1] = _mm512_unpackhi_epi32(rows[2 * i], rows[2 * i + 1]);
  }
  // quads[4 * g + w]: word w of each 128-bit part of the rows 4 * g .. 4 * g + 3.
  __m512i quads[16];
#pragma GCC unroll 4
  for (int g = 0; g < 4; ++g) {
    quads[4 * g] = _mm512_unpacklo_epi64(pairs[4 * g], pairs[4 * g + 2]);
    quads[4 * g + 1] = _mm512_unpackhi_epi64(pairs[4 * g], pairs[4 * g + 2]);
    quads[4 * g + 2] = _mm512_unpacklo_epi64(pairs[4 * g + 1], pairs[4 * g + 3]);
    quads[4 * g + 3] = _mm512_unpackhi_epi64(pairs[4 * g + 1], pairs[4 * g + 3]);
  }
#pragma GCC unroll 4
  for (int w = 0; w < 4; ++w) {
    const __m512i low01 = _mm512_shuffle_i32x4(quads[w], quads[4 + w], 0x44);
    const __m512i high01 = _mm512_shuffle_i32x4(quads[w], quads[4 + w], 0xee);
    const __m512i low23 = _mm512_shuffle_i32x4(quads[8 + w], quads[12 + w], 0x44);
    const __m512i high23 = _mm512_shuffle_i32x4(quads[8 + w], quads[12 + w], 0xee);
    rows[w] = _mm512_shuffle_i32x4(low01, low23, 0x88);
    rows[4 + w] = _mm512_shuffle_i32x4(low01, low23, 0xdd);
    rows[8 + w] = _mm512_shuffle_i32x4(high01, high23, 0x88);
    rows[12 + w] = _mm512_shuffle_i32x4(high01, high23, 0xdd);
  }
}

template <bool kAddCodeSums>
void StoreLanes(const DepthwiseStore& work) {
  const auto stored = static_cast<__mmask16>((1 << work.channels) - 1);
  const __m512i fixed = _mm512_maskz_loadu_epi32(stored, work.fixed);
  for (int64_t lane = 0; lane < work.lanes; lane += 16) {
    __m512i rows[16];
    const uint32_t* sums = work.sums + lane;
#pragma GCC unroll 16
    for (int o = 0; o < 16; ++o) {
      rows[o] = _mm512_load_si512(sums + o * work.stride);
      if constexpr (kAddCodeSums) {
        const __m512i factor = _mm512_set1_epi32(work.code_factor[o]);
        const __m512i code_sum = _mm512_load_si512(work.code_sums[o] + lane);
        rows[o] = _mm512_add_epi32(rows[o], _mm512_mullo_epi32(factor, code_sum));
      }
    }
    Transpose(rows);
    int32_t* const* targets = work.targets + lane;
#pragma GCC unroll 16
    for (int p = 0; p < 16; ++p) {
      _mm512_mask_storeu_epi32(targets[p] + work.first_channel, stored,
                               _mm512_add_epi32(rows[p], fixed));
    }
  }
}

void Store(const DepthwiseStore& work) {
  if (work.add_code_sums) {
    StoreLanes<true>(work);
  } else {
    StoreLanes<false>(work);
  }
}

}  // namespace

#pragma GCC pop_options
#pragma GCC diagnostic pop

const DepthwiseMethod kDepthwiseAvx512Vbmi = {
    kLanes, kMaxLanes, kLaneOrder.lane, &PreparedLut::BytePlanes, &Sum, &SumCodes, &Store};

}  // namespace axlut

#else

namespace axlut {

// Never chosen: other processors report KernelIsa::kScalar.
const DepthwiseMethod kDepthwiseAvx512Vbmi = {
    kLanes, kMaxLanes, kLaneOrder.lane, &PreparedLut::BytePlanes, nullptr, nullptr, nullptr};

}  // namespace axlut

#endif
