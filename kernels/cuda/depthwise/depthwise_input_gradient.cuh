// SPDX-License-Identifier: MIT
// The depthwise convolution's gradient by its input. As in the forward kernel consecutive threads
// compute consecutive channels; the outputs of one thread are stride_w columns apart, so that a tap
// of the filter meets the output gradient for all of them or for none, in consecutive columns.
#pragma once

#include "kernels/cuda/depthwise/depthwise_params.h"
#include "kernels/cuda/multiply.cuh"
#include "kernels/cuda/operands.cuh"

namespace axlut::AXLUT_GPU_TARGET {

// The position at which a tap's window starts: numerator / stride, for numerators that go down from
// tap to tap. Two's complement has no floor division, and none is needed in the loop.
class StridedPosition {
 public:
  __device__ StridedPosition(int32_t numerator, int32_t dilation, int32_t stride)
      : stride_(stride), step_(dilation / stride), remainder_step_(dilation % stride) {
    position_ = numerator / stride;
    remainder_ = numerator % stride;  // numerator >= 0
  }

  __device__ bool IsWhole() const { return remainder_ == 0; }
  __device__ int32_t position() const { return position_; }  // rounded down, may be negative
  __device__ void NextTap() {
    position_ -= step_;
    remainder_ -= remainder_step_;
    if (remainder_ < 0) {
      remainder_ += stride_;
      --position_;
    }
  }

 private:
  int32_t stride_, step_, remainder_step_;
  int32_t position_, remainder_;
};

// One row of one channel of the output gradient.
struct GradientRow {
  int32_t first = 0;  // index of column 0
  int32_t width = 0;
  int32_t channels = 0;

  __device__ bool Contains(int32_t x) const {
    return static_cast<uint32_t>(x) < static_cast<uint32_t>(width);
  }
  // Something where there is no column x: loads behind branches would wait for each other.
  __device__ uint32_t Pattern(const OperandReader& reader, int32_t x) const {
    return reader.Pattern(static_cast<uint32_t>(Contains(x) ? first + x * channels : 0));
  }
};

// What one thread works with. Taps that meet no output gradient add nothing, not even to the zero
// points' part of a sum, so every output has its own.
template <typename Multiply, typename Acc>
struct DepthwiseGradientTile {
  Multiply multiply;
  OperandReader a;
  OperandReader b;
  ZeroPointTerms<Acc> zeros;
  Acc sums[kDepthwiseTile] = {};

  // of_b: zeros.OfB of the code of pattern_b.
  __device__ void Add(int t, uint32_t pattern_a, uint32_t pattern_b, Acc of_b) {
    sums[t] +=
        static_cast<Acc>(multiply(pattern_a, pattern_b)) + of_b + zeros.OfA(a.Code(pattern_a));
  }
};

// Adds one row of the filter, stride_w and dilation_w being 1. x: the output column whose first tap
// meets the first input.
template <int kKernelW, typename Tile>
__device__ inline void AddKnownGradientRow(const DepthwiseParams& p, const GradientRow& row,
                                           int32_t x, int32_t b, Tile* tile) {
  constexpr int kCount = kDepthwiseTile + kKernelW - 1;
  uint32_t patterns[kCount];
#pragma unroll
  for (int k = 0; k < kCount; ++k) {
    patterns[k] = row.Pattern(tile->a, x + k - (kKernelW - 1));
  }
#pragma unroll
  for (int j = 0; j < kKernelW; ++j) {
    const uint32_t pattern_b = tile->b.Pattern(static_cast<uint32_t>(b + j * p.out_c));
    const auto of_b = tile->zeros.OfB(tile->b.Code(pattern_b));
#pragma unroll
    for (int t = 0; t < kDepthwiseTile; ++t) {
      if (row.Contains(x + t - j)) tile->Add(t, patterns[t + kKernelW - 1 - j], pattern_b, of_b);
    }
  }
}

// numerator: of the first input's column, see StridedPosition.
template <typename Tile>
__device__ inline void AddAnyGradientRow(const DepthwiseParams& p, const GradientRow& row,
                                         int32_t numerator, int32_t b, Tile* tile) {
  StridedPosition x(numerator, p.dilation_w, p.stride_w);
  for (int32_t j = 0; j < p.kernel_w; ++j, x.NextTap()) {
    if (!x.IsWhole()) continue;
    uint32_t patterns[kDepthwiseTile];
#pragma unroll
    for (int t = 0; t < kDepthwiseTile; ++t) patterns[t] = row.Pattern(tile->a, x.position() + t);
    const uint32_t pattern_b = tile->b.Pattern(static_cast<uint32_t>(b + j * p.out_c));
    const auto of_b = tile->zeros.OfB(tile->b.Code(pattern_b));
#pragma unroll
    for (int t = 0; t < kDepthwiseTile; ++t) {
      if (row.Contains(x.position() + t)) tile->Add(t, patterns[t], pattern_b, of_b);
    }
  }
}

// Item: (n, h, tile of w, c), c fastest. A tile starts at column first_w and has the columns
// first_w + t * stride_w; there are `phases` tiles per kDepthwiseTile * stride_w columns. kKernelW:
// that of the shape, whose stride_w and dilation_w are 1; or 0 for any.
template <typename Multiply, typename Acc, int kKernelW>
__global__ void __launch_bounds__(kDepthwiseThreads, 4) DepthwiseInputGradient(DepthwiseParams p) {
  uint32_t item = blockIdx.x * kDepthwiseThreads + threadIdx.x;
  if (item >= p.items) return;
  const int32_t c = static_cast<int32_t>(item % static_cast<uint32_t>(p.in_c));
  item /= static_cast<uint32_t>(p.in_c);
  const int32_t tile_w = static_cast<int32_t>(item % static_cast<uint32_t>(p.items_w));
  item /= static_cast<uint32_t>(p.items_w);
  const int32_t h = static_cast<int32_t>(item % static_cast<uint32_t>(p.in_h));
  const int32_t n = static_cast<int32_t>(item / static_cast<uint32_t>(p.in_h));
  const int32_t w = tile_w / p.phases * (kDepthwiseTile * p.stride_w) + tile_w % p.phases;

  const GpuQuantization quantization = LoadQuantization(p.call);
  DepthwiseGradientTile<Multiply, Acc> tile = {
      Multiply(p.table), OperandReader(p.call.a, quantization.a),
      OperandReader(p.call.b, quantization.b),
      ZeroPointTerms<Acc>(p.call, quantization, 0, p.table.min_product)};
  StridedPosition y(h + p.pad_top, p.dilation_h, p.stride_h);
  for (int32_t i = 0; i < p.kernel_h; ++i, y.NextTap()) {
    if (!y.IsWhole() || y.position() < 0 || y.position() >= p.out_h) continue;
    for (int32_t o = c * p.multiplier; o < (c + 1) * p.multiplier; ++o) {
      GradientRow row;
      row.first = (n * p.out_h + y.position()) * p.out_w * p.out_c + o;
      row.width = p.out_w;
      row.channels = p.out_c;
      const int32_t b = i * p.kernel_w * p.out_c + o;
      if constexpr (kKernelW > 0) {
        AddKnownGradientRow<kKernelW>(p, row, w + p.pad_left, b, &tile);
      } else {
        AddAnyGradientRow(p, row, w + p.pad_left, b, &tile);
      }
    }
  }

#pragma unroll
  for (int t = 0; t < kDepthwiseTile; ++t) {
    const int32_t column = w + t * p.stride_w;
    if (column >= p.in_w) break;
    const int32_t index = ((n * p.in_h + h) * p.in_w + column) * p.in_c + c;
    StoreSum(p.call, quantization, static_cast<uint32_t>(index), static_cast<uint32_t>(c),
             tile.sums[t]);
  }
}

}  // namespace axlut::AXLUT_GPU_TARGET
