// SPDX-License-Identifier: MIT
// What comes on top of the products of tensor_gemm.cuh: offsets and zero points, and where sums go.
#pragma once

#include "kernels/cuda/cuda.cuh"
#include "kernels/cuda/operands.cuh"
#include "kernels/cuda/tensor/tensor_params.h"
#include "kernels/cuda/tensor/tensor_tile.cuh"

namespace axlut::AXLUT_GPU_TARGET {

__device__ inline void AddTensorSums(const TensorSums* sums, int slices, int64_t slice_rows,
                                     TensorSums* total) {
#pragma unroll 1
  for (int slice = 0; slice < slices; ++slice, sums += slice_rows) {
    total->offsets += sums->offsets;
    total->codes += sums->codes;
  }
}

// With zero points an output is, see SubtractZeroPoints,
//   sum T[a][b] - zero_b * (sum of codes of a - depth * zero code of a)
//               - zero_a * (sum of codes of b - depth * flip of b),
// zero_a and zero_b being operand values. These are the parts that depend on one side only.
__device__ inline TensorRowSums SumsOfRow(const TensorGemmParams& params, const TensorTile& tile,
                                          const TensorRow& row,
                                          const GpuQuantization& quantization) {
  TensorSums total = {0, 0};
#pragma unroll 1
  for (int32_t i = 0; i < params.window.kernel_h; ++i) {
#pragma unroll 1
    for (int32_t j = 0; j < params.window.kernel_w; ++j) {
      const int32_t pixel = PixelOfTap(params, row, i, j);
      AddTensorSums(
          params.a_sums + tile.matrix * params.a_matrix_sums + int64_t{pixel} * params.pixel_sums,
          params.a_slices, params.a_slice_rows, &total);
    }
  }
  return {total.offsets, total.codes - params.depth * quantization.a.zero_code};
}

__device__ inline TensorColumnSums SumsOfColumn(const TensorGemmParams& params,
                                                const TensorTile& tile, int32_t column,
                                                const GpuQuantization& quantization) {
  TensorSums total = {0, 0};
  AddTensorSums(params.b_sums + tile.matrix * params.b_matrix_rows + column, params.b_slices,
                params.b_slice_rows, &total);
  if (!params.call.subtract_zero_points) return {total.offsets, 0};
  const GpuRange& a = quantization.a;
  const GpuRange& b = quantization.b;
  const auto channel = static_cast<uint32_t>(tile.matrix * params.matrix_channels + column);
  const int64_t zero_a = a.zero_code - a.code_flip;
  return {total.offsets - zero_a * (total.codes - params.depth * b.code_flip),
          ZeroCodeB(params.call, quantization, channel) - b.code_flip};
}

// The sums of a block's tile are stored once per scale: what was stored before is then a part of
// the sum, as an integer even if floats are wanted in the end.
struct TensorPart {
  int32_t scale;
  bool is_first, is_last;
};

// One column of a block's tile on its way to memory.
class TensorOutput {
 public:
  // Takes the tile from shared memory, so that what follows from it does not sit in registers
  // while products are computed.
  __device__ TensorOutput(const TensorGemmParams& params, const TensorPart& part,
                          const TensorShared& shared, int column)
      : params_(params),
        row_sums_(shared.row_sums),
        column_sums_(shared.column_sums[column]),
        part_(part),
        rows_(shared.tile.first_column + column < params.columns
                  ? params.rows - shared.tile.first_row
                  : 0),
        index_(shared.tile.matrix * params.out_matrix +
               static_cast<int64_t>(shared.tile.first_row) * params.out_pitch +
               shared.tile.first_column + column) {
    if (params.call.sum != GpuSum::kFloat || !part.is_last || rows_ <= 0) return;
    const GpuQuantization quantization = LoadQuantization(params.call);
    const auto channel = static_cast<uint32_t>(shared.tile.matrix * params.matrix_channels +
                                               shared.tile.first_column + column);
    scale_a_ = quantization.a.scale;
    scale_b_ = ScaleB(params.call, quantization, channel);
  }

  // Of the output in `row` of the tile, if there is one. All arithmetic is modulo 2^64, so that a
  // product that wrapped modulo 2^32 is right in a sum of 32 bits.
  __device__ void Store(int row, int32_t product) const {
    if (row >= rows_) return;
    auto sum = static_cast<uint64_t>(static_cast<int64_t>(part_.scale) * product);
    if (part_.is_first) {
      const TensorRowSums& row_sums = row_sums_[row];
      sum += static_cast<uint64_t>(row_sums.offsets) + static_cast<uint64_t>(column_sums_.offsets) -
             static_cast<uint64_t>(row_sums.codes) * static_cast<uint64_t>(column_sums_.zero);
    }
    const int64_t index = index_ + static_cast<int64_t>(row) * params_.out_pitch;
    const bool adds = !part_.is_first || params_.call.add_to_out;
    if (params_.call.sum == GpuSum::kInt64) {
      uint64_t* out = static_cast<uint64_t*>(params_.call.out) + index;
      *out = adds ? *out + sum : sum;
      return;
    }
    uint32_t* out = static_cast<uint32_t*>(params_.call.out) + index;
    const uint32_t low = static_cast<uint32_t>(sum) + (adds ? *out : 0);
    if (params_.call.sum == GpuSum::kFloat && part_.is_last) {
      static_cast<float*>(params_.call.out)[index] =
          ScaledSum(scale_a_, scale_b_, static_cast<int32_t>(low));
    } else {
      *out = low;
    }
  }

 private:
  const TensorGemmParams& params_;
  const TensorRowSums* row_sums_;
  TensorColumnSums column_sums_;
  TensorPart part_;
  int32_t rows_;  // of the tile, none if the column is not one of the output
  int64_t index_;
  float scale_a_ = 0, scale_b_ = 0;
};

}  // namespace axlut::AXLUT_GPU_TARGET
