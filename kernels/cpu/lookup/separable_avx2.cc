// SPDX-License-Identifier: MIT
// entry = P[code >> 4] + Q[code & 15], a byte per plane: two vpshufb and an addition. Bytes are
// summed up in 16 bits as in direct_avx512vbmi.cc, and paired likewise. The nibbles of the codes
// are taken apart once for all row sequences of a block; their tables are loaded when needed,
// because 16 registers hold little more than the sums.
#include "kernels/cpu/lookup/separable_avx2.h"

#include <algorithm>

#include "kernels/cpu/lookup/lookup_cost.h"

#if defined(__x86_64__)
#include <immintrin.h>

namespace axlut {

#pragma GCC push_options
#pragma GCC target("avx2")

namespace {

#define AXLUT_INLINE inline __attribute__((always_inline))

constexpr int kMaxAdditions = 256;  // 256 * 255 fits 16 bits

// kRows row sequences at a time. kPair[plane] products are added as bytes.
template <int kPlaneCount, int kLow, int kHigh, int kRowCount>
struct Variant {
  static constexpr int kPlanes = kPlaneCount;
  static constexpr int kPair[2] = {kLow, kHigh};
  static constexpr int kStep = std::max(kLow, kHigh);
  static constexpr int kFlushDepth = kMaxAdditions * (kPlanes == 2 ? std::min(kLow, kHigh) : kLow);
  static constexpr int kRows = kRowCount;
};

struct Nibbles {
  AXLUT_INLINE explicit Nibbles(const uint8_t* codes) {
    const __m256i mask = _mm256_set1_epi8(15);
    const __m256i both = _mm256_load_si256(reinterpret_cast<const __m256i*>(codes));
    low = _mm256_and_si256(both, mask);
    high = _mm256_and_si256(_mm256_srli_epi16(both, 4), mask);
  }
  AXLUT_INLINE __m256i Look(const uint8_t* tables) const {
    const auto* halves = reinterpret_cast<const __m128i*>(tables);
    const __m256i of_high = _mm256_broadcastsi128_si256(_mm_load_si128(halves));
    const __m256i of_low = _mm256_broadcastsi128_si256(_mm_load_si128(halves + 1));
    return _mm256_add_epi8(_mm256_shuffle_epi8(of_high, high), _mm256_shuffle_epi8(of_low, low));
  }
  __m256i low;
  __m256i high;
};

// Sums of the bytes of 32 lanes in 16 bits.
struct ByteSums {
  AXLUT_INLINE ByteSums() : all(_mm256_setzero_si256()), odd(_mm256_setzero_si256()) {}
  AXLUT_INLINE void Add(__m256i bytes) {
    all = _mm256_add_epi16(all, bytes);
    odd = _mm256_add_epi16(odd, _mm256_srli_epi16(bytes, 8));
  }
  // The sums of lanes 0-7 and 16-23, or 8-15 and 24-31.
  AXLUT_INLINE __m256i Words(bool second) const {
    const __m256i even = _mm256_sub_epi16(all, _mm256_slli_epi16(odd, 8));
    return second ? _mm256_unpackhi_epi16(even, odd) : _mm256_unpacklo_epi16(even, odd);
  }
  __m256i all;
  __m256i odd;
};

// sums[0..31] (+)= low + (high << kNibblePlaneShift).
template <int kPlanes>
AXLUT_INLINE void StoreSums(const ByteSums& low, const ByteSums& high, bool add, uint32_t* sums) {
  for (int i = 0; i < 4; ++i) {  // eight lanes each
    const __m256i words = low.Words(i % 2 == 1);
    __m256i value = _mm256_cvtepu16_epi32(i < 2 ? _mm256_castsi256_si128(words)
                                                : _mm256_extracti128_si256(words, 1));
    if constexpr (kPlanes == 2) {
      const __m256i upper = high.Words(i % 2 == 1);
      value = _mm256_add_epi32(
          value,
          _mm256_slli_epi32(_mm256_cvtepu16_epi32(i < 2 ? _mm256_castsi256_si128(upper)
                                                        : _mm256_extracti128_si256(upper, 1)),
                            PreparedLut::kNibblePlaneShift));
    }
    auto* out = reinterpret_cast<__m256i*>(sums + 8 * i);
    if (add) value = _mm256_add_epi32(value, _mm256_load_si256(out));
    _mm256_store_si256(out, value);
  }
}

// kCount <= kStep products of 32 lanes and kRows row sequences.
template <typename V, int kRows, int kCount>
AXLUT_INLINE void Step(const LookupRows& table, const uint8_t* rows, int64_t row_stride,
                       const uint8_t* index, int64_t index_stride,
                       ByteSums (&sums)[V::kPlanes][kRows]) {
  const Nibbles first(index);
  const Nibbles codes[2] = {first, kCount > 1 ? Nibbles(index + index_stride) : first};
#pragma GCC unroll 4
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
    for (int plane = 0; plane < V::kPlanes; ++plane) {
      __m256i bytes = _mm256_setzero_si256();
#pragma GCC unroll 2
      for (int q = 0; q < kCount; ++q) {
        const uint8_t* row = table.data + rows[r * row_stride + q] * (32 * V::kPlanes);
        const __m256i looked = codes[q].Look(row + 32 * plane);
        const int pair = V::kPair[plane];
        bytes = q % pair == 0 ? looked : _mm256_add_epi8(bytes, looked);
        if (q % pair == pair - 1 || q == kCount - 1) sums[plane][r].Add(bytes);
      }
    }
  }
}

template <typename V, int kRows>
void SumBlock(const LookupRows& table, const LookupSum& work, int64_t row, int64_t lane) {
  const uint8_t* rows = work.rows + row * work.row_stride;
  const int64_t stride = work.index_stride;
  for (int64_t k0 = 0; k0 < work.depth; k0 += V::kFlushDepth) {
    const int64_t end = std::min<int64_t>(work.depth, k0 + V::kFlushDepth);
    ByteSums sums[V::kPlanes][kRows];
    const uint8_t* index = work.index + k0 * stride + lane;
    int64_t k = k0;
    for (; k + V::kStep <= end; k += V::kStep, index += V::kStep * stride) {
      Step<V, kRows, V::kStep>(table, rows + k, work.row_stride, index, stride, sums);
    }
    if constexpr (V::kStep > 1) {
      for (; k < end; ++k, index += stride) {
        Step<V, kRows, 1>(table, rows + k, work.row_stride, index, stride, sums);
      }
    }
#pragma GCC unroll 4
    for (int r = 0; r < kRows; ++r) {
      StoreSums<V::kPlanes>(sums[0][r], sums[V::kPlanes - 1][r], k0 > 0,
                            work.sums + (row + r) * work.sum_stride + lane);
    }
  }
}

template <typename V>
void SumAll(const LookupRows& table, const LookupSum& work) {
  for (int64_t lane = 0; lane < work.lanes; lane += 32) {
    int64_t row = 0;
    for (; row + V::kRows <= work.row_count; row += V::kRows) {
      SumBlock<V, V::kRows>(table, work, row, lane);
    }
    for (; row < work.row_count; ++row) SumBlock<V, 1>(table, work, row, lane);
  }
}

void Sum(const LookupRows& table, const LookupSum& work) {
  const uint8_t max = table.plane_max[table.planes - 1];
  if (table.planes == 1) {
    // Fours of bytes would leave registers for the sums of two row sequences only, and are slower.
    if (max <= 127) return SumAll<Variant<1, 2, 1, 4>>(table, work);
    return SumAll<Variant<1, 1, 1, 4>>(table, work);
  }
  // The low plane uses its whole range.
  if (max <= 127) return SumAll<Variant<2, 1, 2, 2>>(table, work);
  SumAll<Variant<2, 1, 1, 2>>(table, work);
}

#undef AXLUT_INLINE

}  // namespace

#pragma GCC pop_options

const LookupMethod kSeparableAvx2Lookup = {32,
                                           256,
                                           1,
                                           false,
                                           &PreparedLut::NibblePlanes,
                                           &Sum,
                                           &SeparableAvx2Cost,
                                           &FinishCodes,
                                           &MapRowCodes,
                                           &CopyCodeRuns,
                                           &StoreTransposed<int32_t>,
                                           &StoreRowsAvx2};

}  // namespace axlut

#else

namespace axlut {

// Never chosen: other processors report KernelIsa::kScalar.
const LookupMethod kSeparableAvx2Lookup = {32,
                                           256,
                                           1,
                                           false,
                                           &PreparedLut::NibblePlanes,
                                           nullptr,
                                           &SeparableAvx2Cost,
                                           &FinishCodes,
                                           &MapRowCodes,
                                           &CopyCodeRuns,
                                           &StoreTransposed<int32_t>,
                                           &StoreRowsAvx2};

}  // namespace axlut

#endif
