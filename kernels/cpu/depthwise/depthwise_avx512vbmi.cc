// SPDX-License-Identifier: MIT
// The lookup of direct_avx512vbmi.cc: a row of 256 entries is four registers per byte plane, and
// bytes are summed in 16 bits without widening. With few taps per output what follows the lookups
// counts as much. A pair of words (low plane, high plane) becomes low + 256 * high, 32 bits, by one
// vpdpwssd; that leaves the lanes in the order of kLaneOrder, which costs nothing, because the
// store scatters positions anyway. Its words are signed, hence at most 128 taps between flushes.
#include "kernels/cpu/depthwise/depthwise_avx512vbmi.h"

#include <algorithm>

namespace axlut {
namespace {

constexpr int64_t kLanes = 64;
// What fits the 32 registers: 8 for a row, 4 or 6 sums per 64 lanes, a few for the lookup.
constexpr int64_t kMaxLanes = 256;
constexpr int64_t kMaxCodeLanes = 192;
// A row comes from the L2 cache, in about the time of 64 lookups (Zen 4).
constexpr int64_t kRowCost = 64;

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

#include "kernels/cpu/transpose_avx512.h"

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

// What is added to 64 sums: scale * (`low` + 256 * `high`) + factor * `codes`.
template <bool kCodes>
struct Flush {
  Flush(const ByteSums& low, const ByteSums& high, int32_t factor)
      : scale(factor),
        low_even(low.Even()),
        low_odd(low.odd),
        high_even(high.Even()),
        high_odd(high.odd) {}
  void AddCodes(const ByteSums& codes, int32_t factor) {
    codes_even = codes.Even();
    codes_odd = codes.odd;
    factors = _mm512_set1_epi32(factor & 0xffff);
  }
  void Store(bool add, uint32_t* sums) const {
    const __m512i zero = _mm512_setzero_si512();
    Part(_mm512_unpacklo_epi16(low_even, high_even),
         kCodes ? _mm512_unpacklo_epi16(codes_even, zero) : zero, add, sums);
    Part(_mm512_unpackhi_epi16(low_even, high_even),
         kCodes ? _mm512_unpackhi_epi16(codes_even, zero) : zero, add, sums + 16);
    Part(_mm512_unpacklo_epi16(low_odd, high_odd),
         kCodes ? _mm512_unpacklo_epi16(codes_odd, zero) : zero, add, sums + 32);
    Part(_mm512_unpackhi_epi16(low_odd, high_odd),
         kCodes ? _mm512_unpackhi_epi16(codes_odd, zero) : zero, add, sums + 48);
  }
  // 16 lanes of 32 bits from pairs of words.
  void Part(__m512i pairs, __m512i code_pairs, bool add, uint32_t* sums) const {
    const __m512i weights = _mm512_set1_epi32(0x01000001);
    __m512i value = add ? _mm512_load_si512(sums) : _mm512_setzero_si512();
    if (scale != 1) {
      const __m512i sum = _mm512_dpwssd_epi32(_mm512_setzero_si512(), pairs, weights);
      value = _mm512_add_epi32(value, _mm512_mullo_epi32(sum, _mm512_set1_epi32(scale)));
    } else {
      value = _mm512_dpwssd_epi32(value, pairs, weights);
    }
    if constexpr (kCodes) value = _mm512_dpwssd_epi32(value, code_pairs, factors);
    _mm512_store_si512(sums, value);
  }
  int32_t scale;
  __m512i low_even, low_odd, high_even, high_odd;
  __m512i codes_even, codes_odd, factors;  // set if kCodes
};

// kVectors x 64 lanes.
template <int kVectors, int kPlanes, int kRegisters, bool kCodes>
void SumVectors(const LookupRows& table, const DepthwiseSum& work, int64_t lane) {
  constexpr int kPlaneBytes = kLanes * kRegisters;
  const uint8_t* plane = work.plane + lane;
  const uint8_t* code_plane = kCodes ? work.code_plane + lane : nullptr;
  const __m512i mask = _mm512_set1_epi8(static_cast<char>(work.code_mask));
  const __m512i flip = _mm512_set1_epi8(static_cast<char>(work.code_flip));
  for (int64_t k0 = 0; k0 < work.depth; k0 += kFlushDepth) {
    const int64_t end = std::min(work.depth, k0 + kFlushDepth);
    ByteSums sums[kPlanes][kVectors];
    ByteSums code_sums[kCodes ? kVectors : 1];
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
        if constexpr (kCodes) {
          constexpr int kAndThenXor = 0x78;  // flip ^ (codes & mask)
          const __m512i values = _mm512_loadu_si512(code_plane + work.offsets[k] + kLanes * v);
          code_sums[v].Add(_mm512_ternarylogic_epi32(flip, values, mask, kAndThenXor));
        }
      }
    }
    const ByteSums none;
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      Flush<kCodes> flush(sums[0][v], kPlanes == 2 ? sums[kPlanes - 1][v] : none, work.scale);
      if constexpr (kCodes) flush.AddCodes(code_sums[v], work.code_factor);
      flush.Store(k0 > 0, work.sums + lane + kLanes * v);
    }
  }
}

template <int kPlanes, int kRegisters>
void SumLanes(const LookupRows& table, const DepthwiseSum& work) {
  if (work.code_factor != 0) {
    switch (work.lanes / kLanes) {
      case 1:
        return SumVectors<1, kPlanes, kRegisters, true>(table, work, 0);
      case 2:
        return SumVectors<2, kPlanes, kRegisters, true>(table, work, 0);
      default:
        return SumVectors<3, kPlanes, kRegisters, true>(table, work, 0);
    }
  }
  switch (work.lanes / kLanes) {
    case 1:
      return SumVectors<1, kPlanes, kRegisters, false>(table, work, 0);
    case 2:
      return SumVectors<2, kPlanes, kRegisters, false>(table, work, 0);
    case 3:
      return SumVectors<3, kPlanes, kRegisters, false>(table, work, 0);
    default:
      return SumVectors<4, kPlanes, kRegisters, false>(table, work, 0);
  }
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

template <bool kAdd>
void StoreLanes(const DepthwiseStore& work) {
  const auto stored = static_cast<__mmask16>((1 << work.channels) - 1);
  const __m512i fixed = _mm512_maskz_loadu_epi32(stored, work.fixed);
  for (int64_t lane = 0; lane < work.lanes; lane += 16) {
    __m512i rows[16];
    const uint32_t* sums = work.sums + lane;
#pragma GCC unroll 16
    for (int o = 0; o < 16; ++o) rows[o] = _mm512_load_si512(sums + o * work.stride);
    Transpose16x16(rows);
    int32_t* const* targets = work.targets + lane;
#pragma GCC unroll 16
    for (int p = 0; p < 16; ++p) {
      int32_t* target = targets[p] + work.first_channel;
      __m512i sum = _mm512_add_epi32(rows[p], fixed);
      if constexpr (kAdd) sum = _mm512_add_epi32(sum, _mm512_maskz_loadu_epi32(stored, target));
      _mm512_mask_storeu_epi32(target, stored, sum);
    }
  }
}

void Store(const DepthwiseStore& work) {
  if (work.add) {
    StoreLanes<true>(work);
  } else {
    StoreLanes<false>(work);
  }
}

void StoreCodes(__m128i codes, uint8_t* out) {
  _mm_store_si128(reinterpret_cast<__m128i*>(out), codes);
}

// 16 pixels of up to 64 channels: in each 128-bit part the transpose of 16 x 16 bytes, by four
// times interleaving row r with row r + 8.
void TransposePixels(const uint8_t* const* pointers, int64_t channels, uint8_t* out,
                     int64_t stride) {
  const auto loaded = ~__mmask64{0} >> (64 - channels);
  __m512i rows[16];
#pragma GCC unroll 16
  for (int r = 0; r < 16; ++r) rows[r] = _mm512_maskz_loadu_epi8(loaded, pointers[r]);
#pragma GCC unroll 4
  for (int step = 0; step < 4; ++step) {
    __m512i mixed[16];
#pragma GCC unroll 8
    for (int r = 0; r < 8; ++r) {
      mixed[2 * r] = _mm512_unpacklo_epi8(rows[r], rows[r + 8]);
      mixed[2 * r + 1] = _mm512_unpackhi_epi8(rows[r], rows[r + 8]);
    }
#pragma GCC unroll 16
    for (int r = 0; r < 16; ++r) rows[r] = mixed[r];
  }
#pragma GCC unroll 16
  for (int r = 0; r < 16; ++r) {
    uint8_t* plane = out + r * stride;
    if (r < channels) StoreCodes(_mm512_castsi512_si128(rows[r]), plane);
    if (r + 16 < channels) StoreCodes(_mm512_extracti64x2_epi64(rows[r], 1), plane + 16 * stride);
    if (r + 32 < channels) StoreCodes(_mm512_extracti64x2_epi64(rows[r], 2), plane + 32 * stride);
    if (r + 48 < channels) StoreCodes(_mm512_extracti64x2_epi64(rows[r], 3), plane + 48 * stride);
  }
}

void TransposeLanes(const uint8_t* const* pointers, int64_t lanes, int64_t channels, uint8_t* out,
                    int64_t stride) {
  for (int64_t lane = 0; lane < lanes; lane += 16) {
    const int64_t ahead = std::min(lane + 32, lanes - 16);
    for (int p = 0; p < 16; ++p) {
      _mm_prefetch(reinterpret_cast<const char*>(pointers[ahead + p]), _MM_HINT_T0);
    }
    TransposePixels(pointers + lane, channels, out + lane, stride);
  }
}

}  // namespace

#pragma GCC pop_options
#pragma GCC diagnostic pop

const DepthwiseMethod kDepthwiseAvx512Vbmi = {kLanes,   kMaxLanes,       kMaxCodeLanes,
                                              0,        false,           &FinishCodesAvx512Vbmi,
                                              kRowCost, kLaneOrder.lane, &PreparedLut::BytePlanes,
                                              &Sum,     &Store,          &TransposeLanes};

}  // namespace axlut

#else

namespace axlut {

// Never chosen: other processors report KernelIsa::kScalar.
const DepthwiseMethod kDepthwiseAvx512Vbmi = {kLanes,   kMaxLanes,       kMaxCodeLanes,
                                              0,        false,           &FinishCodesAvx512Vbmi,
                                              kRowCost, kLaneOrder.lane, &PreparedLut::BytePlanes,
                                              nullptr,  nullptr,         nullptr};

}  // namespace axlut

#endif
