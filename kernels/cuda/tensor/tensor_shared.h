// SPDX-License-Identifier: MIT
// Sizes of the tensor family's blocks, and what they hold in shared memory: launchers need to know.
#pragma once

#include <cstdint>

#include "kernels/cuda/tensor/tensor_params.h"

namespace axlut {

// Of both kernels that map operands.
constexpr int kTensorMapThreads = 256;
// Of one block; blockIdx.y counts groups of so many terms.
constexpr int kTensorMapTerms = 16;
// Of TensorMapColumns: threads of a block along the rows, which lie side by side in memory.
constexpr int kTensorMapColumnLanes = 32;
constexpr int kTensorMapColumnWords = kTensorMapThreads / kTensorMapColumnLanes;

// A map is 64 words: two per bank, so that lanes that read any 32 entries conflict at most once.
struct TensorMapShared {
  uint8_t maps[kTensorMapTerms][256];
  int32_t offsets[256];
  TensorSums partial[kTensorMapColumnWords][kTensorMapColumnLanes];
};

// Of TensorGemm: eight warps, four along the rows and two along the columns, 32 x 32 outputs each.
constexpr int kTensorThreads = 256;
constexpr int kTensorRows = 128;
constexpr int kTensorColumns = 64;
constexpr int kTensorChunk = 64;  // bytes of k that are staged together
constexpr int kTensorRowWords = kTensorChunk / 4;
constexpr int kTensorWarpColumns = 2;
constexpr int kTensorWarpTile = 32;

// Rows of kTensorChunk bytes without gaps, permuted by TileWord (tensor_tile.cuh).
struct TensorStage {
  alignas(16) uint32_t a[kTensorRows * kTensorRowWords];
  alignas(16) uint32_t b[kTensorColumns * kTensorRowWords];
};

// The outputs of a block.
struct TensorTile {
  int64_t matrix;
  int32_t first_row, first_column;
};

// Where the window of a row begins.
struct TensorRow {
  int32_t image_pixel;  // the image's first pixel
  int32_t y, x;         // of the window in it, may be negative
};

// What is added to a row's and a column's products.
struct TensorRowSums {
  int64_t offsets;
  int64_t codes;
};
struct TensorColumnSums {
  int64_t offsets;  // and all else that depends on the column alone
  int32_t zero;     // operand value of b, or 0
};

// Of 16 rows of a warp's tile. Threads write pairs of words, of 4 rows at once: no bank twice.
constexpr int kTensorSumsPitch = 40;

struct TensorShared {
  union {
    TensorStage stages[2];
    int32_t sums[kTensorThreads / 32][16][kTensorSumsPitch];
  };
  TensorTile tile;
  TensorRow rows[kTensorRows];
  int32_t columns[kTensorColumns];  // clamped, see ClampedIndex
  TensorRowSums row_sums[kTensorRows];
  TensorColumnSums column_sums[kTensorColumns];
};

}  // namespace axlut
