// SPDX-License-Identifier: MIT
#include "kernels/cpu/lookup_cost.h"

#include <algorithm>

#include "kernels/cpu/blocking.h"

namespace axlut {
namespace {

// ns per product of the inner loop (lookup_bench on Zen 4, 3.7 GHz), by vectors of 64 lanes that
// share a row (4, 2, 1), by entries of a row (64, 128, 256), and by the largest entry (63, 127,
// 255, and the high plane's alike). Fewer vectors are dearer because the rows of a table of two
// planes come from the L2 cache.
constexpr double kNsPerProduct[3][3][6] = {{{.0066, .0074, .0095, .0172, .0172, .0190},
                                            {.0091, .0085, .0100, .0200, .0190, .0200},
                                            {.0156, .0162, .0175, .0315, .0315, .0325}},
                                           {{.0067, .0076, .0099, .0175, .0172, .0190},
                                            {.0093, .0095, .0108, .0227, .0228, .0230},
                                            {.0160, .0166, .0178, .0391, .0393, .0393}},
                                           {{.0089, .0105, .0111, .0160, .0174, .0191},
                                            {.0137, .0148, .0154, .0323, .0325, .0325},
                                            {.0261, .0264, .0268, .0647, .0648, .0648}}};

// ns per activation and product, shared by all output channels.
constexpr double kPackNs = .03;           // K-major, for the filter-stationary order
constexpr double kDepthwisePackNs = .08;  // the same from channels that are not neighbours
constexpr double kCopyNs = .06;  // by position, for the other one
// ns per output.
constexpr double kTransposedStoreNs = .15;
constexpr double kStoreNs = .08;

int64_t Column(const LookupRows& table) {
  const uint8_t max = table.plane_max[table.planes - 1];
  return (table.planes == 2 ? 3 : 0) + (max <= 63 ? 0 : max <= 127 ? 1 : 2);
}

}  // namespace

double DirectAvx512VbmiCost(const LookupRows& table, int64_t lanes) {
  const int64_t row = table.row_length / 128;
  const int64_t column = Column(table);
  const int64_t vectors = CeilDiv(lanes, 64);
  // Three vectors lie between two and four.
  const double of_many = kNsPerProduct[0][row][column];
  const double of_two = kNsPerProduct[1][row][column];
  const double ns = vectors >= 4   ? of_many
                    : vectors == 3 ? (of_many + of_two) / 2
                    : vectors == 2 ? of_two
                                   : kNsPerProduct[2][row][column];
  return ns * static_cast<double>(64 * vectors) / static_cast<double>(lanes);
}

double LookupCost(const LookupMethod& method, const PreparedLut& lut, const Conv2dShape& shape,
                  RowOperand rows) {
  const LookupRows& table = (lut.*method.rows)(rows);
  const bool by_filter = rows == RowOperand::kB;
  const int64_t lanes = by_filter ? shape.batch * shape.out_h * shape.out_w : shape.GroupOutC();
  if (lanes == 0) return 0;
  const double per_product = method.cost(table, CeilDiv(lanes, CeilDiv(lanes, method.max_lanes)));
  const double pack = shape.GroupInC() == 1 ? kDepthwisePackNs : kPackNs;
  const double per_activation = by_filter ? pack : kCopyNs;
  const double per_output = by_filter ? kTransposedStoreNs : kStoreNs;
  return per_product + per_activation / static_cast<double>(shape.GroupOutC()) +
         per_output / static_cast<double>(shape.Depth());
}

double LookupCost(const LookupMethod& method, const PreparedLut& lut, const Conv2dShape& shape) {
  const double by_filter = LookupCost(method, lut, shape, RowOperand::kB);
  if (shape.GroupInC() == 1) return by_filter;  // the only order of a depthwise layer
  return std::min(by_filter, LookupCost(method, lut, shape, RowOperand::kA));
}

}  // namespace axlut
