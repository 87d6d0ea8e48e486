// SPDX-License-Identifier: MIT
// The tile of outputs that a block of tensor_gemm.cuh computes: which, and where its operands lie.
#pragma once

#include "kernels/cuda/cuda.cuh"
#include "kernels/cuda/tensor/tensor_params.h"
#include "kernels/cuda/tensor/tensor_shared.h"

namespace axlut::AXLUT_GPU_TARGET {

// Where word `word` of a row of a stage lies: 16-byte units are permuted by the row. So both the
// units that threads store and the words that warps read as fragments (8 rows x 16 bytes) touch
// every bank once. Repeats every eight rows.
__device__ inline int TileWord(int row, int word) {
  return row * kTensorRowWords + (word ^ ((row >> 1 & 3) << 2));
}

// The tile of this block; columns go first, so that blocks that run together share rows of a.
__device__ inline TensorTile TileOfBlock(const TensorGemmParams& params) {
  const auto columns = static_cast<uint32_t>(params.column_tiles);
  const auto rows = static_cast<uint32_t>(params.row_tiles);
  return {static_cast<int64_t>(blockIdx.x / columns / rows),
          static_cast<int32_t>(blockIdx.x / columns % rows) * kTensorRows,
          static_cast<int32_t>(blockIdx.x % columns) * kTensorColumns};
}

// Rows and columns beyond the last are computed as the last, and not stored.
__device__ inline int32_t ClampedIndex(int32_t index, int32_t count) {
  return index < count ? index : count - 1;
}

__device__ inline TensorRow WindowOfRow(const TensorWindow& window, int32_t row) {
  const int32_t image = row / (window.out_h * window.out_w);
  const int32_t position = row % (window.out_h * window.out_w);
  return {image * window.in_h * window.in_w,
          position / window.out_w * window.stride_h - window.pad_top,
          position % window.out_w * window.stride_w - window.pad_left};
}

// The pixel under tap (i, j), or zero_pixel.
__device__ inline int32_t PixelOfTap(const TensorGemmParams& params, const TensorRow& row,
                                     int32_t i, int32_t j) {
  const TensorWindow& window = params.window;
  const int32_t y = row.y + i * window.dilation_h;
  const int32_t x = row.x + j * window.dilation_w;
  const bool is_inside = static_cast<uint32_t>(y) < static_cast<uint32_t>(window.in_h) &&
                         static_cast<uint32_t>(x) < static_cast<uint32_t>(window.in_w);
  return is_inside ? row.image_pixel + y * window.in_w + x : params.zero_pixel;
}

// The k that a thread loads of every row: tap (i, j), byte `byte` of it. Goes on by whole chunks.
struct TensorTapCursor {
  int32_t byte, i, j;

  __device__ TensorTapCursor(const TensorGemmParams& params, int32_t first_byte)
      : byte(first_byte), i(0), j(0) {
    Normalize(params);
  }
  __device__ void NextChunk(const TensorGemmParams& params) {
    byte += kTensorChunk;
    Normalize(params);
  }
  __device__ bool IsInside(const TensorGemmParams& params) const {
    return i < params.window.kernel_h;
  }

 private:
  __device__ void Normalize(const TensorGemmParams& params) {
    while (byte >= params.tap_bytes) {
      byte -= params.tap_bytes;
      if (++j < params.window.kernel_w) continue;
      j = 0;
      ++i;
    }
  }
};

}  // namespace axlut::AXLUT_GPU_TARGET
