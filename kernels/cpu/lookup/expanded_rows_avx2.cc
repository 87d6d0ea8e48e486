// SPDX-License-Identifier: MIT
#include "kernels/cpu/lookup/expanded_rows_avx2.h"

#include <algorithm>

#include "kernels/cpu/blocking.h"
#include "kernels/cpu/lookup/expanded_avx2.h"
#include "kernels/cpu/lookup/lookup_cost.h"

namespace axlut {
namespace {

constexpr int64_t kMaxLanes = 512;
constexpr int64_t kRows = 16;
constexpr int64_t kEntries = 256 * kRows;

// Up to 16 row sequences.
void SumRows(const LookupRows& table, const LookupSum& work, int64_t first_row, int64_t row_count) {
  // 64 KiB and 32 KiB of stack: as much as the L2 cache is meant to hold.
  alignas(64) uint16_t expanded[kExpandedDepth * kEntries];
  alignas(64) uint32_t sums[kMaxLanes * kRows];
  std::fill(sums, sums + work.lanes * kRows, 0u);
  // Codes that index as they are may have bits above their width.
  const int64_t entry_count = RoundUp(
      table.index_is_code ? work.index_limit : std::min(table.index_count, work.index_limit),
      kExpandUnit);
  for (int64_t k0 = 0; k0 < work.depth; k0 += kExpandedDepth) {
    const int64_t depth = std::min(kExpandedDepth, work.depth - k0);
    for (int64_t k = 0; k < depth; ++k) {
      const uint16_t* rows[kRows];
      for (int64_t r = 0; r < kRows; ++r) {
        // Sequences that do not exist repeat the last one.
        const uint8_t* numbers =
            work.rows + (first_row + std::min(r, row_count - 1)) * work.row_stride;
        rows[r] = reinterpret_cast<const uint16_t*>(table.data + numbers[k0 + k] * table.row_bytes);
      }
      ExpandRowsAvx2(rows, entry_count, expanded + k * kEntries);
    }
    SumExpandedAvx2(expanded, depth, nullptr,
                    {work.index + k0 * work.index_stride, 1, work.index_stride}, work.lanes, sums);
  }
  for (int64_t lane = 0; lane < work.lanes; ++lane) {
    for (int64_t r = 0; r < row_count; ++r) {
      work.sums[(first_row + r) * work.sum_stride + lane] = sums[lane * kRows + r];
    }
  }
}

void Sum(const LookupRows& table, const LookupSum& work) {
  for (int64_t row = 0; row < work.row_count; row += kRows) {
    SumRows(table, work, row, std::min(kRows, work.row_count - row));
  }
}

}  // namespace

const LookupMethod kExpandedRowsAvx2Lookup = {16,
                                              kMaxLanes,
                                              kRows,
                                              false,
                                              &PreparedLut::Words,
                                              &Sum,
                                              &ExpandedRowsAvx2Cost,
                                              &FinishCodes,
                                              &MapRowCodes,
                                              &CopyCodeRuns,
                                              &StoreTransposed<int32_t>,
                                              &StoreRowsAvx2};

}  // namespace axlut
