// SPDX-License-Identifier: MIT
// AVX2's product of bytes, vpmaddubsw, saturates where u > 127. So activations and weights are
// words and vpmaddwd sums up two products exactly: 16 of them per instruction, half of what bytes
// would give. A block holds 6 positions x 16 channels in 12 registers.
#include "kernels/cpu/terms/gemm_int8_avx2.h"

#include <array>
#include <cstring>
#include <utility>

#include "kernels/cpu/terms/gemm_int8_portable.h"

#if defined(__x86_64__)
#include <immintrin.h>

namespace axlut {

#pragma GCC push_options
#pragma GCC target("avx2")

namespace {

constexpr int kMaxPositions = 6;

__m256i BroadcastPair(const uint8_t* elements) {
  int32_t pair;
  std::memcpy(&pair, elements, sizeof pair);
  return _mm256_set1_epi32(pair);
}

__m256i LoadVector(const int32_t* from) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}

void StoreVector(int32_t* to, __m256i value) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), value);
}

// 8 channels of one position, all of which exist.
void StoreLanes(const GemmWork& work, __m256i value, int64_t position, int64_t channel) {
  const GemmEpilogue& e = work.epilogue;
  int32_t* out = work.out + position * work.out_stride + channel;
  if (e.scale != 1) value = _mm256_mullo_epi32(value, _mm256_set1_epi32(e.scale));
  if (e.add) {
    value = _mm256_add_epi32(value, LoadVector(out));
  } else if (e.bias != nullptr) {
    value = _mm256_add_epi32(value, LoadVector(e.bias + channel));
    value = _mm256_add_epi32(value, _mm256_set1_epi32(static_cast<int32_t>(e.row_sums[position])));
    if (e.code_factor != nullptr) {
      const __m256i codes = _mm256_set1_epi32(static_cast<int32_t>(e.code_sums[position]));
      value =
          _mm256_add_epi32(value, _mm256_mullo_epi32(LoadVector(e.code_factor + channel), codes));
    }
  }
  StoreVector(out, value);
}

template <int kPositions>
void MultiplyBlock(const GemmWork& work, int64_t first) {
  __m256i sums[kPositions][2];
  const uint8_t* rows[kPositions];
#pragma GCC unroll 6
  for (int p = 0; p < kPositions; ++p) {
    rows[p] = work.rows[first + p];
    sums[p][0] = _mm256_setzero_si256();
    sums[p][1] = _mm256_setzero_si256();
  }
  const uint8_t* weights = work.weights;
  for (const GemmTap* tap = work.taps; tap != work.taps + work.tap_count; ++tap) {
    const int64_t end = tap->offset + 4 * tap->units;
    for (int64_t k = tap->offset; k < end; k += 4, weights += work.weight_stride) {
      const auto* vectors = reinterpret_cast<const __m256i*>(weights);
      const __m256i low = _mm256_load_si256(vectors);
      const __m256i high = _mm256_load_si256(vectors + 1);
#pragma GCC unroll 6
      for (int p = 0; p < kPositions; ++p) {
        const __m256i pair = BroadcastPair(rows[p] + k);
        sums[p][0] = _mm256_add_epi32(sums[p][0], _mm256_madd_epi16(pair, low));
        sums[p][1] = _mm256_add_epi32(sums[p][1], _mm256_madd_epi16(pair, high));
      }
    }
  }
#pragma GCC unroll 6
  for (int p = 0; p < kPositions; ++p) {
#pragma GCC unroll 2
    for (int v = 0; v < 2; ++v) {
      const int64_t channel = 8 * v;
      if (work.channels >= channel + 8) {
        StoreLanes(work, sums[p][v], first + p, channel);
      } else if (work.channels > channel) {
        int32_t lanes[8];
        StoreVector(lanes, sums[p][v]);
        StoreEpilogue(work, first + p, channel, work.channels - channel, lanes);
      }
    }
  }
}

// Cuts the positions into nearly equal blocks, one instantiation per size.
template <int... kPositions>
void MultiplyPositions(const GemmWork& work, std::integer_sequence<int, kPositions...>) {
  static constexpr std::array<void (*)(const GemmWork&, int64_t), kMaxPositions> kBlocks = {
      &MultiplyBlock<kPositions + 1>...};
  const int64_t blocks = (work.positions + kMaxPositions - 1) / kMaxPositions;
  for (int64_t i = 0; i < blocks; ++i) {
    const int64_t first = work.positions * i / blocks;
    const int64_t last = work.positions * (i + 1) / blocks;
    kBlocks[static_cast<size_t>(last - first - 1)](work, first);
  }
}

void Multiply(const GemmWork& work) {
  MultiplyPositions(work, std::make_integer_sequence<int, kMaxPositions>());
}

// vpmaddwd by ones sums words in pairs.
void Sum(const void* elements, int64_t count, int64_t channels, int64_t stride, uint32_t* sums) {
  const __m256i ones = _mm256_set1_epi16(1);
  const auto* pixel = static_cast<const uint8_t*>(elements);
  for (int64_t i = 0; i < count; ++i, pixel += stride) {
    const auto* words = reinterpret_cast<const uint16_t*>(pixel);
    __m256i total = _mm256_setzero_si256();
    int64_t c = 0;
    for (; c + 16 <= channels; c += 16) {
      const __m256i part = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(words + c));
      total = _mm256_add_epi32(total, _mm256_madd_epi16(part, ones));
    }
    __m128i half = _mm_add_epi32(_mm256_castsi256_si128(total), _mm256_extracti128_si256(total, 1));
    half = _mm_add_epi32(half, _mm_srli_si128(half, 8));
    half = _mm_add_epi32(half, _mm_srli_si128(half, 4));
    auto sum = static_cast<uint32_t>(_mm_cvtsi128_si32(half));
    for (; c < channels; ++c) sum += words[c];
    sums[i] = sum;
  }
}

}  // namespace

#pragma GCC pop_options

const GemmMethod kGemmInt8Avx2 = {
    "avx2", KernelIsa::kAvx2, 2, 2, 1, 16, 2, &Multiply, &MapCodesPortable<uint16_t>, &Sum};

}  // namespace axlut

#else

namespace axlut {

// Never chosen: other processors report KernelIsa::kScalar.
const GemmMethod kGemmInt8Avx2 = {"avx2", KernelIsa::kAvx2, 2,       2,      1, 16,
                                  2,      nullptr,          nullptr, nullptr};

}  // namespace axlut

#endif
