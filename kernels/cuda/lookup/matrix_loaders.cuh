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
    const uint32_t base = work.group * a.group_stride;
    if (a.k_is_contiguous) {
      FillRowsAlongK<TileShape>(storage, [&](uint32_t tile_row, uint32_t k) {
        const uint32_t row = work.first_row + tile_row;
        const int32_t valid = row < p.m ? static_cast<int32_t>(chunk.count - k) : 0;
        return ReadQuad(source, base + row * a.stride + chunk.k + k, a.is_aligned, valid);
      });
    } else {
      FillRowsAcrossK<TileShape>(storage, [&](uint32_t tile_row, uint32_t k) {
        const uint32_t row = work.first_row + tile_row;
        const int32_t valid = k < chunk.count ? static_cast<int32_t>(p.m - row) : 0;
        return ReadQuad(source, base + (chunk.k + k) * a.stride + row, a.is_aligned, valid);
      });
    }
  }
};

// Columns of B are columns of a matrix.
struct MatrixColumns {
  template <typename TileShape, typename Source, typename Storage>
  __device__ static void Fill(const TileProductParams& p, const TileWork& work, const Chunk& chunk,
                              const Source& source, Storage& storage) {
    const MatrixParams& b = p.b;
    const uint32_t base = work.group * b.group_stride;
    if (b.k_is_contiguous) {
      FillColumnsAlongK<TileShape>(storage, [&](uint32_t tile_column, uint32_t k) {
        const uint32_t column = work.first_column + tile_column;
        const int32_t valid = column < p.n ? static_cast<int32_t>(chunk.count - k) : 0;
        return ReadQuad(source, base + column * b.stride + chunk.k + k, b.is_aligned, valid);
      });
    } else {
      FillColumnsAcrossK<TileShape>(storage, [&](uint32_t tile_column, uint32_t k) {
        const uint32_t column = work.first_column + tile_column;
        const int32_t valid = k < chunk.count ? static_cast<int32_t>(p.n - column) : 0;
        return ReadQuad(source, base + (chunk.k + k) * b.stride + column, b.is_aligned, valid);
      });
    }
  }
};

}  // namespace axlut::AXLUT_GPU_TARGET
