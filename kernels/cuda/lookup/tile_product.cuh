// SPDX-License-Identifier: MIT
// The tile loop of every product in lookup/: C = A x B, whatever a multiplication is and wherever
// operands come from.
//
//   Multiply     operator()(a, b) -> Product. Operand: what tiles hold (bit patterns in a uint8_t,
//                or a float). Sum: what products are added up in, in the order of k (uint32_t,
//                uint64_t, float).
//   Rows         loader of A: chunks of k, decoded rows, tiles (matrix_loaders.cuh and others)
//   Columns      loader of B: tiles
//   TileShape    a Tile
//
// Tiles of kTileDepth products go through shared memory; every thread adds up 4 x 4 outputs, four
// products along k at a time from eight words. Sums of operand codes for zero points come from the
// tiles, one row or column per thread.
#pragma once

#include <type_traits>

#include "kernels/cuda/lookup/shared_table.cuh"
#include "kernels/cuda/lookup/tile_work.cuh"

namespace axlut::AXLUT_GPU_TARGET {

// Steps along k between two loads of operands. ptxas begins all their table reads at once, which is
// too much for the registers where an address takes two.
template <typename Multiply>
inline constexpr int kStepsAtOnce = 4;
template <>
inline constexpr int kStepsAtOnce<L1Plain16Multiply> = 1;
template <>
inline constexpr int kStepsAtOnce<L1Transposed16Multiply> = 1;

template <typename Multiply, typename Rows, typename Columns, typename TileShape>
struct TileProduct {
  using Operand = typename Multiply::Operand;
  using Sum = typename Multiply::Sum;
  using Storage = TileStorage<Operand, TileShape>;
  using Access = TableAccess<Multiply>;
  static constexpr bool kHasCodes = sizeof(Operand) == 1;
  static constexpr bool kIsMasked = Rows::kIsMasked;

  // Outputs of a thread: rows FirstRow() + i * kRowThreads, columns 4 * ColumnQuad() + j.
  __device__ static uint32_t FirstRow() {
    return TileShape::kLanesAlongRows ? threadIdx.x % TileShape::kRowThreads
                                      : threadIdx.x / TileShape::kColumnThreads;
  }
  __device__ static uint32_t ColumnQuad() {
    return TileShape::kLanesAlongRows ? threadIdx.x / TileShape::kRowThreads
                                      : threadIdx.x % TileShape::kColumnThreads;
  }

  // Adds products [k_begin, k_end) of a chunk, one k at a time, to the rows in row_mask.
  __device__ static void AddSingly(const Multiply& multiply, const Storage& storage,
                                   uint32_t k_begin, uint32_t k_end, uint32_t row_mask,
                                   Sum (&sums)[4][4]) {
#pragma unroll 1
    for (uint32_t k = k_begin; k < k_end; ++k) {
      const Quad<Operand> b = storage.b[k][ColumnQuad()];
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        if (kIsMasked && (row_mask >> i & 1) == 0) continue;
        const auto a = Values(storage.a[FirstRow() + i * TileShape::kRowThreads])[k];
#pragma unroll
        for (int j = 0; j < 4; ++j) sums[i][j] += static_cast<Sum>(multiply(a, Pick(b, j)));
      }
    }
  }

  // Adds products [0, k_end) of a chunk, k_end being a multiple of 4.
  __device__ static void AddQuads(const Multiply& multiply, const Storage& storage, uint32_t k_end,
                                  Sum (&sums)[4][4]) {
    constexpr int kSteps = kStepsAtOnce<Multiply>;
#pragma unroll 1
    for (uint32_t k = 0; k < k_end; k += kSteps) {
      Quad<Operand> a[4], b[kSteps];
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        a[i] = storage.a[FirstRow() + i * TileShape::kRowThreads][k / 4];
        if constexpr (kSteps < 4) a[i] = From(a[i], k % 4);
      }
#pragma unroll
      for (int s = 0; s < kSteps; ++s) b[s] = storage.b[k + s][ColumnQuad()];
#pragma unroll
      for (int s = 0; s < kSteps; ++s) {
#pragma unroll
        for (int i = 0; i < 4; ++i) {
#pragma unroll
          for (int j = 0; j < 4; ++j) {
            sums[i][j] += static_cast<Sum>(multiply(Pick(a[i], s), Pick(b[s], j)));
          }
        }
      }
    }
  }

  // Which of the thread's rows have the chunk's tap.
  __device__ static uint32_t RowMask(const TileProductParams& p, const Storage& storage,
                                     const Chunk& chunk) {
    if constexpr (!kIsMasked) {
      return 15;
    } else {
      uint32_t mask = 0;
      for (int i = 0; i < 4; ++i) {
        const TileRow& row = storage.rows[FirstRow() + i * TileShape::kRowThreads];
        mask |= static_cast<uint32_t>(Rows::HasTap(p, row, chunk)) << i;
      }
      return mask;
    }
  }

  // The zero point of A times the codes of B belongs to rows that have the chunk's tap; where all
  // rows have all taps, AddCodes takes care of it.
  __device__ static void SubtractMaskedCodes(const Storage& storage, uint32_t row_mask,
                                             Sum (&sums)[4][4]) {
    const GpuRange& range = storage.quantization.a;
    const auto zero_a = static_cast<Sum>(range.zero_code - range.code_flip);
    if (zero_a == 0 || row_mask == 0) return;
    uint32_t codes[4] = {};
#pragma unroll 1
    for (int k = 0; k < kTileDepth; ++k) {
      const uint32_t flip = static_cast<uint32_t>(storage.quantization.b.code_flip) * 0x01010101u;
      const Quad<uint8_t> quad = {storage.b[k][ColumnQuad()].bits ^ flip};
#pragma unroll
      for (int j = 0; j < 4; ++j) codes[j] += Pick(quad, j);
    }
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      if ((row_mask >> i & 1) == 0) continue;
#pragma unroll
      for (int j = 0; j < 4; ++j) sums[i][j] -= zero_a * codes[j];
    }
  }

  // Adds the codes of row or column threadIdx.x of the tiles to *codes, counts a row's taps.
  __device__ static void AddCodes(const TileProductParams& p, const Chunk& chunk, Storage& storage,
                                  uint32_t* codes) {
    const uint32_t t = threadIdx.x;
    if (t < TileShape::kRows) {
#pragma unroll 4
      for (int q = 0; q < kTileDepth / 4; ++q) {
        *codes = CodeSum(storage.a[t][q], storage.quantization.a.code_flip, *codes);
      }
      if constexpr (kIsMasked) {
        if (Rows::HasTap(p, storage.rows[t], chunk)) storage.taps[t] += chunk.count;
      }
    } else if (!kIsMasked && t < TileShape::kRows + TileShape::kColumns) {
#pragma unroll 4
      for (int k = 0; k < kTileDepth; ++k) {
        *codes += Values(storage.b[k])[t - TileShape::kRows] ^
                  static_cast<uint32_t>(storage.quantization.b.code_flip);
      }
    }
  }

  __device__ static void AddChunk(const TileProductParams& p, const Multiply& multiply,
                                  const Chunk& chunk, bool is_last_pass, Storage& storage,
                                  uint32_t* codes, Sum (&sums)[4][4]) {
    const uint32_t row_mask = RowMask(p, storage, chunk);
    const uint32_t quads_end = row_mask == 15 ? chunk.count / 4 * 4 : 0;
    AddQuads(multiply, storage, quads_end, sums);
    AddSingly(multiply, storage, quads_end, chunk.count, row_mask, sums);
    if constexpr (kHasCodes) {
      if (!is_last_pass) return;
      AddCodes(p, chunk, storage, codes);
      if (kIsMasked && p.call.subtract_zero_points) SubtractMaskedCodes(storage, row_mask, sums);
    }
  }

  // After the pass over the high bytes.
  __device__ static void ShiftSums(Sum (&sums)[4][4]) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
#pragma unroll
      for (int j = 0; j < 4; ++j) sums[i][j] <<= 8;
    }
  }

  __device__ static void LoadChunk(const TileProductParams& p, const TileWork& work,
                                   const Chunk& chunk, Storage& storage) {
    const Source<Operand> source_a(p.call.a, storage.quantization.a);
    Rows::template Fill<TileShape>(p, work, chunk, source_a, storage);
    const Source<Operand> source_b(p.call.b, storage.quantization.b);
    Columns::template Fill<TileShape>(p, work, chunk, source_b, storage);
  }

  __device__ static void Run(const TileProductParams& p, const TileWork& work, void* table,
                             Storage& storage) {
    Rows::BeginTile(p, work, storage);
    for (uint32_t row = threadIdx.x; row < TileShape::kRows; row += TileShape::kThreads) {
      storage.rows[row] = work.first_row + row < p.m
                              ? Rows::RowAt(p, work, work.first_row + row, storage)
                              : TileRow{0, 0, 0, kNoOutput};
      storage.taps[row] = 0;
    }
    __syncthreads();
    const uint32_t chunk_end = min(work.chunk_end, Rows::ChunkCount(p, storage));
    const Multiply multiply = Access::Make(p, table);
    Sum sums[4][4] = {};
    uint32_t codes = 0;
#pragma unroll 1
    for (int pass = 0; pass < Access::kPasses; ++pass) {
      if constexpr (Access::kPasses > 1) {
        Access::Stage(p, table, pass);
        if (pass > 0) ShiftSums(sums);
      }
#pragma unroll 1
      for (uint32_t index = work.chunk_begin; index < chunk_end; ++index) {
        const Chunk chunk = Rows::ChunkAt(p, storage, index);
        LoadChunk(p, work, chunk, storage);
        __syncthreads();
        AddChunk(p, multiply, chunk, pass + 1 == Access::kPasses, storage, &codes, sums);
        __syncthreads();
      }
    }
    if constexpr (kHasCodes) {
      if (threadIdx.x < TileShape::kRows + TileShape::kColumns) {
        storage.code_sums[threadIdx.x] = codes;
      }
      __syncthreads();
    }
    if (work.chunk_begin < chunk_end || p.grid.splits.divisor == 1) {
      Store(p, work, chunk_end, storage, sums);
    }
    __syncthreads();  // before the next tile's rows are written
  }

 private:
  // All sums of a thread's outputs, corrected; where several blocks share an output, its part.
  __device__ static void Store(const TileProductParams& p, const TileWork& work, uint32_t chunk_end,
                               const Storage& storage, Sum (&sums)[4][4]) {
    const uint32_t k_begin = work.chunk_begin * kTileDepth;
    const uint32_t k_taps = min(chunk_end * kTileDepth, p.k) - min(k_begin, p.k);
#pragma unroll 1
    for (uint32_t i = 0; i < 4; ++i) {
      const uint32_t row = FirstRow() + i * TileShape::kRowThreads;
      const uint32_t taps = kIsMasked ? storage.taps[row] : k_taps;
      if (storage.rows[row].out != kNoOutput) StoreRow(p, work, row, taps, storage, sums[0]);
        // Registers cannot be indexed by a loop that stays one, so the next row's sums move up.
#pragma unroll
      for (int above = 0; above < 3; ++above) {
#pragma unroll
        for (int j = 0; j < 4; ++j) sums[above][j] = sums[above + 1][j];
      }
    }
  }

  __device__ static void StoreRow(const TileProductParams& p, const TileWork& work, uint32_t row,
                                  uint32_t taps, const Storage& storage, const Sum (&sums)[4]) {
#pragma unroll
    for (int j = 0; j < 4; ++j) {
      const uint32_t tile_column = 4 * ColumnQuad() + j;
      const uint32_t column = work.first_column + tile_column;
      const uint32_t out = storage.rows[row].out + column;
      if (column >= p.n) continue;
      if constexpr (kHasCodes) {
        const uint32_t channel = work.group * p.channel_group_stride + column;
        const uint64_t sum = Corrected(p, storage, channel, row, tile_column, taps, sums[j]);
        Write(p, storage, out, channel, sum);
      } else {
        static_cast<float*>(p.call.out)[out] = sums[j];
      }
    }
  }

  __device__ static uint64_t Corrected(const TileProductParams& p, const Storage& storage,
                                       uint32_t channel, uint32_t row, uint32_t tile_column,
                                       uint32_t taps, Sum products) {
    // A 32-bit sum is exact if kInt64 is asked for (grid.chunks_per_split), and may be negative.
    const uint64_t sum = static_cast<uint64_t>(
                             static_cast<int64_t>(static_cast<std::make_signed_t<Sum>>(products))) +
                         taps * static_cast<uint64_t>(int64_t{p.table.min_product});
    if (!p.call.subtract_zero_points) return sum;
    const uint32_t codes_b = kIsMasked ? 0 : storage.code_sums[TileShape::kRows + tile_column];
    return SubtractZeroPoints<uint64_t>(storage.quantization,
                                        ZeroCodeB(p.call, storage.quantization, channel), sum,
                                        storage.code_sums[row], codes_b, taps);
  }

  __device__ static void Write(const TileProductParams& p, const Storage& storage, uint32_t index,
                               uint32_t channel, uint64_t sum) {
    if (p.call.sum == GpuSum::kInt64) {
      if (p.grid.splits.divisor > 1) {
        atomicAdd(static_cast<unsigned long long*>(p.call.out) + index, sum);
      } else {
        StoreSum(p.call, storage.quantization, index, channel, sum);
      }
    } else if (p.grid.splits.divisor > 1) {
      atomicAdd(static_cast<uint32_t*>(p.call.out) + index, static_cast<uint32_t>(sum));
    } else {
      StoreSum(p.call, storage.quantization, index, channel, static_cast<uint32_t>(sum));
    }
  }
};

}  // namespace axlut::AXLUT_GPU_TARGET
