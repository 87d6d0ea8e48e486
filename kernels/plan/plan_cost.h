// SPDX-License-Identifier: MIT
// What a plan costs: predicted time per multiply-accumulate of a large convolution, so that the
// cheapest of several plans can be chosen for an instruction set.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "kernels/cpu/isa.h"
#include "kernels/plan/plan.h"

namespace axlut {

// A residual R with R[x][y] = high[x >> 4][y] + low[x & 15][y] + h(y) is two lookups among 16
// entries each (h is an offset). x is one operand's bit pattern, y the other's.
struct NibbleSplit {
  int max_high = 0;  // largest entry of `high`, whose smallest entry for every y is 0
  int max_low = 0;   // the same for `low`
};

// All that a plan's cost depends on.
struct PlanShape {
  int terms = 0;
  bool has_residual = false;
  int classes_a = 0;  // the rest: only with a residual
  int classes_b = 0;
  int max_entry = 0;
  std::optional<NibbleSplit> nibble_a;  // separable by the nibbles of operand a
  std::optional<NibbleSplit> nibble_b;
};

// Looks at every entry of the residual; the plan's sizes must be right.
PlanShape ShapeOf(const KernelPlan& plan);
// The same for the nibbles of any matrix [a << width_b | b] whose entries differ by less than 2^31:
// by those of a, or of b. Empty if the matrix is not separable, or has no two nibbles.
std::optional<NibbleSplit> SplitByNibblesOfA(const std::vector<int64_t>& matrix, int width_a,
                                             int width_b);
std::optional<NibbleSplit> SplitByNibblesOfB(const std::vector<int64_t>& matrix, int width_a,
                                             int width_b);

// Nanoseconds per multiply-accumulate, one thread. The better of the two orientations of the
// residual: either operand can be the one whose classes index the rows.
double PlanCost(const PlanShape& shape, KernelIsa isa);
double PlanCost(const KernelPlan& plan, KernelIsa isa);

// The plan of least cost, the first of equals; nullptr if there is none.
const KernelPlan* CheapestPlan(const std::vector<KernelPlan>& plans, KernelIsa isa);

// The plans that are the cheapest of all for some instruction set, each once, best set first.
std::vector<KernelPlan> KeepCheapest(std::vector<KernelPlan> plans);

}  // namespace axlut
