// SPDX-License-Identifier: MIT
// A table in shared memory: whole, or its high bytes first and then, once all products are summed
// up, its low bytes.
#pragma once

#include "kernels/cuda/lookup/tile_product_params.h"
#include "kernels/cuda/lookup/tile_storage.h"
#include "kernels/cuda/multiply.cuh"

namespace axlut::AXLUT_GPU_TARGET {

// Row b, column a: threads that share b, the weight, share a row and meet fewer bank conflicts.
template <typename Entry>
struct SharedMultiply {
  using Operand = uint8_t;
  using Product = uint32_t;
  using Sum = uint32_t;
  static constexpr int kPasses = 2 / sizeof(Entry);

  const unsigned char* table;
  uint32_t row_bytes;

  __device__ SharedMultiply(const TileProductParams& p, void* shared_table)
      : table(static_cast<const unsigned char*>(shared_table)),
        row_bytes(p.table_pitch * static_cast<uint32_t>(sizeof(Entry))) {}

  // The patterns' bits above the table's widths must be 0.
  __device__ Product operator()(uint32_t a, uint32_t b) const {
    return *reinterpret_cast<const Entry*>(table + (b * row_bytes + a * sizeof(Entry)));
  }
};

// What a block does before a pass over its products, and how their multiply is made. Most tables
// need nothing.
template <typename Multiply>
struct TableAccess {
  static constexpr int kPasses = 1;
  __device__ static Multiply Make(const TileProductParams& p, void*) { return Multiply(p.table); }
  __device__ static void Stage(const TileProductParams&, void*, int) {}
};

template <typename Entry>
struct TableAccess<SharedMultiply<Entry>> {
  static constexpr int kPasses = SharedMultiply<Entry>::kPasses;
  __device__ static SharedMultiply<Entry> Make(const TileProductParams& p, void* shared_table) {
    return SharedMultiply<Entry>(p, shared_table);
  }

  // Copies pass `pass` of the table. The block must not be reading it.
  __device__ static void Stage(const TileProductParams& p, void* shared_table, int pass) {
    const uint16_t* entries = static_cast<const uint16_t*>(p.table.entries);
    Entry* table = static_cast<Entry*>(shared_table);
    const int shift = pass + 1 < kPasses ? 8 : 0;
    // Powers of two, so neighbours of an even column are in its row. The image has 256 columns.
    for (uint32_t i = 2 * threadIdx.x; i < p.table_rows * p.table_columns; i += 2 * blockDim.x) {
      const uint32_t row = i >> p.width_a;
      const uint32_t column = i & (p.table_columns - 1);
      const uint32_t pair =
          LoadReadOnly(reinterpret_cast<const uint32_t*>(entries + row * 256 + column));
      table[row * p.table_pitch + column] = static_cast<Entry>((pair & 0xffff) >> shift);
      table[row * p.table_pitch + column + 1] = static_cast<Entry>(pair >> 16 >> shift);
    }
    __syncthreads();
  }
};

}  // namespace axlut::AXLUT_GPU_TARGET
