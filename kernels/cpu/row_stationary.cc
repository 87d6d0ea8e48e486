// SPDX-License-Identifier: MIT
#include "kernels/cpu/row_stationary.h"

namespace axlut {
namespace {

constexpr int kLanes = 8;

void SumEightLanes(const LookupRows& table, const LookupSum& work, int64_t lane) {
  uint32_t sums[kLanes] = {};
  const uint8_t* index = work.index + lane;
  for (int64_t k = 0; k < work.depth; ++k, index += work.index_stride) {
    const auto* row =
        reinterpret_cast<const uint32_t*>(table.data + work.rows[k] * table.row_bytes);
    for (int i = 0; i < kLanes; ++i) sums[i] += row[index[i]];
  }
  for (int i = 0; i < kLanes; ++i) work.sums[lane + i] = sums[i];
}

void Sum(const LookupRows& table, const LookupSum& work) {
  for (int64_t lane = 0; lane < work.lanes; lane += kLanes) SumEightLanes(table, work, lane);
}

}  // namespace

const LookupMethod kRowStationaryLookup = {16, 64, &PreparedLut::Words, &Sum};

}  // namespace axlut
