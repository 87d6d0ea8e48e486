// SPDX-License-Identifier: MIT
// Parameters of the depthwise kernels.
#pragma once

#include <cstdint>

#include "kernels/cuda/call_params.h"

namespace axlut {

inline constexpr int kDepthwiseThreads = 256;
inline constexpr int kDepthwiseWarps = kDepthwiseThreads / 32;
// Neighbours in a row that one thread computes (filter gradient: sums up at a time).
inline constexpr int kDepthwiseTile = 4;
// Taps of a filter row that one thread of the filter gradient's general kernel computes.
inline constexpr int kDepthwiseTaps = 4;
// Columns of an output row that a thread of the filter gradient sums up before it turns to the next
// row: a multiple of the tile.
inline constexpr int kDepthwiseSegment = 64;

// Shared memory of the filter gradient.
template <int kTaps>
struct DepthwiseFilterShared {
  uint64_t sums[kDepthwiseWarps][kTaps][32];
};

// Planes: positions of a block, and of one of its threads per channel; most channels of a block;
// most columns of a band.
inline constexpr int kPlanesPositions = 128;
inline constexpr int kPlanesPerThread = kPlanesPositions / 32;
inline constexpr int kPlanesChannels = 32;
inline constexpr int kPlanesColumns = 64;

// Shared memory of the planes kernel; channels_per_block planes of plane_pitch bytes follow it.
template <typename Acc>
struct PlanesShared {
  // The pitch puts eight channels of four neighbours into 32 banks.
  Acc sums[kDepthwiseWarps][kPlanesPositions + 4];
};

// A Conv2dShape with groups == in_c. Coordinates of taps and indices of elements fit int32_t
// (GpuConv2d::Create checks).
struct DepthwiseParams {
  CallParams call;
  LookupParams table;
  int32_t batch = 0;
  int32_t in_h = 0, in_w = 0, in_c = 0;
  int32_t kernel_h = 0, kernel_w = 0;
  int32_t out_h = 0, out_w = 0, out_c = 0;
  int32_t stride_h = 1, stride_w = 1;
  int32_t dilation_h = 1, dilation_w = 1;
  int32_t pad_top = 0, pad_left = 0;
  int32_t multiplier = 1;  // out_c / in_c
  // How the work is cut, see each kernel.
  uint32_t items = 0;      // of one thread each
  int32_t items_w = 0;     // per row, or per row of the filter
  int32_t phases = 0;      // input gradient
  uint32_t segments = 0;   // filter gradient
  int32_t segments_w = 0;  // per output row
  // Planes.
  int32_t bands = 0, band_w = 0;  // of columns
  int32_t tiles_per_band = 0;
  int32_t channels_per_block = 0;
  int32_t plane_pitch = 0;  // bytes; an odd number of words, so that channels meet no conflict
};

}  // namespace axlut
