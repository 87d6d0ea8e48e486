// SPDX-License-Identifier: MIT
// One load brings the entries of 16 channels. They are summed in pairs without widening: a 32-bit
// lane that holds the entries (even, odd) is added as a whole, and odd once more by itself, so that
// even = all - (odd << 16) modulo 2^32. Four vector operations per 16 products.
#include "kernels/cpu/lookup/expanded_avx2.h"

#if defined(__x86_64__)
#include <immintrin.h>

namespace axlut {

#pragma GCC push_options
#pragma GCC target("avx2")

namespace {

// Transposes the two 8 x 8 matrices of words that eight registers hold in their halves.
inline __attribute__((always_inline)) void Transpose8x8(__m256i (&rows)[8]) {
  __m256i pairs[8];
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    pairs[i] = _mm256_unpacklo_epi16(rows[2 * i], rows[2 * i + 1]);
    pairs[4 + i] = _mm256_unpackhi_epi16(rows[2 * i], rows[2 * i + 1]);
  }
  __m256i quads[8];
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    quads[2 * i] = _mm256_unpacklo_epi32(pairs[2 * i], pairs[2 * i + 1]);
    quads[2 * i + 1] = _mm256_unpackhi_epi32(pairs[2 * i], pairs[2 * i + 1]);
  }
#pragma GCC unroll 2
  for (int half = 0; half < 2; ++half) {
    for (int i = 0; i < 2; ++i) {
      const __m256i low = quads[4 * half + i];
      const __m256i high = quads[4 * half + 2 + i];
      rows[4 * half + 2 * i] = _mm256_unpacklo_epi64(low, high);
      rows[4 * half + 2 * i + 1] = _mm256_unpackhi_epi64(low, high);
    }
  }
}

// How codes are read and where their entries lie, in bytes. A second load of the kind that is made
// per product, or a stride that is not known, costs about 10 %, so codes that lie side by side and
// index as they are do without. Passed by value: vector stores may alias what a reference names.
struct MappedCodes {
  inline __attribute__((always_inline)) int64_t OffsetOf(const uint8_t* codes, int64_t k) const {
    return offsets[codes[k]];
  }
  const uint32_t* offsets;
};
struct PlainCodes {
  inline __attribute__((always_inline)) int64_t OffsetOf(const uint8_t* codes, int64_t k) const {
    return codes[k] * 32;
  }
};
struct StridedCodes {
  inline __attribute__((always_inline)) int64_t OffsetOf(const uint8_t* codes, int64_t k) const {
    return codes[k * stride] * 32;
  }
  int64_t stride;
};

template <int kDepth, typename Codes>
void SumDepth(const uint16_t* expanded, Codes index, ExpandedCodes codes, int64_t positions,
              uint32_t* sums) {
  constexpr int64_t kBlockBytes = 256 * 32;
  const auto* entries = reinterpret_cast<const char*>(expanded);
  const uint8_t* code = codes.codes;
  for (int64_t p = 0; p < positions; ++p, code += codes.position_stride, sums += 16) {
    __m256i all = _mm256_setzero_si256();
    __m256i odd = _mm256_setzero_si256();
#pragma GCC unroll 8
    for (int k = 0; k < kDepth; ++k) {
      const __m256i entry = _mm256_load_si256(
          reinterpret_cast<const __m256i*>(entries + k * kBlockBytes + index.OffsetOf(code, k)));
      all = _mm256_add_epi32(all, entry);
      odd = _mm256_add_epi32(odd, _mm256_srli_epi32(entry, 16));
    }
    const __m256i even = _mm256_sub_epi32(all, _mm256_slli_epi32(odd, 16));
    auto* low = reinterpret_cast<__m256i*>(sums);
    _mm256_store_si256(low, _mm256_add_epi32(_mm256_load_si256(low), even));
    _mm256_store_si256(low + 1, _mm256_add_epi32(_mm256_load_si256(low + 1), odd));
  }
}

template <typename Codes>
void SumAnyDepth(const uint16_t* expanded, int64_t depth, Codes index, const ExpandedCodes& codes,
                 int64_t positions, uint32_t* sums) {
  static_assert(kExpandedDepth == 8, "one function per depth");
  constexpr decltype(&SumDepth<8, Codes>) kSums[] = {
      &SumDepth<1, Codes>, &SumDepth<2, Codes>, &SumDepth<3, Codes>, &SumDepth<4, Codes>,
      &SumDepth<5, Codes>, &SumDepth<6, Codes>, &SumDepth<7, Codes>, &SumDepth<8, Codes>};
  kSums[depth - 1](expanded, index, codes, positions, sums);
}

}  // namespace

void ExpandRowsAvx2(const uint16_t* const* rows, int64_t count, uint16_t* expanded) {
  // Channels o and o + 8 become neighbours, so that even and odd sums are channels in order.
  constexpr int kChannels[2][8] = {{0, 8, 1, 9, 2, 10, 3, 11}, {4, 12, 5, 13, 6, 14, 7, 15}};
  for (int64_t first = 0; first < count; first += kExpandUnit) {
    __m256i block[8];
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) {
      const auto* low = reinterpret_cast<const __m128i*>(rows[kChannels[0][i]] + first);
      const auto* high = reinterpret_cast<const __m128i*>(rows[kChannels[1][i]] + first);
      block[i] = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_load_si128(low)),
                                         _mm_load_si128(high), 1);
    }
    Transpose8x8(block);
    auto* out = reinterpret_cast<__m256i*>(expanded + first * 16);
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) _mm256_store_si256(out + i, block[i]);
  }
}

void SumExpandedAvx2(const uint16_t* expanded, int64_t depth, const uint8_t* index_of,
                     const ExpandedCodes& codes, int64_t positions, uint32_t* sums) {
  if (codes.k_stride != 1) {
    SumAnyDepth(expanded, depth, StridedCodes{codes.k_stride}, codes, positions, sums);
    return;
  }
  if (index_of == nullptr) {
    SumAnyDepth(expanded, depth, PlainCodes{}, codes, positions, sums);
    return;
  }
  uint32_t offsets[256];
  for (int code = 0; code < 256; ++code) offsets[code] = index_of[code] * 32u;
  SumAnyDepth(expanded, depth, MappedCodes{offsets}, codes, positions, sums);
}

void FindLargestCodesAvx2(const uint8_t* codes, int64_t stride, int64_t depth, int64_t positions,
                          uint8_t* largest) {
  for (int64_t k = 0; k < depth; k += 32) {
    __m256i most = _mm256_setzero_si256();
    for (int64_t p = 0; p < positions; ++p) {
      most = _mm256_max_epu8(
          most, _mm256_load_si256(reinterpret_cast<const __m256i*>(codes + p * stride + k)));
    }
    _mm256_store_si256(reinterpret_cast<__m256i*>(largest + k), most);
  }
}

void SumCodesAvx2(uint8_t* codes, int64_t stride, int64_t depth, int64_t positions, uint8_t mask,
                  uint8_t flip, uint32_t* sums) {
  const __m256i masks = _mm256_set1_epi8(static_cast<char>(mask));
  const __m256i flips = _mm256_set1_epi8(static_cast<char>(flip));
  const int64_t padded = (depth + 31) / 32 * 32;
  for (int64_t p = 0; p < positions; ++p, codes += stride) {
    for (int64_t k = depth; k < padded; ++k) codes[k] = flip;  // counts as 0
    __m256i total = _mm256_setzero_si256();
    for (int64_t k = 0; k < padded; k += 32) {
      const __m256i part = _mm256_load_si256(reinterpret_cast<const __m256i*>(codes + k));
      const __m256i values = _mm256_xor_si256(_mm256_and_si256(part, masks), flips);
      total = _mm256_add_epi64(total, _mm256_sad_epu8(values, _mm256_setzero_si256()));
    }
    const __m128i half =
        _mm_add_epi64(_mm256_castsi256_si128(total), _mm256_extracti128_si256(total, 1));
    sums[p] +=
        static_cast<uint32_t>(_mm_cvtsi128_si32(_mm_add_epi64(half, _mm_srli_si128(half, 8))));
  }
}

#pragma GCC pop_options

}  // namespace axlut

#else

#include <cstdlib>

namespace axlut {

// Never chosen: other processors report KernelIsa::kScalar.
void ExpandRowsAvx2(const uint16_t* const*, int64_t, uint16_t*) { std::abort(); }
void SumExpandedAvx2(const uint16_t*, int64_t, const uint8_t*, const ExpandedCodes&, int64_t,
                     uint32_t*) {
  std::abort();
}
void FindLargestCodesAvx2(const uint8_t*, int64_t, int64_t, int64_t, uint8_t*) { std::abort(); }
void SumCodesAvx2(uint8_t*, int64_t, int64_t, int64_t, uint8_t, uint8_t, uint32_t*) {
  std::abort();
}

}  // namespace axlut

#endif
