// SPDX-License-Identifier: MIT
// Operands on their way to tensor cores: codes become planes of mapped bytes, see tensor_params.h.
#pragma once

#include "kernels/cuda/cuda.cuh"
#include "kernels/cuda/operands.cuh"
#include "kernels/cuda/tensor/tensor_params.h"
#include "kernels/cuda/tensor/tensor_shared.h"

namespace axlut::AXLUT_GPU_TARGET {

// Four codes that are neighbours in k, and the sums of a row so far.
class TensorMapper {
 public:
  __device__ TensorMapper(const TensorMapParams& params, TensorMapShared* shared)
      : params_(params),
        shared_(*shared),
        first_term_(static_cast<int>(blockIdx.y) * kTensorMapTerms),
        terms_(params.terms - first_term_ < kTensorMapTerms ? params.terms - first_term_
                                                            : kTensorMapTerms) {
    for (int i = static_cast<int>(threadIdx.x); i < terms_ * 256; i += kTensorMapThreads) {
      shared_.maps[i / 256][i % 256] = params.maps[first_term_ * 256 + i];
    }
    for (int i = static_cast<int>(threadIdx.x); i < 256; i += kTensorMapThreads) {
      shared_.offsets[i] = params.offsets[i];
    }
    __syncthreads();
  }

  // Stores the word at `offset` of each plane: its first `count` bytes mapped, 0 above.
  // pattern_of(i) reads the pattern of byte i, code_of(pattern) its code.
  template <typename PatternOf>
  __device__ void StoreWord(int64_t offset, int count, const OperandReader& reader,
                            const PatternOf& pattern_of) {
    uint32_t patterns[4] = {0, 0, 0, 0};
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      if (i >= count) continue;
      patterns[i] = pattern_of(i);
      sums_.offsets += shared_.offsets[patterns[i]];
      sums_.codes += reader.Code(patterns[i]);
    }
    uint8_t* plane = params_.planes + first_term_ * params_.plane_bytes + offset;
    for (int t = 0; t < terms_; ++t, plane += params_.plane_bytes) {
      uint32_t word = 0;
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        if (i < count) word |= static_cast<uint32_t>(shared_.maps[t][patterns[i]]) << (8 * i);
      }
      *reinterpret_cast<uint32_t*>(plane) = word;
    }
  }

  __device__ TensorSums sums() const { return sums_; }
  // One group of terms writes the sums.
  __device__ bool WritesSums() const { return first_term_ == 0; }

 private:
  const TensorMapParams& params_;
  TensorMapShared& shared_;
  int first_term_;
  int terms_;
  TensorSums sums_ = {0, 0};
};

__device__ inline OperandReader TensorMapReader(const TensorMapParams& params) {
  const GpuQuantization quantization = LoadQuantization(params.call);
  return params.is_b ? OperandReader(params.call.b, quantization.b)
                     : OperandReader(params.call.a, quantization.a);
}

// An operand [rows][segment_depth], one segment: images, matrices whose k are neighbours. Blocks:
// x over rows, kTensorMapThreads / lanes in each, y over terms.
__global__ void __launch_bounds__(kTensorMapThreads) TensorMapRows(const TensorMapParams params) {
  TensorMapShared& shared = DynamicShared<TensorMapShared>();
  TensorMapper mapper(params, &shared);
  const OperandReader reader = TensorMapReader(params);
  const int lane = static_cast<int>(threadIdx.x) % params.lanes;
  const int64_t row = static_cast<int64_t>(blockIdx.x) * (kTensorMapThreads / params.lanes) +
                      static_cast<int>(threadIdx.x) / params.lanes;
  const bool is_row = row < params.rows + params.zero_rows;
  const bool is_zero = row >= params.rows;
  for (int k = 4 * lane; is_row && k < params.segment_bytes; k += 4 * params.lanes) {
    const int count = params.segment_depth - k;
    const auto first = static_cast<uint32_t>(is_zero ? 0 : row * params.segment_depth + k);
    uint32_t word = 0;
    if (params.reads_words && !is_zero && count > 0) {
      word = LoadReadOnly(static_cast<const uint32_t*>(reader.data) + first / 4);
    }
    mapper.StoreWord(row * params.segment_bytes + k, count, reader, [&](int i) {
      if (is_zero) return reader.ZeroPattern();
      if (params.reads_words) return word >> (8 * i) & reader.Mask();
      return reader.Pattern(first + static_cast<uint32_t>(i));
    });
  }
  TensorSums sums = mapper.sums();
  for (int distance = params.lanes / 2; distance > 0; distance /= 2) {
    sums.offsets += __shfl_xor_sync(0xffffffffu, sums.offsets, distance);
    sums.codes += __shfl_xor_sync(0xffffffffu, sums.codes, distance);
  }
  if (is_row && lane == 0 && mapper.WritesSums()) params.sums[row] = sums;
}

// An operand [matrices][segments][segment_depth][rows]: filters, matrices whose rows are
// neighbours. Blocks: x over tiles of kTensorMapColumnLanes rows of every matrix, y over terms, z
// over slices of a row.
__global__ void __launch_bounds__(kTensorMapThreads)
    TensorMapColumns(const TensorMapParams params) {
  TensorMapShared& shared = DynamicShared<TensorMapShared>();
  TensorMapper mapper(params, &shared);
  const OperandReader reader = TensorMapReader(params);
  const int lane = static_cast<int>(threadIdx.x) % kTensorMapColumnLanes;
  const int first_word = static_cast<int>(threadIdx.x) / kTensorMapColumnLanes;
  const int64_t tiles = (params.rows + kTensorMapColumnLanes - 1) / kTensorMapColumnLanes;
  const int64_t matrix = blockIdx.x / tiles;
  const int64_t row = blockIdx.x % tiles * kTensorMapColumnLanes + lane;
  const bool is_row = row < params.rows;
  const int64_t plane_row = matrix * params.rows + row;
  const int64_t matrix_depth = static_cast<int64_t>(params.segments) * params.segment_depth;
  const int row_bytes = params.segments * params.segment_bytes;
  const int begin = static_cast<int>(blockIdx.z) * params.slice_words;
  for (int word = first_word; is_row && word < params.slice_words; word += kTensorMapColumnWords) {
    const int offset = 4 * (begin + word);
    if (offset >= row_bytes) break;
    const int segment = offset / params.segment_bytes;
    const int k = offset % params.segment_bytes;
    const int64_t source_k = matrix * matrix_depth + segment * params.segment_depth + k;
    mapper.StoreWord(plane_row * row_bytes + offset, params.segment_depth - k, reader, [&](int i) {
      return reader.Pattern(static_cast<uint32_t>((source_k + i) * params.rows + row));
    });
  }
  shared.partial[first_word][lane] = mapper.sums();
  __syncthreads();
  if (first_word != 0 || !is_row || !mapper.WritesSums()) return;
  TensorSums sums = {0, 0};
  for (int i = 0; i < kTensorMapColumnWords; ++i) {
    sums.offsets += shared.partial[i][lane].offsets;
    sums.codes += shared.partial[i][lane].codes;
  }
  params.sums[blockIdx.z * params.slice_rows + plane_row] = sums;
}

}  // namespace axlut::AXLUT_GPU_TARGET
