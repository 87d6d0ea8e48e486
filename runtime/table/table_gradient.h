// SPDX-License-Identifier: MIT
// How a table's products change with its operands: slopes by differences, for training through the
// table (Meng, Burleson, De Micheli, arXiv 2509.10519).
#pragma once

#include <vector>

#include "runtime/table/truth_table.h"

namespace axlut {

// Widest window of DifferentiateTable.
inline constexpr int kMaxDifferenceWindow = 127;

// Entry (a << width_b) | b belongs to the bit patterns a and b, as in the table.
struct TableGradient {
  std::vector<float> by_a;  // dT/da
  std::vector<float> by_b;  // dT/db
};

// Along the differentiated operand, in the order of its values v = 0 .. N - 1 (counted from the
// smallest), entries are smoothed by a moving average, the window being cut at the ends of the
// range, and then differentiated symmetrically, one-sidedly at the ends:
//   S(v) = mean of T(i), m(v) = mean of i, both over max(0, v - window) <= i <= min(N - 1, v + w)
//   slope(v) = (S(v') - S(v"))/(m(v') - m(v")),   v' = min(N - 1, v + 1), v" = max(0, v - 1)
// which is (S(v + 1) - S(v - 1))/2 wherever no window is cut, and the very slope for entries on a
// line: the exact multiplier's by a is b. `window` is at most N/2 - 1 (more is cut to that), so
// that no two windows are equal. 0 <= window <= kMaxDifferenceWindow. Sums are integers; the
// quotients are doubles, rounded to float.
TableGradient DifferentiateTable(const TruthTable& table, int window);

// Means of a [count_a][count_b] array: over a, one per b; over b, one per a.
std::vector<float> MeanOverA(const std::vector<float>& slopes, size_t count_a, size_t count_b);
std::vector<float> MeanOverB(const std::vector<float>& slopes, size_t count_a, size_t count_b);

}  // namespace axlut
