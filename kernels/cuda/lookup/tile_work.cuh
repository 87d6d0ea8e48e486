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

// Fills A. A quad lies along k in memory (at k, k + 1, ... of a row) or across it (at rows row,
// row + 1, ...). places(row, k): of the quad that begins there, counted within the tile.
// The loop is not unrolled: a chunk's products take far longer than its loads.
template <typename TileShape, typename Source, typename Storage, typename PlacesAt>
__device__ inline void FillRows(bool along_k, const Source& source, Storage& storage,
                                const PlacesAt& places) {
  constexpr uint32_t kPerRow = kTileDepth / 4;
  constexpr uint32_t kPerK = TileShape::kRows / 4;
#pragma unroll 1
  for (uint32_t q = threadIdx.x; q < TileShape::kRows * kPerRow; q += TileShape::kThreads) {
    const uint32_t row = along_k ? q / kPerRow : q % kPerK * 4;
    const uint32_t k = along_k ? q % kPerRow * 4 : q / kPerK;
    const auto quad = source.Read(places(row, k));
    if (along_k) {
      storage.a[row][k / 4] = quad;
    } else {
#pragma unroll
      for (int i = 0; i < 4; ++i) Values(storage.a[row + i])[k] = Pick(quad, i);
    }
  }
}

// Fills B, in the same way. places(column, k).
template <typename TileShape, typename Source, typename Storage, typename PlacesAt>
__device__ inline void FillColumns(bool along_k, const Source& source, Storage& storage,
                                   const PlacesAt& places) {
  constexpr uint32_t kPerColumn = kTileDepth / 4;
  constexpr uint32_t kPerK = TileShape::kColumns / 4;
#pragma unroll 1
  for (uint32_t q = threadIdx.x; q < TileShape::kColumns * kPerColumn; q += TileShape::kThreads) {
    const uint32_t column = along_k ? q / kPerColumn : q % kPerK * 4;
    const uint32_t k = along_k ? q % kPerColumn * 4 : q / kPerK;
    const auto quad = source.Read(places(column, k));
    if (along_k) {
#pragma unroll
      for (int i = 0; i < 4; ++i) Values(storage.b[k + i])[column] = Pick(quad, i);
    } else {
      storage.b[k][column / 4] = quad;
    }
  }
}

}  // namespace axlut::AXLUT_GPU_TARGET
