// SPDX-License-Identifier: MIT
// Shapes of tiles and what a block keeps in shared memory, for kernels and launchers.
#pragma once

#include <cstdint>

#include "kernels/cuda/quantization.h"

namespace axlut {

inline constexpr int kTileDepth = 32;  // products along k per chunk

// A tile of outputs; each thread computes 4 x 4 of them. Lanes of a warp lie along the columns, or
// along the rows: then, with 128 rows, all lanes of a warp share their four columns.
template <int rows, int columns, bool lanes_along_rows>
struct Tile {
  static constexpr int kRows = rows;
  static constexpr int kColumns = columns;
  static constexpr bool kLanesAlongRows = lanes_along_rows;
  static constexpr int kRowThreads = rows / 4;
  static constexpr int kColumnThreads = columns / 4;
  static constexpr int kThreads = kRowThreads * kColumnThreads;
};

using SquareTile = Tile<64, 64, false>;
using SmallTile = Tile<32, 32, false>;     // for small products
using RowLanesTile = Tile<128, 32, true>;  // for tables through L1, a row per warp
using ColumnLanesTile = Tile<32, 128, false>;
// For tables in shared memory: of a large one only one block fits a multiprocessor, so it has to
// have many threads.
using SharedTile = Tile<128, 64, true>;

inline constexpr int kSumsToFloatThreads = 256;

// Four neighbours.
template <typename Operand>
struct alignas(4 * sizeof(Operand)) Quad {
  Operand values[4];
};
template <>
struct Quad<uint8_t> {
  uint32_t bits;  // the first in the lowest byte
};

// One row of a tile, decoded once per tile. What the numbers are is up to the loader.
struct alignas(16) TileRow {
  uint32_t base;
  int32_t y, x;
  uint32_t out;  // index of the row's first output; kNoOutput: none
};
inline constexpr uint32_t kNoOutput = 0xffffffffu;

// One dimension of a phase, see GradientDimension.
struct PhaseTaps {
  int32_t first;  // tap
  int32_t count;
  int32_t shift;  // output coordinate of tap `first` at the phase's first input coordinate
};

template <typename Operand, typename TileShape>
struct alignas(16) TileStorage {
  // An odd number of words per row, so that threads that read a column of A meet different banks.
  Quad<Operand> a[TileShape::kRows][kTileDepth / 4 + 1];     // [row][k]
  Quad<Operand> b[kTileDepth][TileShape::kColumns / 4 + 1];  // [k][column]
  TileRow rows[TileShape::kRows];
  uint32_t code_sums[TileShape::kRows + TileShape::kColumns];
  uint32_t taps[TileShape::kRows];  // that exist; of masked products
  GpuQuantization quantization;
  PhaseTaps phase_h, phase_w;
};

// Entries of a row of a table in shared memory, padded so that rows begin in different banks.
constexpr uint32_t SharedTablePitch(uint32_t columns, uint32_t entry_bytes) {
  return columns + 4 / entry_bytes;
}
constexpr uint32_t SharedTableBytes(uint32_t rows, uint32_t columns, uint32_t entry_bytes) {
  return (rows * SharedTablePitch(columns, entry_bytes) * entry_bytes + 15) / 16 * 16;
}

}  // namespace axlut
