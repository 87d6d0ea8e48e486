// SPDX-License-Identifier: MIT
// The inner loops that depthwise kernels differ in. One channel of the input lies in a plane of
// bytes with its padding, so that every tap of the window is the same plane at another offset and
// neighbouring lanes are neighbouring output positions.
#pragma once

#include <cstdint>

#include "kernels/cpu/prepared_lut.h"

namespace axlut {

// Output channels whose sums are held before they are stored, so that a store fills a cache line.
inline constexpr int64_t kDepthwiseChannels = 16;

// sums[i] = sum over k < depth of table[rows[k]][plane[offsets[k] + Lane(i)]], modulo 2^32. Lanes
// up to the next multiple of lane_unit are computed as well; what they read is allocated.
struct DepthwiseSum {
  const uint8_t* rows = nullptr;  // codes of the weights, already masked
  const uint8_t* plane = nullptr;
  const int64_t* offsets = nullptr;
  int64_t depth = 0;
  int64_t lanes = 0;
  uint32_t* sums = nullptr;
};

// sums[i] = sum over k < depth of (plane[offsets[k] + Lane(i)] & mask) ^ flip.
struct DepthwiseCodeSum {
  const uint8_t* plane = nullptr;
  const int64_t* offsets = nullptr;
  int64_t depth = 0;
  int64_t lanes = 0;
  uint8_t mask = 0;
  uint8_t flip = 0;
  uint32_t* sums = nullptr;
};

// targets[i][o] = sums[o * stride + i] + fixed[o] + code_factor[o] * code_sums[o][i], modulo 2^32,
// for i < lanes, o < channels.
struct DepthwiseStore {
  const uint32_t* sums = nullptr;
  int64_t stride = 0;
  int64_t lanes = 0;
  int64_t channels = 0;  // at most kDepthwiseChannels
  bool add_code_sums = false;
  const uint32_t* code_sums[kDepthwiseChannels];  // these two are read for all channels or none
  int32_t code_factor[kDepthwiseChannels];
  uint32_t fixed[kDepthwiseChannels];
  int32_t* const* targets = nullptr;
  int64_t first_channel = 0;  // added to every target
};

// One way to do it. `sums` and `code_sums` are aligned to 64 bytes.
struct DepthwiseMethod {
  int64_t lane_unit;          // a power of two, at least 16
  int64_t max_lanes;          // of one call; a multiple of lane_unit
  const uint8_t* lane_order;  // Lane(i) = i / lane_unit * lane_unit + lane_order[i % lane_unit]
  const LookupRows& (PreparedLut::*rows)(RowOperand operand) const;
  void (*sum)(const LookupRows& table, const DepthwiseSum& work);
  void (*sum_codes)(const DepthwiseCodeSum& work);
  void (*store)(const DepthwiseStore& work);
};

}  // namespace axlut
