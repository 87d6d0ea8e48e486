// SPDX-License-Identifier: MIT
// The inner loop that table kernels differ in: many lanes indexing the same table row.
#pragma once

#include <cstdint>

#include "kernels/cpu/prepared_lut.h"

namespace axlut {

// sums[lane] = sum over k < depth of table[rows[k]][index[k * index_stride + lane]], modulo 2^32.
struct LookupSum {
  const uint8_t* rows = nullptr;   // codes of the row operand, already masked
  const uint8_t* index = nullptr;  // codes of the other operand
  int64_t index_stride = 0;
  int64_t depth = 0;
  int64_t lanes = 0;  // a multiple of LookupMethod::lane_unit, at most max_lanes
  uint32_t* sums = nullptr;
};

// One way to do it. `index` and `sums` are aligned to 64 bytes if lane_unit is 64.
struct LookupMethod {
  int64_t lane_unit;  // 16 is a multiple of it, or it of 16
  int64_t max_lanes;  // a multiple of 16 and of lane_unit
  const LookupRows& (PreparedLut::*rows)(RowOperand operand) const;
  void (*sum)(const LookupRows& table, const LookupSum& work);
};

}  // namespace axlut
