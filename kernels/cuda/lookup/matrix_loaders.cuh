// SPDX-License-Identifier: MIT
// Tiles of plain matrices. They serve matrix products, dense layers, 1x1 convolutions, and the
// second operand of most others.
#pragma once

#include "kernels/cuda/lookup/tile_work.cuh"

namespace axlut::AXLUT_GPU_TARGET {

// How products along k are cut into chunks where no tap matters.
struct PlainChunks {
  static constexpr bool kIsMasked = false;
  template <typename Storage>
  __device__ static void BeginTile(const TileProductParams&, const TileWork&, Storage&) {}
  template <typename Storage>
  __device__ static uint32_t ChunkCount(const TileProductParams& p, const Storage&) {
    return p.grid.chunks;
  }
  template <typename Storage>
  __device__ static Chunk ChunkAt(const TileProductParams& p, const Storage&, uint32_t index) {
    const uint32_t k = index * kTileDepth;
    return {k, min(p.k - k, static_cast<uint32_t>(kTileDepth)), 0, 0};
  }
  __device__ static uint32_t OutOfRow(const TileProductParams& p, const TileWork& work,
                                      uint32_t row) {
    return work.group * p.out_group_stride + row * p.out_stride;
  }
};

// The quad of a matrix at line `line` (a row of A, a column of B) of `lines`, and at k of a chunk.
__device__ inline Places PlacesInMatrix(const MatrixParams& matrix, uint32_t group, uint32_t line,
                                        uint32_t lines, const Chunk& chunk, uint32_t k) {
  const int32_t lines_left = static_cast<int32_t>(lines - line);
  const int32_t k_left = static_cast<int32_t>(chunk.count - k);
  const bool along_k = matrix.k_is_contiguous;
  const uint32_t place =
      along_k ? line * matrix.stride + chunk.k + k : (chunk.k + k) * matrix.stride + line;
  const int32_t valid = along_k ? (lines_left > 0 ? k_left : 0) : (k_left > 0 ? lines_left : 0);
  return PlacesInLine(group * matrix.group_stride + place, matrix.is_aligned, valid);
}

// Rows of A are rows of a matrix.
struct MatrixRows : PlainChunks {
  template <typename Storage>
  __device__ static TileRow RowAt(const TileProductParams& p, const TileWork& work, uint32_t row,
                                  const Storage&) {
    return {0, 0, 0, OutOfRow(p, work, row)};
  }

  template <typename TileShape, typename Source, typename Storage>
  __device__ static void Fill(const TileProductParams& p, const TileWork& work, const Chunk& chunk,
                              const Source& source, Storage& storage) {
    const MatrixParams& a = p.a;
    FillRows<TileShape>(a.k_is_contiguous, source, storage, [&](uint32_t tile_row, uint32_t k) {
      return PlacesInMatrix(a, work.group, work.first_row + tile_row, p.m, chunk, k);
    });
  }
};

// Columns of B are columns of a matrix.
struct MatrixColumns {
  template <typename TileShape, typename Source, typename Storage>
  __device__ static void Fill(const TileProductParams& p, const TileWork& work, const Chunk& chunk,
                              const Source& source, Storage& storage) {
    const MatrixParams& b = p.b;
    FillColumns<TileShape>(
        b.k_is_contiguous, source, storage, [&](uint32_t tile_column, uint32_t k) {
          return PlacesInMatrix(b, work.group, work.first_column + tile_column, p.n, chunk, k);
        });
  }
};

}  // namespace axlut::AXLUT_GPU_TARGET
