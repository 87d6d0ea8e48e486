// SPDX-License-Identifier: MIT
// The terms of a plan as one implicit matrix product on int8 tensor cores, offsets and zero points
// included. Operands come as planes of mapped bytes (tensor_map.cuh).
#pragma once

#include "kernels/cuda/cuda.cuh"
#include "kernels/cuda/operands.cuh"
#include "kernels/cuda/tensor/tensor_output.cuh"
#include "kernels/cuda/tensor/tensor_params.h"
#include "kernels/cuda/tensor/tensor_tile.cuh"

namespace axlut::AXLUT_GPU_TARGET {

// A product of 16 x 32 by 32 x 8 bytes in one instruction, from compute capability 8.0 on.
struct TensorMma16x8x32 {
  static __device__ void Run(int32_t (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
    MmaU8S8(d, a, b);
  }
};

// The same from the one shape that 7.5 has.
struct TensorMma8x8x16 {
  static __device__ void Run(int32_t (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
    int32_t low[2] = {d[0], d[1]};
    int32_t high[2] = {d[2], d[3]};
    MmaU8S8(low, a[0], b[0]);
    MmaU8S8(high, a[1], b[0]);
    MmaU8S8(low, a[2], b[1]);
    MmaU8S8(high, a[3], b[1]);
    d[0] = low[0];
    d[1] = low[1];
    d[2] = high[0];
    d[3] = high[1];
  }
};

// Moves chunks of both operands to shared memory, kUnit bytes at a time, by way of registers: while
// a chunk is multiplied the next one is on its way.
template <int kUnit>
class TensorLoader {
 public:
  __device__ TensorLoader(const TensorGemmParams& params, const TensorTile& tile,
                          const TensorShared& shared)
      : params_(params),
        shared_(shared),
        unit_(static_cast<int>(threadIdx.x) % kUnitsPerRow),
        first_row_(static_cast<int>(threadIdx.x) / kUnitsPerRow),
        a_(params.a + tile.matrix * params.a_matrix_bytes),
        b_(params.b + tile.matrix * params.b_matrix_rows * params.row_bytes),
        cursor_(params, unit_ * kUnit) {}

  // Past the end of k: zeros, which add nothing.
  __device__ void Load() {
    const bool is_inside = cursor_.IsInside(params_);
#pragma unroll
    for (int n = 0; n < kUnitsOfA; ++n) {
      a_units_[n] = Unit{};
      if (!is_inside) continue;
      const int32_t pixel =
          PixelOfTap(params_, shared_.rows[first_row_ + n * kRowStep], cursor_.i, cursor_.j);
      a_units_[n] =
          *reinterpret_cast<const Unit*>(a_ + int64_t{pixel} * params_.pixel_bytes + cursor_.byte);
    }
    const int32_t k =
        (cursor_.i * params_.window.kernel_w + cursor_.j) * params_.tap_bytes + cursor_.byte;
#pragma unroll
    for (int n = 0; n < kUnitsOfB; ++n) {
      b_units_[n] = Unit{};
      if (!is_inside) continue;
      const int32_t column = shared_.columns[first_row_ + n * kRowStep];
      b_units_[n] = *reinterpret_cast<const Unit*>(b_ + int64_t{column} * params_.row_bytes + k);
    }
  }

  __device__ void NextChunk() { cursor_.NextChunk(params_); }
  __device__ void NextTerm() {
    a_ += params_.a_plane_bytes;
    b_ += params_.b_plane_bytes;
    cursor_ = TensorTapCursor(params_, unit_ * kUnit);
  }

  __device__ void Store(TensorStage* stage) const {
#pragma unroll
    for (int n = 0; n < kUnitsOfA; ++n) {
      StoreUnit(stage->a, first_row_ + n * kRowStep, a_units_[n]);
    }
#pragma unroll
    for (int n = 0; n < kUnitsOfB; ++n) {
      StoreUnit(stage->b, first_row_ + n * kRowStep, b_units_[n]);
    }
  }

 private:
  struct alignas(kUnit) Unit {
    uint32_t words[kUnit / 4];
  };
  static constexpr int kUnitsPerRow = kTensorChunk / kUnit;
  static constexpr int kRowStep = kTensorThreads / kUnitsPerRow;
  static constexpr int kUnitsOfA = kTensorRows / kRowStep;
  static constexpr int kUnitsOfB = kTensorColumns / kRowStep;
  static_assert(kUnit <= 16, "TileWord would tear units apart");

  __device__ void StoreUnit(uint32_t* words, int row, const Unit& unit) const {
    *reinterpret_cast<Unit*>(words + TileWord(row, unit_ * (kUnit / 4))) = unit;
  }

  const TensorGemmParams& params_;
  const TensorShared& shared_;
  int unit_, first_row_;
  const uint8_t* a_;
  const uint8_t* b_;
  TensorTapCursor cursor_;
  Unit a_units_[kUnitsOfA];
  Unit b_units_[kUnitsOfB];
};

// The 32 x 32 outputs of a warp: 2 x 4 products of 16 x 8.
template <typename Mma>
class TensorWarpProduct {
 public:
  __device__ TensorWarpProduct()
      : row_(static_cast<int>(threadIdx.x) / 32 / kTensorWarpColumns * kTensorWarpTile),
        column_(static_cast<int>(threadIdx.x) / 32 % kTensorWarpColumns * kTensorWarpTile),
        quad_(static_cast<int>(threadIdx.x) % 32 / 4),
        quad_lane_(static_cast<int>(threadIdx.x) % 4) {
#pragma unroll
    for (int i = 0; i < kTensorChunk / 16; ++i) words_[i] = TileWord(quad_, 4 * i + quad_lane_);
    Clear();
  }

  __device__ void Clear() {
#pragma unroll
    for (auto& blocks : sums_) {
#pragma unroll
      for (auto& block : blocks) {
#pragma unroll
        for (int32_t& sum : block) sum = 0;
      }
    }
  }

  __device__ void Multiply(const TensorStage& stage) {
    const uint32_t* const rows = stage.a + row_ * kTensorRowWords;
    const uint32_t* const columns = stage.b + column_ * kTensorRowWords;
#pragma unroll
    for (int step = 0; step < kTensorChunk / 32; ++step) {
      const int low = words_[2 * step];
      const int high = words_[2 * step + 1];
      uint32_t a[kRowBlocks][4];
#pragma unroll
      for (int m = 0; m < kRowBlocks; ++m) {
        const uint32_t* const block = rows + 16 * m * kTensorRowWords;
        a[m][0] = block[low];
        a[m][1] = block[low + 8 * kTensorRowWords];
        a[m][2] = block[high];
        a[m][3] = block[high + 8 * kTensorRowWords];
      }
#pragma unroll
      for (int n = 0; n < kColumnBlocks; ++n) {
        const uint32_t* const block = columns + 8 * n * kTensorRowWords;
        const uint32_t b[2] = {block[low], block[high]};
#pragma unroll
        for (int m = 0; m < kRowBlocks; ++m) Mma::Run(sums_[m][n], a[m], b);
      }
    }
  }

  // The sums of rows 16 m to 16 m + 15 of the warp's tile.
  __device__ void CopyRows(int m, int32_t (*rows)[kTensorSumsPitch]) const {
#pragma unroll
    for (int n = 0; n < kColumnBlocks; ++n) {
      const int column = 8 * n + 2 * quad_lane_;
      const int32_t(&block)[4] = sums_[m][n];
      *reinterpret_cast<Pair*>(&rows[quad_][column]) = {block[0], block[1]};
      *reinterpret_cast<Pair*>(&rows[quad_ + 8][column]) = {block[2], block[3]};
    }
  }

  __device__ int row() const { return row_; }
  __device__ int column() const { return column_; }
  static constexpr int kRowBlocks = kTensorWarpTile / 16;

 private:
  struct alignas(8) Pair {
    int32_t low, high;
  };
  static constexpr int kColumnBlocks = kTensorWarpTile / 8;

  int row_, column_;
  int quad_, quad_lane_;  // lane / 4, lane % 4: the rows and words of fragments
  // Of this thread in eight rows, every 16 bytes; in the next eight rows it is the same.
  int words_[kTensorChunk / 16];
  int32_t sums_[kRowBlocks][kColumnBlocks][4];
};

// So many products of 255 * -128 fit an int32_t; a multiple of kTensorChunk.
constexpr int kTensorExactProducts = 65536;

// The chunks of all terms, one after the other, and where sums must be stored on the way: before
// the scale changes, and before exact sums of 64 bits could leave 32.
class TensorProgress {
 public:
  __device__ explicit TensorProgress(const TensorGemmParams& params)
      : params_(params),
        chunks_((params.row_bytes + kTensorChunk - 1) / kTensorChunk),
        is_exact_(params.call.sum == GpuSum::kInt64) {}

  __device__ bool IsLastOfTerm() const { return chunk_ + 1 == chunks_; }
  __device__ bool IsLast() const { return IsLastOfTerm() && term_ + 1 == params_.terms; }
  __device__ bool MustStore() const {
    if (IsLastOfTerm() &&
        (term_ + 1 == params_.terms || params_.scales[term_ + 1] != params_.scales[term_])) {
      return true;
    }
    return is_exact_ && products_ + 2 * kTensorChunk > kTensorExactProducts;
  }
  __device__ TensorPart Part() const { return {params_.scales[term_], is_first_part_, IsLast()}; }
  __device__ void Stored() {
    is_first_part_ = false;
    products_ = -kTensorChunk;
  }
  template <typename Loader>
  __device__ void Next(Loader* loader) {
    products_ += kTensorChunk;
    if (IsLastOfTerm()) {
      chunk_ = 0;
      ++term_;
      loader->NextTerm();
    } else {
      ++chunk_;
      loader->NextChunk();
    }
  }

 private:
  const TensorGemmParams& params_;
  int chunks_;
  bool is_exact_;
  int term_ = 0, chunk_ = 0;
  int products_ = 0;  // in the sums, before the current chunk
  bool is_first_part_ = true;
};

// Stores the sums of a block's tile, 16 rows of each warp at a time. They go through the memory of
// both stages, so that a warp writes whole lines and needs few registers.
template <typename Mma>
__device__ inline void StoreSums(const TensorGemmParams& params, const TensorPart& part,
                                 const TensorWarpProduct<Mma>& product, TensorShared* shared) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
  auto& rows = shared->sums[threadIdx.x / 32];
  __syncthreads();
  const TensorOutput output(params, part, *shared, product.column() + lane);
#pragma unroll
  for (int m = 0; m < product.kRowBlocks; ++m) {
    product.CopyRows(m, rows);
    __syncwarp();
#pragma unroll 1
    for (int row = 0; row < 16; ++row) {
      output.Store(product.row() + 16 * m + row, rows[row][lane]);
    }
    __syncwarp();
  }
  __syncthreads();
}

// kUnit: 4 or 16, what pixels, taps and rows of planes are multiples of, in bytes. Blocks: x over
// tiles, see TensorTile.
template <typename Mma, int kUnit>
__global__ void __launch_bounds__(kTensorThreads, 2) TensorGemm(const TensorGemmParams params) {
  TensorShared& shared = DynamicShared<TensorShared>();
  const TensorTile tile = TileOfBlock(params);
  const auto thread = static_cast<int>(threadIdx.x);
  if (thread == 0) shared.tile = tile;
  if (thread < kTensorRows) {
    shared.rows[thread] =
        WindowOfRow(params.window, ClampedIndex(tile.first_row + thread, params.rows));
  } else if (thread < kTensorRows + kTensorColumns) {
    const int column = thread - kTensorRows;
    shared.columns[column] = ClampedIndex(tile.first_column + column, params.columns);
  }
  __syncthreads();

  TensorLoader<kUnit> loader(params, tile, shared);
  loader.Load();
  if (thread < kTensorRows + kTensorColumns) {
    const GpuQuantization quantization = LoadQuantization(params.call);
    if (thread < kTensorRows) {
      shared.row_sums[thread] = SumsOfRow(params, tile, shared.rows[thread], quantization);
    } else {
      const int column = thread - kTensorRows;
      shared.column_sums[column] = SumsOfColumn(params, tile, shared.columns[column], quantization);
    }
  }
  loader.Store(&shared.stages[0]);
  __syncthreads();

  TensorWarpProduct<Mma> product;
  TensorProgress progress(params);
  for (int stage = 0;; stage ^= 1) {
    const bool must_store = progress.MustStore();
    if (!must_store) {
      progress.Next(&loader);
      loader.Load();
    }
    product.Multiply(shared.stages[stage]);
    if (must_store) {
      StoreSums(params, progress.Part(), product, &shared);
      if (progress.IsLast()) return;
      product.Clear();
      progress.Stored();
      progress.Next(&loader);
      loader.Load();
    }
    // No warp reads the other stage any more: all have passed the last barrier.
    loader.Store(&shared.stages[stage ^ 1]);
    __syncthreads();
  }
}

}  // namespace axlut::AXLUT_GPU_TARGET
