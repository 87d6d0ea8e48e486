// SPDX-License-Identifier: MIT
#include "kernels/cpu/lookup/lookup_cost.h"

#include <algorithm>
#include <limits>

#include "kernels/cpu/blocking.h"

namespace axlut {
namespace {

// ns per product of the inner loop (lookup_bench on Zen 4, 3.7 GHz), by vectors of 64 lanes that
// share a row (4, 3, 2, 1), by entries of a row (64, 128, 256), and by the largest entry (63, 127,
// 255, and the high plane's alike). Fewer vectors are dearer where the rows of a large table come
// from the L2 cache.
constexpr double kNsPerProduct[4][3][6] = {{{.0066, .0073, .0095, .0171, .0171, .0192},
                                            {.0081, .0081, .0098, .0183, .0183, .0200},
                                            {.0156, .0156, .0174, .0302, .0302, .0324}},
                                           {{.0074, .0074, .0099, .0168, .0168, .0195},
                                            {.0087, .0087, .0102, .0194, .0194, .0208},
                                            {.0178, .0178, .0188, .0316, .0316, .0333}},
                                           {{.0067, .0076, .0099, .0164, .0164, .0194},
                                            {.0090, .0084, .0108, .0228, .0228, .0239},
                                            {.0166, .0166, .0178, .0393, .0393, .0393}},
                                           {{.0089, .0105, .0111, .0160, .0174, .0191},
                                            {.0147, .0147, .0154, .0325, .0325, .0325},
                                            {.0262, .0262, .0268, .0648, .0648, .0648}}};

// The same of separable_avx2, by the largest sum.
constexpr double kSeparableNs[6] = {.0220, .0220, .0260, .0430, .0430, .0530};

// Of expanded_rows_avx2, and of the expansion of an entry for 16 rows, per row.
constexpr double kExpandedNs = .037;
constexpr double kExpansionNs = .042;

// ns per activation and product, shared by the output channels of a tile.
constexpr double kPackNs = .06;           // K-major, for the filter-stationary order
constexpr double kDepthwisePackNs = .08;  // the same from channels that are not neighbours
constexpr double kCopyNs = .06;           // by position, for the other one
constexpr int64_t kSharingChannels = 64;
// ns per output.
constexpr double kTransposedStoreNs = .15;
constexpr double kStoreNs = .08;

int64_t Column(const LookupRows& table) {
  const uint8_t max = table.plane_max[table.planes - 1];
  return (table.planes == 2 ? 3 : 0) + (max <= 63 ? 0 : max <= 127 ? 1 : 2);
}

}  // namespace

double DirectAvx512VbmiCost(const LookupRows& table, int64_t lanes) {
  return kNsPerProduct[4 - lanes / 64][table.row_length / 128][Column(table)];
}

double SeparableAvx2Cost(const LookupRows& table, int64_t) {
  if (table.planes == 0) return std::numeric_limits<double>::infinity();
  return kSeparableNs[Column(table)];
}

double ExpandedRowsAvx2Cost(const LookupRows& table, int64_t lanes) {
  const auto entries = static_cast<double>(table.index_count);
  return kExpandedNs + kExpansionNs * entries / static_cast<double>(lanes);
}

double LookupCost(const LookupMethod& method, const PreparedLut& lut, const Conv2dShape& shape,
                  RowOperand rows) {
  const LookupRows& table = (lut.*method.rows)(rows);
  const bool by_filter = rows == RowOperand::kB;
  const int64_t used = by_filter ? shape.batch * shape.out_h * shape.out_w : shape.GroupOutC();
  if (used == 0) return 0;
  // Lanes are computed in whole units, in blocks of nearly equal size.
  const int64_t units = CeilDiv(used, method.lane_unit);
  const int64_t blocks = CeilDiv(used, method.max_lanes);
  const int64_t longer = units % blocks;
  const auto block_ns = [&](int64_t block_units) {
    const int64_t lanes = block_units * method.lane_unit;
    return lanes == 0 ? 0 : static_cast<double>(lanes) * method.cost(table, lanes);
  };
  const double lanes_ns =
      static_cast<double>(blocks - longer) * block_ns(units / blocks) +
      (longer == 0 ? 0 : static_cast<double>(longer) * block_ns(units / blocks + 1));
  const double pack = shape.GroupInC() == 1 ? kDepthwisePackNs : kPackNs;
  const double per_activation = by_filter ? pack : kCopyNs;
  const double per_output = by_filter ? kTransposedStoreNs : kStoreNs;
  return lanes_ns / static_cast<double>(used) +
         per_activation / static_cast<double>(std::min(shape.GroupOutC(), kSharingChannels)) +
         per_output / static_cast<double>(shape.Depth());
}

double LookupCost(const LookupMethod& method, const PreparedLut& lut, const Conv2dShape& shape) {
  const double by_filter = LookupCost(method, lut, shape, RowOperand::kB);
  if (shape.GroupInC() == 1 && shape.groups > 1) return by_filter;  // knows no other order
  return std::min(by_filter, LookupCost(method, lut, shape, RowOperand::kA));
}

}  // namespace axlut
