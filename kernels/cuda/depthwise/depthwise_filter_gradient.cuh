// SPDX-License-Identifier: MIT
// The depthwise convolution's gradient by its filter. The lanes of a warp compute consecutive
// elements of the filter; the warps of a block, and blocks with the same blockIdx.x, share the
// output positions among them. Their sums meet in shared memory, then by integer atomics: the order
// does not show. Sums are of 64 bits: there can be any number of positions.
#pragma once

#include "kernels/cuda/depthwise/depthwise_row.cuh"
#include "kernels/cuda/multiply.cuh"

namespace axlut::AXLUT_GPU_TARGET {

// What one thread works with. common: what all its taps share.
template <typename Multiply, int kTaps>
struct DepthwiseFilterTile {
  static constexpr int kCount = kTaps;
  Multiply multiply;
  OperandReader a;
  OperandReader b;
  ZeroPointTerms<uint64_t> zeros;
  int32_t live;  // how many of the tile's taps exist
  uint64_t sums[kTaps] = {};
  uint64_t common = 0;

  __device__ void Add(int j, uint32_t pattern_a, uint32_t pattern_b) {
    sums[j] += static_cast<uint64_t>(multiply(pattern_a, pattern_b)) + zeros.OfA(a.Code(pattern_a));
  }
};

// Adds one position, whose output gradient is `pattern_b`, if it exists.
template <typename Tile>
__device__ inline void AddPosition(const uint32_t* patterns_a, uint32_t pattern_b, bool exists,
                                   Tile* tile) {
  if (exists) tile->common += tile->zeros.OfB(tile->b.Code(pattern_b));
#pragma unroll
  for (int j = 0; j < Tile::kCount; ++j) {
    if (exists && j < tile->live) tile->Add(j, patterns_a[j], pattern_b);
  }
}

// Adds the first `count` of kDepthwiseTile positions. x: the input column of the first position's
// first tap. b: the index of its output gradient. kStrideW 0: any kernel. Loads do not depend on
// what exists, as in InputRow.
template <int kStrideW, typename Tile>
__device__ inline void AddPositions(const DepthwiseParams& p, const InputRow& row, int32_t x,
                                    int32_t b, int32_t count, Tile* tile) {
  uint32_t patterns_b[kDepthwiseTile];
#pragma unroll
  for (int t = 0; t < kDepthwiseTile; ++t) {
    patterns_b[t] = tile->b.Pattern(static_cast<uint32_t>(t < count ? b + t * p.out_c : b));
  }
  if constexpr (kStrideW > 0) {
    uint32_t patterns_a[(kDepthwiseTile - 1) * kStrideW + Tile::kCount];
#pragma unroll
    for (int k = 0; k < (kDepthwiseTile - 1) * kStrideW + Tile::kCount; ++k) {
      patterns_a[k] = row.Pattern(x + k);
    }
#pragma unroll
    for (int t = 0; t < kDepthwiseTile; ++t) {
      AddPosition(patterns_a + t * kStrideW, patterns_b[t], t < count, tile);
    }
  } else {
#pragma unroll
    for (int t = 0; t < kDepthwiseTile; ++t) {
      uint32_t patterns_a[Tile::kCount];
#pragma unroll
      for (int j = 0; j < Tile::kCount; ++j) {
        patterns_a[j] = row.Pattern(x + t * p.stride_w + j * p.dilation_w);
      }
      AddPosition(patterns_a, patterns_b[t], t < count, tile);
    }
  }
}

// The share of this warp: every so many segments of kDepthwiseSegment columns.
template <int kStrideW, typename Tile>
__device__ inline void AddSegments(const DepthwiseParams& p, int32_t i, int32_t first_j, int32_t o,
                                   Tile* tile) {
  for (uint32_t segment = blockIdx.y * kDepthwiseWarps + threadIdx.x / 32; segment < p.segments;
       segment += gridDim.y * kDepthwiseWarps) {
    const int32_t row_index = static_cast<int32_t>(segment / static_cast<uint32_t>(p.segments_w));
    const int32_t begin =
        static_cast<int32_t>(segment % static_cast<uint32_t>(p.segments_w)) * kDepthwiseSegment;
    const int32_t end = p.out_w - begin < kDepthwiseSegment ? p.out_w : begin + kDepthwiseSegment;
    const int32_t n = row_index / p.out_h;
    const int32_t y = row_index % p.out_h;
    const InputRow row(p, tile->a, n, y * p.stride_h + i * p.dilation_h - p.pad_top,
                       o / p.multiplier);
    for (int32_t x = begin; x < end; x += kDepthwiseTile) {
      AddPositions<kStrideW>(p, row, x * p.stride_w + first_j * p.dilation_w - p.pad_left,
                             (row_index * p.out_w + x) * p.out_c + o, end - x, tile);
    }
  }
}

__device__ inline void AtomicAddSum(const CallParams& call, uint32_t index, uint64_t sum) {
  if (call.sum == GpuSum::kInt64) {
    atomicAdd(static_cast<unsigned long long*>(call.out) + index,
              static_cast<unsigned long long>(sum));
  } else {
    atomicAdd(static_cast<unsigned int*>(call.out) + index, static_cast<unsigned int>(sum));
  }
}

// Item: (i, kTaps taps from first_j on, o), o fastest; 32 per block. Adds to
// `out`, int32_t or int64_t. kStrideW: that of the shape, whose kernel_w is kTaps and dilation_w is
// 1; or 0 for any.
template <typename Multiply, int kTaps, int kStrideW>
__global__ void __launch_bounds__(kDepthwiseThreads, kStrideW > 0 ? 3 : 4)
    DepthwiseFilterGradient(DepthwiseParams p) {
  const int32_t lane = static_cast<int32_t>(threadIdx.x % 32);
  const int32_t warp = static_cast<int32_t>(threadIdx.x / 32);
  uint32_t item = blockIdx.x * 32 + static_cast<uint32_t>(lane);
  const bool is_live = item < p.items;
  if (!is_live) item = 0;
  const int32_t o = static_cast<int32_t>(item % static_cast<uint32_t>(p.out_c));
  item /= static_cast<uint32_t>(p.out_c);
  const int32_t first_j = static_cast<int32_t>(item % static_cast<uint32_t>(p.items_w)) * kTaps;
  const int32_t i = static_cast<int32_t>(item / static_cast<uint32_t>(p.items_w));

  const GpuQuantization quantization = LoadQuantization(p.call);
  DepthwiseFilterTile<Multiply, kTaps> tile = {
      Multiply(p.table), OperandReader(p.call.a, quantization.a),
      OperandReader(p.call.b, quantization.b),
      ZeroPointTerms<uint64_t>(p.call, quantization, 0, p.table.min_product), p.kernel_w - first_j};
  if (is_live) AddSegments<kStrideW>(p, i, first_j, o, &tile);
  auto& shared = DynamicShared<DepthwiseFilterShared<kTaps>>();
#pragma unroll
  for (int j = 0; j < kTaps; ++j) shared.sums[warp][j][lane] = tile.sums[j] + tile.common;
  __syncthreads();
  for (int j = warp; j < kTaps; j += kDepthwiseWarps) {
    if (!is_live || j >= tile.live) continue;
    uint64_t sum = 0;
    for (int from = 0; from < kDepthwiseWarps; ++from) sum += shared.sums[from][j][lane];
    const int32_t tap = i * p.kernel_w + first_j + j;
    AtomicAddSum(p.call, static_cast<uint32_t>(tap * p.out_c + o), sum);
  }
}

}  // namespace axlut::AXLUT_GPU_TARGET
