// SPDX-License-Identifier: MIT
// One load brings the entries of 16 channels. They are summed in pairs without widening: a 32-bit
// lane that holds the entries (even, odd) is added as a whole, and odd once more by itself, so that
// even = all - (odd << 16) modulo 2^32. Four vector operations per 16 products.
#include "kernels/cpu/expanded_avx2.h"

#if defined(__x86_64__)
#include <immintrin.h>

namespace axlut {

#pragma GCC push_options
#pragma GCC target("avx2")

namespace {

// Transposes eight registers of 2 x 8 words: on return word r of half h of out[i] is word i of half
// h of in[r].
void Transpose8x8(const __m256i (&in)[8], __m256i (&out)[8]) {
  __m256i pairs[8];
  for (int i = 0; i < 4; ++i) {
    pairs[2 * i] = _mm256_unpacklo_epi16(in[2 * i], in[2 * i + 1]);
    pairs[2 * i + 1] = _mm256_unpackhi_epi16(in[2 * i], in[2 * i + 1]);
  }
  __m256i quads[8];
  for (int half = 0; half < 2; ++half) {
    for (int i = 0; i < 2; ++i) {
      quads[4 * half + 2 * i] = _mm256_unpacklo_epi32(pairs[4 * half + i], pairs[4 * half + i + 2]);
      quads[4 * half + 2 * i + 1] =
          _mm256_unpackhi_epi32(pairs[4 * half + i], pairs[4 * half + i + 2]);
    }
  }
  for (int i = 0; i < 4; ++i) {
    out[2 * i] = _mm256_unpacklo_epi64(quads[i], quads[i + 4]);
    out[2 * i + 1] = _mm256_unpackhi_epi64(quads[i], quads[i + 4]);
  }
}

template <int kDepth>
void SumDepth(const uint16_t* expanded, const uint8_t* codes, int64_t stride, int64_t positions,
              uint32_t* sums) {
  constexpr int64_t kBlockBytes = 256 * 32;
  const auto* entries = reinterpret_cast<const char*>(expanded);
  for (int64_t p = 0; p < positions; ++p, codes += stride, sums += 16) {
    __m256i all = _mm256_setzero_si256();
    __m256i odd = _mm256_setzero_si256();
#pragma GCC unroll 8
    for (int k = 0; k < kDepth; ++k) {
      const __m256i entry = _mm256_load_si256(
          reinterpret_cast<const __m256i*>(entries + k * kBlockBytes + codes[k] * 32));
      all = _mm256_add_epi32(all, entry);
      odd = _mm256_add_epi32(odd, _mm256_srli_epi32(entry, 16));
    }
    const __m256i even = _mm256_sub_epi32(all, _mm256_slli_epi32(odd, 16));
    auto* low = reinterpret_cast<__m256i*>(sums);
    _mm256_store_si256(low, _mm256_add_epi32(_mm256_load_si256(low), even));
    _mm256_store_si256(low + 1, _mm256_add_epi32(_mm256_load_si256(low + 1), odd));
  }
}

}  // namespace

void ExpandRowsAvx2(const uint16_t* const* rows, int64_t count, uint16_t* expanded) {
  for (int64_t a = 0; a < count; a += 16) {
    for (int half = 0; half < 2; ++half) {
      __m256i in[8];
      __m256i out[8];
      // Channels o and o + 8 become neighbours, so that even and odd sums are channels in order.
      for (int i = 0; i < 4; ++i) {
        const int channel = 4 * half + i;
        in[2 * i] = _mm256_load_si256(reinterpret_cast<const __m256i*>(rows[channel] + a));
        in[2 * i + 1] = _mm256_load_si256(reinterpret_cast<const __m256i*>(rows[channel + 8] + a));
      }
      Transpose8x8(in, out);
      for (int i = 0; i < 8; ++i) {
        uint16_t* first = expanded + (a + i) * 16 + 8 * half;
        _mm_store_si128(reinterpret_cast<__m128i*>(first), _mm256_castsi256_si128(out[i]));
        _mm_store_si128(reinterpret_cast<__m128i*>(first + 8 * 16),
                        _mm256_extracti128_si256(out[i], 1));
      }
    }
  }
}

void SumExpandedAvx2(const uint16_t* expanded, int64_t depth, const uint8_t* codes, int64_t stride,
                     int64_t positions, uint32_t* sums) {
  static_assert(kExpandedDepth == 8, "one case per depth");
  switch (depth) {
    case 1:
      return SumDepth<1>(expanded, codes, stride, positions, sums);
    case 2:
      return SumDepth<2>(expanded, codes, stride, positions, sums);
    case 3:
      return SumDepth<3>(expanded, codes, stride, positions, sums);
    case 4:
      return SumDepth<4>(expanded, codes, stride, positions, sums);
    case 5:
      return SumDepth<5>(expanded, codes, stride, positions, sums);
    case 6:
      return SumDepth<6>(expanded, codes, stride, positions, sums);
    case 7:
      return SumDepth<7>(expanded, codes, stride, positions, sums);
    default:
      return SumDepth<8>(expanded, codes, stride, positions, sums);
  }
}

void SumCodesAvx2(uint8_t* codes, int64_t stride, int64_t depth, int64_t positions, uint8_t flip,
                  uint32_t* sums) {
  const __m256i flips = _mm256_set1_epi8(static_cast<char>(flip));
  const int64_t padded = (depth + 31) / 32 * 32;
  for (int64_t p = 0; p < positions; ++p, codes += stride) {
    for (int64_t k = depth; k < padded; ++k) codes[k] = flip;  // counts as 0
    __m256i total = _mm256_setzero_si256();
    for (int64_t k = 0; k < padded; k += 32) {
      const __m256i part = _mm256_load_si256(reinterpret_cast<const __m256i*>(codes + k));
      total = _mm256_add_epi64(
          total, _mm256_sad_epu8(_mm256_xor_si256(part, flips), _mm256_setzero_si256()));
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
void SumExpandedAvx2(const uint16_t*, int64_t, const uint8_t*, int64_t, int64_t, uint32_t*) {
  std::abort();
}
void SumCodesAvx2(uint8_t*, int64_t, int64_t, int64_t, uint8_t, uint32_t*) { std::abort(); }

}  // namespace axlut

#endif
