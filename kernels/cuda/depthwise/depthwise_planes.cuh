// SPDX-License-Identifier: MIT
// The depthwise convolution with one table row per warp: the lanes of a warp compute neighbouring
// positions of one channel, whose weight is the same, so that a lookup reads 4 lines of the L1
// cache instead of about 31. The input of a block is quantized once, into planes in shared memory,
// where lanes read consecutive bytes; sums go through shared memory, too, and leave as whole
// sectors.
#pragma once

#include "kernels/cuda/depthwise/depthwise_params.h"
#include "kernels/cuda/depthwise/depthwise_row.cuh"
#include "kernels/cuda/multiply.cuh"

namespace axlut::AXLUT_GPU_TARGET {

// Where a block works: some positions of a band of columns of one image.
struct PlanesTile {
  int32_t n;
  int32_t first_x;         // of the band
  int32_t first_position;  // counted row by row within the band
  int32_t first_y;         // output row of first_position
  int32_t region_h, region_w;

  __device__ explicit PlanesTile(const DepthwiseParams& p) {
    const int32_t tile = static_cast<int32_t>(blockIdx.x);
    first_position = tile % p.tiles_per_band * kPlanesPositions;
    const int32_t band = tile / p.tiles_per_band;
    first_x = band % p.bands * p.band_w;
    n = band / p.bands;
    first_y = first_position / p.band_w;
    int32_t last_y = (first_position + kPlanesPositions - 1) / p.band_w;
    if (last_y >= p.out_h) last_y = p.out_h - 1;
    region_h = (last_y - first_y) * p.stride_h + (p.kernel_h - 1) * p.dilation_h + 1;
    region_w = (p.band_w - 1) * p.stride_w + (p.kernel_w - 1) * p.dilation_w + 1;
  }

  // Of position `index` of the tile: row and column of the output.
  __device__ int32_t Y(const DepthwiseParams& p, int32_t index) const {
    return (first_position + index) / p.band_w;
  }
  __device__ int32_t X(const DepthwiseParams& p, int32_t index) const {
    return first_x + (first_position + index) % p.band_w;
  }
};

// Fills the planes: a warp reads consecutive channels of one position of the input. Positions are
// counted without a division, which would cost more than the rest.
__device__ inline void StagePlanes(const DepthwiseParams& p, const PlanesTile& tile,
                                   const OperandReader& reader, int32_t first_c, int32_t count,
                                   uint8_t* planes) {
  const int32_t lane = static_cast<int32_t>(threadIdx.x % 32);
  if (lane >= count) return;
  const int32_t first_y = tile.first_y * p.stride_h - p.pad_top;
  const int32_t first_x = tile.first_x * p.stride_w - p.pad_left;
  int32_t y = 0;
  int32_t x = static_cast<int32_t>(threadIdx.x / 32);
  uint8_t* plane = planes + lane * p.plane_pitch;
  while (true) {
    for (; x >= tile.region_w; x -= tile.region_w) ++y;
    if (y >= tile.region_h) return;
    const InputRow row(p, reader, tile.n, first_y + y, first_c + lane);
    for (; x < tile.region_w; x += kDepthwiseWarps) {
      plane[y * tile.region_w + x] = static_cast<uint8_t>(row.Pattern(first_x + x));
    }
  }
}

// The sums of channel o for kCount positions 32 apart. plane: o's input; offsets: the positions'
// first taps in it.
template <int kCount, typename Acc>
__device__ inline void AddPlane(const DepthwiseParams& p, const PlanesTile& tile,
                                const OperandReader& reader_a, const OperandReader& reader_b,
                                const ZeroPointTerms<Acc>& zeros, const uint8_t* plane,
                                const int32_t (&offsets)[kPlanesPerThread], int32_t o, Acc* sums) {
  const L1Transposed16Multiply multiply(p.table);
  Acc products[kCount] = {};
  Acc common = 0;
  for (int32_t i = 0; i < p.kernel_h; ++i) {
    for (int32_t j = 0; j < p.kernel_w; ++j) {
      const uint32_t pattern_b =
          reader_b.Pattern(static_cast<uint32_t>((i * p.kernel_w + j) * p.out_c + o));
      common += zeros.OfB(reader_b.Code(pattern_b));
      const uint8_t* tap = plane + i * p.dilation_h * tile.region_w + j * p.dilation_w;
#pragma unroll
      for (int t = 0; t < kCount; ++t) {
        const uint32_t pattern_a = tap[offsets[t]];
        products[t] +=
            static_cast<Acc>(multiply(pattern_a, pattern_b)) + zeros.OfA(reader_a.Code(pattern_a));
      }
    }
  }
#pragma unroll
  for (int t = 0; t < kCount; ++t) sums[t * 32] = products[t] + common;
}

// Writes the finished sums of up to kDepthwiseWarps channels from first_o on.
template <typename Acc>
__device__ inline void StorePlanes(const DepthwiseParams& p, const PlanesTile& tile,
                                   const GpuQuantization& quantization,
                                   const PlanesShared<Acc>& shared, int32_t first_o,
                                   int32_t count) {
  const int32_t channel = static_cast<int32_t>(threadIdx.x) % kDepthwiseWarps;
  if (channel >= count) return;
  const int32_t o = first_o + channel;
  for (int32_t i = static_cast<int32_t>(threadIdx.x) / kDepthwiseWarps; i < kPlanesPositions;
       i += 32) {
    const int32_t y = tile.Y(p, i);
    const int32_t x = tile.X(p, i);
    if (y >= p.out_h) return;
    if (x >= p.out_w) continue;
    StoreSum(p.call, quantization,
             static_cast<uint32_t>(((tile.n * p.out_h + y) * p.out_w + x) * p.out_c + o),
             static_cast<uint32_t>(o), shared.sums[channel][i]);
  }
}

// Block: (n, band, tile) by channels_per_block output channels. Tables of 16-bit entries.
template <typename Acc>
__global__ void __launch_bounds__(kDepthwiseThreads, 4) DepthwisePlanes(DepthwiseParams p) {
  const int32_t lane = static_cast<int32_t>(threadIdx.x % 32);
  const int32_t warp = static_cast<int32_t>(threadIdx.x / 32);
  const PlanesTile tile(p);
  const int32_t first_o = static_cast<int32_t>(blockIdx.y) * p.channels_per_block;
  const int32_t count =
      p.out_c - first_o < p.channels_per_block ? p.out_c - first_o : p.channels_per_block;
  const int32_t first_c = first_o / p.multiplier;
  const int32_t last_c = (first_o + count - 1) / p.multiplier;

  auto& shared = DynamicShared<PlanesShared<Acc>>();
  uint8_t* const planes = reinterpret_cast<uint8_t*>(&shared + 1);
  const GpuQuantization quantization = LoadQuantization(p.call);
  const OperandReader reader_a(p.call.a, quantization.a);
  StagePlanes(p, tile, reader_a, first_c, last_c - first_c + 1, planes);
  __syncthreads();

  const OperandReader reader_b(p.call.b, quantization.b);
  // Lanes beyond the image's last row read what is there for its last position.
  const int32_t positions = p.out_h * p.band_w - tile.first_position;
  const int32_t live = (positions + 31) / 32;
  int32_t offsets[kPlanesPerThread];
  static_assert(kPlanesPerThread == 4);
#pragma unroll
  for (int t = 0; t < kPlanesPerThread; ++t) {
    int32_t i = t * 32 + lane;
    if (i >= positions) i = positions - 1;
    offsets[t] = (tile.Y(p, i) - tile.first_y) * p.stride_h * tile.region_w +
                 (tile.X(p, i) - tile.first_x) * p.stride_w;
  }
  for (int32_t done = 0; done < count; done += kDepthwiseWarps) {
    const int32_t o = first_o + done + warp;
    if (done + warp < count) {
      const ZeroPointTerms<Acc> zeros(p.call, quantization, static_cast<uint32_t>(o),
                                      p.table.min_product);
      const uint8_t* const plane = planes + (o / p.multiplier - first_c) * p.plane_pitch;
      Acc* const sums = &shared.sums[warp][lane];
      // The number is known where the sums are unrolled, so that lookups do not wait for each
      // other.
      if (live >= 4) {
        AddPlane<4>(p, tile, reader_a, reader_b, zeros, plane, offsets, o, sums);
      } else if (live == 3) {
        AddPlane<3>(p, tile, reader_a, reader_b, zeros, plane, offsets, o, sums);
      } else if (live == 2) {
        AddPlane<2>(p, tile, reader_a, reader_b, zeros, plane, offsets, o, sums);
      } else {
        AddPlane<1>(p, tile, reader_a, reader_b, zeros, plane, offsets, o, sums);
      }
    }
    __syncthreads();
    StorePlanes(p, tile, quantization, shared, first_o + done, count - done);
    __syncthreads();
  }
}

}  // namespace axlut::AXLUT_GPU_TARGET
