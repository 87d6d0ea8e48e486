// SPDX-License-Identifier: MIT
#include "kernels/cpu/lookup/row_stationary.h"

#include <algorithm>

#include "kernels/cpu/lookup/code_ops.h"
#include "kernels/cpu/lookup/lookup_store.h"

namespace axlut {
namespace {

constexpr int kLanes = 8;
// Rows of 512 or 1024 bytes that stay in a 32 KiB L1 cache while all lanes index them. Without this
// blocking nearly every product is an L2 access.
constexpr int64_t kRowBlock = 16;

// Products [first_k, last_k) of eight lanes.
template <typename Entry>
void SumEightLanes(const LookupRows& table, const LookupSum& work, const uint8_t* rows,
                   int64_t first_k, int64_t last_k, int64_t lane, uint32_t* out) {
  uint32_t sums[kLanes] = {};
  const uint8_t* index = work.index + first_k * work.index_stride + lane;
  for (int64_t k = first_k; k < last_k; ++k, index += work.index_stride) {
    const auto* row = reinterpret_cast<const Entry*>(table.data + rows[k] * table.row_bytes);
    for (int i = 0; i < kLanes; ++i) sums[i] += row[index[i]];
  }
  for (int i = 0; i < kLanes; ++i) out[lane + i] += sums[i];
}

template <typename Entry>
void SumEntries(const LookupRows& table, const LookupSum& work) {
  for (int64_t r = 0; r < work.row_count; ++r) {
    const uint8_t* rows = work.rows + r * work.row_stride;
    uint32_t* out = work.sums + r * work.sum_stride;
    std::fill(out, out + work.lanes, 0u);
    for (int64_t k = 0; k < work.depth; k += kRowBlock) {
      const int64_t last_k = std::min(work.depth, k + kRowBlock);
      for (int64_t lane = 0; lane < work.lanes; lane += kLanes) {
        SumEightLanes<Entry>(table, work, rows, k, last_k, lane, out);
      }
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

double Cost(const LookupRows&, int64_t) { return 0.3; }

}  // namespace

const LookupMethod kRowStationaryLookup = {kLanes,
                                           128,
                                           1,
                                           false,
                                           &PreparedLut::Words,
                                           &Sum,
                                           &Cost,
                                           &FinishCodes,
                                           &MapRowCodes,
                                           &CopyCodeRuns,
                                           &StoreTransposed<int32_t>,
                                           &StoreRows<int32_t>};

}  // namespace axlut
