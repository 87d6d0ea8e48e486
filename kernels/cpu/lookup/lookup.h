// SPDX-License-Identifier: MIT
// The inner loops that table kernels differ in: many lanes indexing the same table row, and what
// becomes of their sums.
#pragma once

#include <cstdint>

#include "kernels/cpu/lookup/code_ops.h"
#include "kernels/cpu/lookup/lookup_store.h"
#include "kernels/cpu/prepared_lut.h"

namespace axlut {

// For every row sequence r < row_count and every lane:
//   sums[r * sum_stride + slot of the lane] =
//       sum over k < depth of table[rows[r * row_stride + k]][index[k * index_stride + lane]],
// modulo 2^32. The slot is the lane itself unless LookupMethod::splits_lanes.
struct LookupSum {
  const uint8_t* rows = nullptr;  // row numbers
  int64_t row_stride = 0;
  int64_t row_count = 0;
  const uint8_t* index = nullptr;
  int64_t index_stride = 0;
  int64_t index_limit = 256;  // every index (modulo 256) of a lane that matters is below it
  int64_t depth = 0;
  int64_t lanes = 0;  // a multiple of LookupMethod::lane_unit, at most max_lanes
  uint32_t* sums = nullptr;
  int64_t sum_stride = 0;
};

// One way to do it. `index`, `sums` and their strides are aligned to 64 bytes if lane_unit is 64.
struct LookupMethod {
  int64_t lane_unit;  // 16 is a multiple of it, or it of 16
  int64_t max_lanes;  // a multiple of 16 and of lane_unit
  int64_t row_unit;   // row sequences are computed in multiples of it
  // Sums of the even lanes of every 64 come first, then those of the odd ones.
  bool splits_lanes;
  const LookupRows& (PreparedLut::*rows)(RowOperand operand) const;
  void (*sum)(const LookupRows& table, const LookupSum& work);
  // ns per lane and product when `lanes` lanes, a multiple of lane_unit, share a row.
  double (*cost)(const LookupRows& table, int64_t lanes);
  uint8_t (*finish_codes)(const CodeBlock& block);
  uint32_t (*map_row)(uint8_t* codes, int64_t length, const uint8_t* map, uint8_t mask,
                      uint8_t flip);
  void (*copy_runs)(const CodeCopy& copy);
  void (*store_transposed)(const LookupStore<int32_t>& store);
  void (*store_rows)(const LookupStore<int32_t>& store);
};

// Where the sum of `lane` lies if lanes are split.
constexpr int64_t SplitSlot(int64_t lane) { return lane / 64 * 64 + lane % 2 * 32 + lane % 64 / 2; }

}  // namespace axlut
