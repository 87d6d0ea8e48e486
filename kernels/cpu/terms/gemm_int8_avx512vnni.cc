// SPDX-License-Identifier: MIT
// vpdpbusd multiplies four bytes of one position, broadcast to all lanes, by four bytes of each of
// 16 channels and adds the products to 32-bit sums, exactly. A block holds the sums of kPositions x
// kVectors of 16 channels in registers: with 24 of them a load of weights serves up to 12 positions
// and a broadcast up to 4 vectors, so that loads stay well below the one vpdpbusd per cycle of
// Zen 4.
#include "kernels/cpu/terms/gemm_int8_avx512vnni.h"

#include <array>
#include <cstring>
#include <utility>

#if defined(__x86_64__)
// GCC 12 takes the deliberately undefined operands inside its own intrinsics for a mistake (its bug
// 105593).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>

#include "kernels/cpu/terms/gemm_epilogue_avx512.h"

namespace axlut {

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vnni")

namespace {

constexpr int64_t kUnit = 4;
constexpr int64_t kChannelBlockVnni = 64;

__m512i BroadcastUnit(const uint8_t* codes) {
  int32_t unit;
  std::memcpy(&unit, codes, sizeof unit);
  return _mm512_set1_epi32(unit);
}

// Few sums in flight would wait for each other: vpdpbusd takes 4 cycles. Then even and odd units
// have sums of their own.
constexpr int Chains(int positions, int vectors) { return positions * vectors <= 8 ? 2 : 1; }

template <int kPositions, int kVectors>
void MultiplyBlock(const GemmWork& work, int64_t first) {
  constexpr int kSplit = Chains(kPositions, kVectors);
  __m512i sums[kSplit][kPositions][kVectors];
  const uint8_t* rows[kPositions];
#pragma GCC unroll 12
  for (int p = 0; p < kPositions; ++p) {
    rows[p] = work.rows[first + p];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
#pragma GCC unroll 2
      for (int s = 0; s < kSplit; ++s) sums[s][p][v] = _mm512_setzero_si512();
    }
  }
  const uint8_t* weights = work.weights;
  const int64_t stride = work.weight_stride;
  const GemmTap* const taps_end = work.taps + work.tap_count;
  for (const GemmTap* tap = work.taps; tap != taps_end; ++tap) {
    int64_t k = tap->offset;
    int64_t units = tap->units;
    for (; units >= kSplit; units -= kSplit) {
#pragma GCC unroll 2
      for (int s = 0; s < kSplit; ++s, k += kUnit, weights += stride) {
        __m512i weight[kVectors];
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) weight[v] = _mm512_load_si512(weights + 64 * v);
#pragma GCC unroll 12
        for (int p = 0; p < kPositions; ++p) {
          const __m512i codes = BroadcastUnit(rows[p] + k);
#pragma GCC unroll 4
          for (int v = 0; v < kVectors; ++v) {
            sums[s][p][v] = _mm512_dpbusd_epi32(sums[s][p][v], codes, weight[v]);
          }
        }
      }
    }
    if (kSplit == 2 && units != 0) {
#pragma GCC unroll 12
      for (int p = 0; p < kPositions; ++p) {
        const __m512i codes = BroadcastUnit(rows[p] + k);
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) {
          sums[0][p][v] =
              _mm512_dpbusd_epi32(sums[0][p][v], codes, _mm512_load_si512(weights + 64 * v));
        }
      }
      weights += stride;
    }
  }
#pragma GCC unroll 12
  for (int p = 0; p < kPositions; ++p) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      __m512i sum = sums[0][p][v];
      if constexpr (kSplit == 2) sum = _mm512_add_epi32(sum, sums[1][p][v]);
      StoreSums(work, sum, first + p, v);
    }
  }
}

// Cuts the positions into nearly equal blocks of at most kMaxPositions, one instantiation per size.
template <int kVectors, int... kPositions>
void MultiplyVectors(const GemmWork& work, std::integer_sequence<int, kPositions...>) {
  constexpr int64_t kMaxPositions = sizeof...(kPositions);
  static constexpr std::array<void (*)(const GemmWork&, int64_t), sizeof...(kPositions)> kBlocks = {
      &MultiplyBlock<kPositions + 1, kVectors>...};
  const int64_t blocks = (work.positions + kMaxPositions - 1) / kMaxPositions;
  for (int64_t i = 0; i < blocks; ++i) {
    const int64_t first = work.positions * i / blocks;
    const int64_t last = work.positions * (i + 1) / blocks;
    kBlocks[static_cast<size_t>(last - first - 1)](work, first);
  }
}

void Multiply(const GemmWork& work) {
  switch ((work.channels + 15) / 16) {
    case 1:  // 12 would need more addresses than there are registers
      return MultiplyVectors<1>(work, std::make_integer_sequence<int, 10>());
    case 2:
      return MultiplyVectors<2>(work, std::make_integer_sequence<int, 12>());
    case 3:
      return MultiplyVectors<3>(work, std::make_integer_sequence<int, 8>());
    default:
      return MultiplyVectors<4>(work, std::make_integer_sequence<int, 6>());
  }
}

}  // namespace

// A 256-entry table in four registers; vpermi2b looks codes up in half of it.
void MapCodesAvx512Vbmi(const uint8_t* table, const CodeSpan& span, void* out) {
  __m512i part[4];
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) part[i] = _mm512_load_si512(table + 64 * i);
  auto* bytes = static_cast<uint8_t*>(out);
  const uint8_t* codes = span.codes;
  for (int64_t i = 0; i < span.count; ++i, codes += span.stride, bytes += span.channels) {
    for (int64_t c = 0; c < span.channels; c += 64) {
      const int64_t left = span.channels - c;
      const __mmask64 mask = left >= 64 ? ~__mmask64{0} : ~__mmask64{0} >> (64 - left);
      const __m512i x = _mm512_maskz_loadu_epi8(mask, codes + c);
      const __m512i value = _mm512_mask_blend_epi8(_mm512_movepi8_mask(x),
                                                   _mm512_permutex2var_epi8(part[0], x, part[1]),
                                                   _mm512_permutex2var_epi8(part[2], x, part[3]));
      if (left >= 64) {
        _mm512_storeu_si512(bytes + c, value);
      } else {
        _mm512_mask_storeu_epi8(bytes + c, mask, value);
      }
    }
  }
}

namespace {

// Sums of one pixel's bytes, in eight parts: vpsadbw against 0 adds eight bytes at a time.
__m512i SumPixel(const uint8_t* pixel, int64_t channels) {
  __m512i total = _mm512_setzero_si512();
  for (int64_t c = 0; c < channels; c += 64) {
    const int64_t left = channels - c;
    const __mmask64 mask = left >= 64 ? ~__mmask64{0} : ~__mmask64{0} >> (64 - left);
    const __m512i part = _mm512_maskz_loadu_epi8(mask, pixel + c);
    total = _mm512_add_epi64(total, _mm512_sad_epu8(part, _mm512_setzero_si512()));
  }
  return total;
}

// Quadwords of a and b in turn: 2 x 8 parts become 2 x 4.
__m512i AddPairs(__m512i a, __m512i b) {
  return _mm512_add_epi64(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
}

}  // namespace

void SumCodesAvx512(const void* elements, int64_t count, int64_t channels, int64_t stride,
                    uint32_t* sums) {
  const auto* pixel = static_cast<const uint8_t*>(elements);
  int64_t i = 0;
  for (; i + 4 <= count; i += 4, pixel += 4 * stride) {
    const __m512i first = AddPairs(SumPixel(pixel, channels), SumPixel(pixel + stride, channels));
    const __m512i second =
        AddPairs(SumPixel(pixel + 2 * stride, channels), SumPixel(pixel + 3 * stride, channels));
    // Lanes of 128 bits hold two pixels; add up the four lanes of each.
    const __m512i lanes = _mm512_add_epi64(_mm512_shuffle_i64x2(first, second, 0x44),
                                           _mm512_shuffle_i64x2(first, second, 0xee));
    const __m512i total = _mm512_add_epi64(lanes, _mm512_shuffle_i64x2(lanes, lanes, 0xb1));
    const __m512i four = _mm512_shuffle_i64x2(total, total, 0x08);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(sums + i),
                     _mm256_cvtepi64_epi32(_mm512_castsi512_si256(four)));
  }
  for (; i < count; ++i, pixel += stride) {
    sums[i] = static_cast<uint32_t>(_mm512_reduce_add_epi64(SumPixel(pixel, channels)));
  }
}

#pragma GCC pop_options
#pragma GCC diagnostic pop

const GemmMethod kGemmInt8Avx512Vnni = {
    "avx512vnni",        KernelIsa::kAvx512Vbmi, 1, kUnit, 1, kChannelBlockVnni, 1, &Multiply,
    &MapCodesAvx512Vbmi, &SumCodesAvx512};

}  // namespace axlut

#else

namespace axlut {

// Never chosen: other processors report KernelIsa::kScalar.
const GemmMethod kGemmInt8Avx512Vnni = {
    "avx512vnni", KernelIsa::kAvx512Vbmi, 1, 4, 1, 64, 1, nullptr, nullptr, nullptr};

}  // namespace axlut

#endif
