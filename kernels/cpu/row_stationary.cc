// SPDX-License-Identifier: MIT
#include "kernels/cpu/row_stationary.h"

#include <algorithm>

namespace axlut {
namespace {

constexpr int kLanes = 8;
// Rows of 512 or 1024 bytes that stay in a 32 KiB L1 cache while all lanes index them. Without this
// blocking nearly every product is an L2 access.
constexpr int64_t kRowBlock = 16;

// Products [first_k, last_k) of eight lanes.
template <typename Entry>
void SumEightLanes(const LookupRows& table, const LookupSum& work, int64_t first_k, int64_t last_k,
                   int64_t lane) {
  uint32_t sums[kLanes] = {};
  const uint8_t* index = work.index + first_k * work.index_stride + lane;
  for (int64_t k = first_k; k < last_k; ++k, index += work.index_stride) {
    const auto* row = reinterpret_cast<const Entry*>(table.data + work.rows[k] * table.row_bytes);
    for (int i = 0; i < kLanes; ++i) sums[i] += row[index[i]];
  }
  for (int i = 0; i < kLanes; ++i) work.sums[lane + i] += sums[i];
}

template <typename Entry>
void SumEntries(const LookupRows& table, const LookupSum& work) {
  std::fill(work.sums, work.sums + work.lanes, 0u);
  for (int64_t k = 0; k < work.depth; k += kRowBlock) {
    const int64_t last_k = std::min(work.depth, k + kRowBlock);
    for (int64_t lane = 0; lane < work.lanes; lane += kLanes) {
      SumEightLanes<Entry>(table, work, k, last_k, lane);
    }
  }
}

void Sum(const LookupRows& table, const LookupSum& work) {
  if (table.planes == 2) {
    SumEntries<uint16_t>(table, work);
  } else {
    SumEntries<uint32_t>(table, work);
  }
}

}  // namespace

const LookupMethod kRowStationaryLookup = {kLanes, 128, &PreparedLut::Words, &Sum};

}  // namespace axlut
