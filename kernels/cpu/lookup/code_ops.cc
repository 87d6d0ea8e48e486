// SPDX-License-Identifier: MIT
#include "kernels/cpu/lookup/code_ops.h"

#include <algorithm>
#include <cstring>

#if defined(__x86_64__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // GCC bug 105593
#include <immintrin.h>
#endif

namespace axlut {

uint8_t FinishCodes(const CodeBlock& block) {
  uint8_t bits = 0;
  if (block.sums != nullptr) std::fill(block.sums, block.sums + block.length, 0u);
  for (int64_t r = 0; r < block.rows; ++r) {
    uint8_t* row = block.codes + r * block.stride;
    if (block.sums != nullptr) {
      for (int64_t i = 0; i < block.length; ++i) {
        block.sums[i] += static_cast<uint8_t>((row[i] & block.mask) ^ block.flip);
      }
    }
    if (block.map != nullptr) {
      for (int64_t i = 0; i < block.length; ++i) row[i] = block.map[row[i]];
    }
    for (int64_t i = 0; i < block.length; ++i) bits |= row[i];
  }
  return bits;
}

uint32_t MapRowCodes(uint8_t* codes, int64_t length, const uint8_t* map, uint8_t mask,
                     uint8_t flip) {
  uint32_t sum = 0;
  for (int64_t i = 0; i < length; ++i) {
    sum += static_cast<uint8_t>((codes[i] & mask) ^ flip);
    codes[i] = map[codes[i]];
  }
  return sum;
}

void CopyCodeRuns(const CodeCopy& copy) {
  for (int64_t row = 0; row < copy.rows; ++row) {
    const uint8_t* from = copy.from + row * copy.from_stride;
    uint8_t* to = copy.to + row * copy.to_stride;
    for (int64_t r = 0; r < copy.run_count; ++r) {
      const CodeRun& run = copy.runs[r];
      for (int32_t i = 0; i < run.count; i += 16) {
        std::memcpy(to + run.to + i, from + run.from + i, 16);
      }
    }
  }
}

#if defined(__x86_64__)
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi")

namespace {

#define AXLUT_INLINE inline __attribute__((always_inline))

// A function of bytes: 256 values in four registers.
struct ByteMap {
  AXLUT_INLINE explicit ByteMap(const uint8_t* values) {
    for (int i = 0; i < 4; ++i) {
      part[i] = values == nullptr ? _mm512_setzero_si512() : _mm512_loadu_si512(values + 64 * i);
    }
  }
  AXLUT_INLINE __m512i At(__m512i codes) const {
    return _mm512_mask_blend_epi8(_mm512_movepi8_mask(codes),
                                  _mm512_permutex2var_epi8(part[0], codes, part[1]),
                                  _mm512_permutex2var_epi8(part[2], codes, part[3]));
  }
  __m512i part[4];
};

// sums[0..63] += the 64 sums of bytes in 16 bits whose even and odd ones are given.
AXLUT_INLINE void AddWords(__m512i even, __m512i odd, uint32_t* sums) {
  const __m512i halves[2] = {_mm512_unpacklo_epi16(even, odd), _mm512_unpackhi_epi16(even, odd)};
  // 128-bit part q of halves[h] holds the sums 16 * q + 8 * h and the seven that follow.
  alignas(64) uint16_t words[2][32];
  _mm512_store_si512(words[0], halves[0]);
  _mm512_store_si512(words[1], halves[1]);
  for (int q = 0; q < 4; ++q) {
    for (int h = 0; h < 2; ++h) {
      const __m256i wide =
          _mm256_cvtepu16_epi32(_mm_load_si128(reinterpret_cast<const __m128i*>(words[h] + 8 * q)));
      auto* out = reinterpret_cast<__m256i*>(sums + 16 * q + 8 * h);
      _mm256_storeu_si256(out, _mm256_add_epi32(wide, _mm256_loadu_si256(out)));
    }
  }
}

// One column of up to 64 codes (`lanes` of them) of every row.
template <bool kSums, bool kMap>
uint8_t FinishColumn(const CodeBlock& block, int64_t first, __mmask64 lanes) {
  constexpr int64_t kMaxRows = 256;  // 256 * 255 fits a word
  const __m512i masks = _mm512_set1_epi8(static_cast<char>(block.mask));
  const __m512i flips = _mm512_set1_epi8(static_cast<char>(block.flip));
  const __m512i low_bytes = _mm512_set1_epi16(0xff);
  const ByteMap map(block.map);
  __m512i bits = _mm512_setzero_si512();
  alignas(64) uint32_t sums[64] = {};
  for (int64_t r0 = 0; r0 < block.rows; r0 += kMaxRows) {
    const int64_t end = std::min(block.rows, r0 + kMaxRows);
    __m512i even = _mm512_setzero_si512();
    __m512i odd = _mm512_setzero_si512();
    uint8_t* row = block.codes + r0 * block.stride + first;
    for (int64_t r = r0; r < end; ++r, row += block.stride) {
      __m512i codes = _mm512_maskz_loadu_epi8(lanes, row);
      if constexpr (kSums) {
        const __m512i values = _mm512_xor_si512(_mm512_and_si512(codes, masks), flips);
        even = _mm512_add_epi16(even, _mm512_and_si512(values, low_bytes));
        odd = _mm512_add_epi16(odd, _mm512_srli_epi16(values, 8));
      }
      if constexpr (kMap) {
        codes = _mm512_maskz_mov_epi8(lanes, map.At(codes));
        _mm512_mask_storeu_epi8(row, lanes, codes);
      }
      bits = _mm512_or_si512(bits, codes);
    }
    if constexpr (kSums) AddWords(even, odd, sums);
  }
  if constexpr (kSums) {
    for (int i = 0; i < 4; ++i) {
      _mm512_mask_storeu_epi32(block.sums + first + 16 * i,
                               static_cast<__mmask16>(lanes >> (16 * i)),
                               _mm512_load_si512(sums + 16 * i));
    }
  }
  const __m256i half =
      _mm256_or_si256(_mm512_castsi512_si256(bits), _mm512_extracti64x4_epi64(bits, 1));
  uint64_t words[4];
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(words), half);
  uint64_t word = words[0] | words[1] | words[2] | words[3];
  word |= word >> 32;
  word |= word >> 16;
  return static_cast<uint8_t>(word | word >> 8);
}

template <bool kSums, bool kMap>
uint8_t FinishColumns(const CodeBlock& block) {
  uint8_t bits = 0;
  for (int64_t first = 0; first < block.length; first += 64) {
    const int64_t left = block.length - first;
    bits |= FinishColumn<kSums, kMap>(block, first,
                                      left >= 64 ? ~__mmask64{0} : (__mmask64{1} << left) - 1);
  }
  return bits;
}

// Runs of up to kPiece codes; longer ones if that is 64. A store that crosses a cache line costs
// twice, so a short run had better take a short piece.
template <int kPiece>
void CopyPieces(const CodeCopy& copy) {
  for (int64_t row = 0; row < copy.rows; ++row) {
    const uint8_t* from = copy.from + row * copy.from_stride;
    uint8_t* to = copy.to + row * copy.to_stride;
    for (int64_t r = 0; r < copy.run_count; ++r) {
      const CodeRun& run = copy.runs[r];
      if constexpr (kPiece == 16) {
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to + run.to),
                         _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + run.from)));
      } else if constexpr (kPiece == 32) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + run.to),
                            _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + run.from)));
      } else {
        for (int32_t i = 0; i < run.count; i += 64) {
          _mm512_storeu_si512(to + run.to + i, _mm512_loadu_si512(from + run.from + i));
        }
      }
    }
  }
}

#undef AXLUT_INLINE

}  // namespace

void CopyCodeRunsAvx512(const CodeCopy& copy) {
  int32_t longest = 0;
  for (int64_t r = 0; r < copy.run_count; ++r) longest = std::max(longest, copy.runs[r].count);
  if (longest <= 16) return CopyPieces<16>(copy);
  if (longest <= 32) return CopyPieces<32>(copy);
  CopyPieces<64>(copy);
}

uint8_t FinishCodesAvx512Vbmi(const CodeBlock& block) {
  if (block.sums != nullptr) {
    return block.map != nullptr ? FinishColumns<true, true>(block)
                                : FinishColumns<true, false>(block);
  }
  return block.map != nullptr ? FinishColumns<false, true>(block)
                              : FinishColumns<false, false>(block);
}

uint32_t MapRowCodesAvx512Vbmi(uint8_t* codes, int64_t length, const uint8_t* map, uint8_t mask,
                               uint8_t flip) {
  const ByteMap bytes(map);
  const __m512i masks = _mm512_set1_epi8(static_cast<char>(mask));
  const __m512i flips = _mm512_set1_epi8(static_cast<char>(flip));
  __m512i total = _mm512_setzero_si512();
  for (int64_t i = 0; i < length; i += 64) {
    const int64_t left = length - i;
    const __mmask64 lanes = left >= 64 ? ~__mmask64{0} : (__mmask64{1} << left) - 1;
    const __m512i part = _mm512_maskz_loadu_epi8(lanes, codes + i);
    const __m512i values =
        _mm512_maskz_mov_epi8(lanes, _mm512_xor_si512(_mm512_and_si512(part, masks), flips));
    total = _mm512_add_epi64(total, _mm512_sad_epu8(values, _mm512_setzero_si512()));
    _mm512_mask_storeu_epi8(codes + i, lanes, bytes.At(part));
  }
  alignas(64) uint64_t sums[8];
  _mm512_store_si512(sums, total);
  uint64_t sum = 0;
  for (uint64_t value : sums) sum += value;
  return static_cast<uint32_t>(sum);
}

#pragma GCC pop_options
#pragma GCC diagnostic pop

#else

// Never called: other processors report KernelIsa::kScalar.
uint8_t FinishCodesAvx512Vbmi(const CodeBlock& block) { return FinishCodes(block); }
uint32_t MapRowCodesAvx512Vbmi(uint8_t* codes, int64_t length, const uint8_t* map, uint8_t mask,
                               uint8_t flip) {
  return MapRowCodes(codes, length, map, mask, flip);
}
void CopyCodeRunsAvx512(const CodeCopy& copy) { CopyCodeRuns(copy); }

#endif

}  // namespace axlut
