// SPDX-License-Identifier: MIT
// The depthwise convolution. Consecutive threads compute consecutive channels, so that they read
// and write consecutive elements; a thread computes kDepthwiseTile neighbours of an output row with
// the filter's codes, and where the kernel's width is known the input's, in registers. The texture
// unit takes 8 clocks for the lookups of a warp, in which an SM starts 32 instructions: all the
// rest hides behind the lookups, but for the quantization of floats, which the known widths share.
#pragma once

#include "kernels/cuda/depthwise/depthwise_row.cuh"
#include "kernels/cuda/multiply.cuh"

namespace axlut::AXLUT_GPU_TARGET {

// What one thread works with. common: what all its outputs share.
template <typename Multiply, typename Acc>
struct DepthwiseForwardTile {
  Multiply multiply;
  OperandReader a;
  OperandReader b;
  ZeroPointTerms<Acc> zeros;
  int32_t live;  // how many of the tile's outputs exist; no lookups are spent on the rest
  Acc sums[kDepthwiseTile] = {};
  Acc common = 0;

  __device__ void Add(int t, uint32_t pattern_a, uint32_t pattern_b) {
    if (t < live) sums[t] += static_cast<Acc>(multiply(pattern_a, pattern_b));
    sums[t] += zeros.OfA(a.Code(pattern_a));
  }
};

// Adds one row of the window. x: of the first output's first tap. b: the index of the filter row's
// first code.
template <int kKernelW, int kStrideW, typename Tile>
__device__ inline void AddKnownRow(const DepthwiseParams& p, const InputRow& row, int32_t x,
                                   int32_t b, Tile* tile) {
  constexpr int kCount = (kDepthwiseTile - 1) * kStrideW + kKernelW;
  uint32_t patterns[kCount];
#pragma unroll
  for (int k = 0; k < kCount; ++k) patterns[k] = row.Pattern(x + k);
#pragma unroll
  for (int j = 0; j < kKernelW; ++j) {
    const uint32_t pattern_b = tile->b.Pattern(static_cast<uint32_t>(b + j * p.out_c));
    tile->common += tile->zeros.OfB(tile->b.Code(pattern_b));
#pragma unroll
    for (int t = 0; t < kDepthwiseTile; ++t) tile->Add(t, patterns[t * kStrideW + j], pattern_b);
  }
}

template <typename Tile>
__device__ inline void AddAnyRow(const DepthwiseParams& p, const InputRow& row, int32_t x,
                                 int32_t b, Tile* tile) {
  for (int32_t j = 0; j < p.kernel_w; ++j) {
    uint32_t patterns[kDepthwiseTile];
#pragma unroll
    for (int t = 0; t < kDepthwiseTile; ++t) {
      patterns[t] = row.Pattern(x + t * p.stride_w + j * p.dilation_w);
    }
    const uint32_t pattern_b = tile->b.Pattern(static_cast<uint32_t>(b + j * p.out_c));
    tile->common += tile->zeros.OfB(tile->b.Code(pattern_b));
#pragma unroll
    for (int t = 0; t < kDepthwiseTile; ++t) tile->Add(t, patterns[t], pattern_b);
  }
}

// Item: (n, y, tile of x, o), o fastest. kKernelW and kStrideW: those of the shape, whose
// dilation_w is 1; or 0 for any.
template <typename Multiply, typename Acc, int kKernelW, int kStrideW>
__global__ void __launch_bounds__(kDepthwiseThreads, 4) DepthwiseForward(DepthwiseParams p) {
  uint32_t item = blockIdx.x * kDepthwiseThreads + threadIdx.x;
  if (item >= p.items) return;
  const int32_t o = static_cast<int32_t>(item % static_cast<uint32_t>(p.out_c));
  item /= static_cast<uint32_t>(p.out_c);
  const int32_t x = static_cast<int32_t>(item % static_cast<uint32_t>(p.items_w)) * kDepthwiseTile;
  item /= static_cast<uint32_t>(p.items_w);
  const int32_t y = static_cast<int32_t>(item % static_cast<uint32_t>(p.out_h));
  const int32_t n = static_cast<int32_t>(item / static_cast<uint32_t>(p.out_h));

  const GpuQuantization quantization = LoadQuantization(p.call);
  DepthwiseForwardTile<Multiply, Acc> tile = {
      Multiply(p.table), OperandReader(p.call.a, quantization.a),
      OperandReader(p.call.b, quantization.b),
      ZeroPointTerms<Acc>(p.call, quantization, static_cast<uint32_t>(o), p.table.min_product),
      p.out_w - x};
  for (int32_t i = 0; i < p.kernel_h; ++i) {
    const InputRow row(p, tile.a, n, y * p.stride_h + i * p.dilation_h - p.pad_top,
                       o / p.multiplier);
    const int32_t first_x = x * p.stride_w - p.pad_left;
    const int32_t b = i * p.kernel_w * p.out_c + o;
    if constexpr (kKernelW > 0) {
      AddKnownRow<kKernelW, kStrideW>(p, row, first_x, b, &tile);
    } else {
      AddAnyRow(p, row, first_x, b, &tile);
    }
  }

  const uint32_t first = static_cast<uint32_t>(((n * p.out_h + y) * p.out_w + x) * p.out_c + o);
#pragma unroll
  for (int t = 0; t < kDepthwiseTile; ++t) {
    if (t >= tile.live) break;
    StoreSum(p.call, quantization, first + static_cast<uint32_t>(t * p.out_c),
             static_cast<uint32_t>(o), tile.sums[t] + tile.common);
  }
}

}  // namespace axlut::AXLUT_GPU_TARGET
