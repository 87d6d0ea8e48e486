// SPDX-License-Identifier: MIT
// The inner loops that depthwise kernels differ in. One channel of the input lies in a plane of
// bytes with its padding, so that every tap of the window is the same plane at another offset and
// neighbouring lanes are neighbouring output positions.
#pragma once

#include <cstdint>

#include "kernels/cpu/lookup/code_ops.h"
#include "kernels/cpu/prepared_lut.h"

namespace axlut {

// Output channels whose sums are held before they are stored, so that a store fills a cache line.
inline constexpr int64_t kDepthwiseChannels = 16;

// With place = offsets[k] + Lane(i), modulo 2^32:
//   sums[i] = sum over k < depth of scale * table[rows[k]][plane[place]]
//             + code_factor * ((code_plane[place] & code_mask) ^ code_flip).
// Lanes up to the next multiple of lane_unit are computed as well; what they read is allocated.
//
// Offsets are separable: that of tap (i, j) is the sum of a function of i and one of j. Kernel rows
// that are row_step apart read the same phase of the plane, so what they read overlaps.
struct DepthwiseSum {
  const uint8_t* rows = nullptr;        // LookupRows::row_of of the weights
  const uint8_t* plane = nullptr;       // indices
  const uint8_t* code_plane = nullptr;  // codes; the same plane where they are the indices
  const int64_t* offsets = nullptr;
  int64_t depth = 0;  // kernel_h * kernel_w
  int64_t kernel_w = 0;
  int64_t row_step = 0;
  int64_t lanes = 0;
  int32_t scale = 1;
  int32_t code_factor = 0;  // |code_factor| < 256
  uint8_t code_mask = 0;
  uint8_t code_flip = 0;
  uint32_t* sums = nullptr;
  void* scratch = nullptr;
};

// targets[i][first_channel + o] = or += sums[o * stride + i] + fixed[o], modulo 2^32, for i <
// lanes, o < channels.
struct DepthwiseStore {
  const uint32_t* sums = nullptr;
  int64_t stride = 0;
  int64_t lanes = 0;
  int64_t channels = 0;  // at most kDepthwiseChannels
  uint32_t fixed[kDepthwiseChannels];
  int32_t* const* targets = nullptr;
  int64_t first_channel = 0;
  bool add = false;
};

// One way to do it. `sums` and `scratch` are aligned to 64 bytes.
struct DepthwiseMethod {
  int64_t lane_unit;       // a power of two, at least 16
  int64_t max_lanes;       // of one call; a multiple of lane_unit
  int64_t max_code_lanes;  // the same with a code_factor
  int64_t scratch_bytes;
  // Around `sums` as many lanes as two rows of a phase lie apart may be overwritten.
  bool needs_margin;
  // Maps codes of planes to indices; null: rows must be indexed by codes.
  uint8_t (*map_codes)(const CodeBlock& block);
  // What a call costs beside its lookups: the loads of a row per tap, in lookups.
  int64_t row_cost;
  const uint8_t* lane_order;  // Lane(i) = i / lane_unit * lane_unit + lane_order[i % lane_unit]
  const LookupRows& (PreparedLut::*rows)(RowOperand operand) const;
  void (*sum)(const LookupRows& table, const DepthwiseSum& work);
  void (*store)(const DepthwiseStore& work);
  // out[c * stride + lane] = pointers[lane][c] for c < channels <= 64; lanes is a multiple of 16.
  void (*transpose)(const uint8_t* const* pointers, int64_t lanes, int64_t channels, uint8_t* out,
                    int64_t stride);
};

}  // namespace axlut
