// SPDX-License-Identifier: MIT
// What one block works on at a time, and the two ways of filling the left-hand and the right-hand
// tile of operands, whichever dimension is contiguous in memory.
#pragma once

#include "kernels/cuda/lookup/quads.cuh"
#include "kernels/cuda/lookup/tile_product_params.h"

namespace axlut::AXLUT_GPU_TARGET {

// One item of a TileGrid.
struct TileWork {
  uint32_t first_row, first_column;
  uint32_t group, phase;
  uint32_t chunk_begin, chunk_end;  // chunks of kTileDepth products
};

// Products [k, k + count) of the dimension that is summed up; all of one tap if masked.
struct Chunk {
  uint32_t k;
  uint32_t count;
  int32_t tap_h, tap_w;  // counted within the phase; of masked products
};

template <typename TileShape>
__device__ inline TileWork DecodeWork(const TileGrid& grid, uint32_t item) {
  TileWork work;
  work.first_column = DivideAndRest(grid.tiles_n, &item) * TileShape::kColumns;
  work.first_row = DivideAndRest(grid.tiles_m, &item) * TileShape::kRows;
  const uint32_t split = DivideAndRest(grid.splits, &item);
  work.group = DivideAndRest(grid.groups, &item);
  work.phase = item;
  work.chunk_begin = split * grid.chunks_per_split;
  work.chunk_end = min(work.chunk_begin + grid.chunks_per_split, grid.chunks);
  return work;
}

// quad_at(row, k): the quad of A at k, k + 1, ..., both within the tile.
template <typename TileShape, typename Storage, typename QuadAt>
__device__ inline void FillRowsAlongK(Storage& storage, const QuadAt& quad_at) {
  constexpr int kPerRow = kTileDepth / 4;
  for (uint32_t q = threadIdx.x; q < TileShape::kRows * kPerRow; q += TileShape::kThreads) {
    storage.a[q / kPerRow][q % kPerRow] = quad_at(q / kPerRow, q % kPerRow * 4);
  }
}

// quad_at(row, k): the quad of A at rows row, row + 1, ...
template <typename TileShape, typename Storage, typename QuadAt>
__device__ inline void FillRowsAcrossK(Storage& storage, const QuadAt& quad_at) {
  constexpr int kPerK = TileShape::kRows / 4;
  for (uint32_t q = threadIdx.x; q < kTileDepth * kPerK; q += TileShape::kThreads) {
    const uint32_t row = q % kPerK * 4;
    const auto quad = quad_at(row, q / kPerK);
#pragma unroll
    for (int i = 0; i < 4; ++i) Values(storage.a[row + i])[q / kPerK] = Pick(quad, i);
  }
}

// quad_at(column, k): the quad of B at columns column, column + 1, ...
template <typename TileShape, typename Storage, typename QuadAt>
__device__ inline void FillColumnsAcrossK(Storage& storage, const QuadAt& quad_at) {
  constexpr int kPerK = TileShape::kColumns / 4;
  for (uint32_t q = threadIdx.x; q < kTileDepth * kPerK; q += TileShape::kThreads) {
    storage.b[q / kPerK][q % kPerK] = quad_at(q % kPerK * 4, q / kPerK);
  }
}

// quad_at(column, k): the quad of B at k, k + 1, ...
template <typename TileShape, typename Storage, typename QuadAt>
__device__ inline void FillColumnsAlongK(Storage& storage, const QuadAt& quad_at) {
  constexpr int kPerColumn = kTileDepth / 4;
  for (uint32_t q = threadIdx.x; q < TileShape::kColumns * kPerColumn; q += TileShape::kThreads) {
    const uint32_t k = q % kPerColumn * 4;
    const auto quad = quad_at(q / kPerColumn, k);
#pragma unroll
    for (int i = 0; i < 4; ++i) Values(storage.b[k + i])[q / kPerColumn] = Pick(quad, i);
  }
}

// Four neighbours of a line of `source` from index on, `valid` of which exist.
template <typename Source>
__device__ inline auto ReadQuad(const Source& source, uint32_t index, bool is_aligned,
                                int32_t valid) {
  if (is_aligned && valid >= 4) return source.Four(index);
  const auto at = [&](int32_t i) { return i < valid ? source.One(index + i) : source.Nothing(); };
  return MakeQuad(at(0), at(1), at(2), at(3));
}

}  // namespace axlut::AXLUT_GPU_TARGET
