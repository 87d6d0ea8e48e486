// SPDX-License-Identifier: MIT
// The int8 matrix product on tiles: tdpbusd multiplies 16 positions x 64 products by 64 products x
// 16 channels. Two by two tiles of sums make each load serve two of them. To be included by files
// for x86-64 only; besides the tile unit it needs KernelIsa::kAvx512.
#pragma once

#include <immintrin.h>

#include <algorithm>

#include "kernels/cpu/terms/amx_tiles.h"
#include "kernels/cpu/terms/gemm_epilogue_avx512.h"
#include "kernels/cpu/terms/gemm_int8.h"

namespace axlut {

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl")

inline constexpr int64_t kTileRows = 16;
inline constexpr int64_t kTileBytes = 64;
inline constexpr int64_t kTileUnits = kTileBytes / 4;

// 16 rows of activations, which a tile can only load if they are equally far apart. Otherwise, or
// if there are fewer, they are copied first.
struct TileActivations {
  const uint8_t* const* rows;
  int64_t count;
  int64_t stride;  // 0: to be copied
  alignas(64) uint8_t copy[kTileRows * kTileBytes];

  void Set(const uint8_t* const* first, int64_t available) {
    rows = first;
    count = std::min(available, kTileRows);
    stride = count == kTileRows ? rows[1] - rows[0] : 0;
    for (int64_t i = 2; i < count; ++i) {
      if (rows[i] - rows[i - 1] != stride) stride = 0;
    }
  }

  template <int kTile, typename Tiles>
  void Load(Tiles* tiles, int64_t offset) {
    if (stride != 0) {
      tiles->template Load<kTile>(rows[0] + offset, stride);
      return;
    }
    for (int64_t i = 0; i < count; ++i) {
      _mm512_store_si512(copy + i * kTileBytes, _mm512_loadu_si512(rows[i] + offset));
    }
    tiles->template Load<kTile>(copy, kTileBytes);
  }
};

// Positions [first, first + 32) and channels [16 * vector, 16 * vector + 32), as far as they exist.
// Tiles 0-3 are sums [position half][channel half], 4 and 5 activations, 6 and 7 weights.
template <int kHalves, int kVectors, typename Tiles>
void MultiplyTiles(const GemmWork& work, int64_t first, int64_t vector, Tiles* tiles) {
  TileActivations codes[kHalves];
  for (int h = 0; h < kHalves; ++h) {
    const int64_t start = first + kTileRows * h;
    std::fill(codes[h].copy, codes[h].copy + sizeof codes[h].copy, uint8_t{0});
    codes[h].Set(work.rows + start, work.positions - start);
  }
  tiles->template Zero<0>();
  tiles->template Zero<1>();
  tiles->template Zero<2>();
  tiles->template Zero<3>();
  const uint8_t* weights = work.weights + 64 * vector;
  for (const GemmTap* tap = work.taps; tap != work.taps + work.tap_count; ++tap) {
    for (int64_t unit = 0; unit < tap->units; unit += kTileUnits) {
      const int64_t offset = tap->offset + 4 * unit;
      codes[0].template Load<4>(tiles, offset);
      tiles->template Load<6>(weights, work.weight_stride);
      tiles->template MultiplyAdd<0, 4, 6>();
      if constexpr (kVectors == 2) {
        tiles->template Load<7>(weights + 64, work.weight_stride);
        tiles->template MultiplyAdd<1, 4, 7>();
      }
      if constexpr (kHalves == 2) {
        codes[1].template Load<5>(tiles, offset);
        tiles->template MultiplyAdd<2, 5, 6>();
        if constexpr (kVectors == 2) tiles->template MultiplyAdd<3, 5, 7>();
      }
      weights += kTileUnits * work.weight_stride;
    }
  }
  alignas(64) int32_t sums[kHalves * kTileRows][2 * kTileRows];
  constexpr int64_t kStride = sizeof sums[0];
  tiles->template Store<0>(sums[0], kStride);
  tiles->template Store<1>(sums[0] + 16, kStride);
  if constexpr (kHalves == 2) {
    tiles->template Store<2>(sums[kTileRows], kStride);
    tiles->template Store<3>(sums[kTileRows] + 16, kStride);
  }
  const int64_t count = std::min(kHalves * kTileRows, work.positions - first);
  for (int64_t p = 0; p < count; ++p) {
    for (int v = 0; v < kVectors; ++v) {
      StoreSums(work, _mm512_load_si512(sums[p] + 16 * v), first + p, vector + v);
    }
  }
}

// Needs GemmMethod::depth_unit 4, depth_multiple kTileUnits and one byte per element and weight.
template <typename Tiles>
void MultiplyOnTiles(const GemmWork& work, Tiles* tiles) {
  TileConfig config;
  for (int tile = 0; tile < 8; ++tile) {
    config.rows[tile] = kTileRows;
    config.row_bytes[tile] = kTileBytes;
  }
  tiles->Configure(config);
  const int64_t vectors = (work.channels + 15) / 16;
  for (int64_t vector = 0; vector < vectors; vector += 2) {
    const bool two_vectors = vector + 1 < vectors;
    for (int64_t first = 0; first < work.positions; first += 2 * kTileRows) {
      const bool two_halves = first + kTileRows < work.positions;
      if (two_halves && two_vectors) MultiplyTiles<2, 2>(work, first, vector, tiles);
      if (two_halves && !two_vectors) MultiplyTiles<2, 1>(work, first, vector, tiles);
      if (!two_halves && two_vectors) MultiplyTiles<1, 2>(work, first, vector, tiles);
      if (!two_halves && !two_vectors) MultiplyTiles<1, 1>(work, first, vector, tiles);
    }
  }
  tiles->Release();
}

#pragma GCC pop_options

}  // namespace axlut
