// SPDX-License-Identifier: MIT
// What a plan costs: predicted time per multiply-accumulate of a large convolution, so that the
// cheapest of several plans can be chosen for an instruction set.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/cpu/isa.h"
#include "kernels/plan/plan.h"

namespace axlut {

// All that a plan's cost depends on.
struct PlanShape {
  int terms = 0;
  bool has_residual = false;
  int classes_a = 0;  // the rest: only with a residual
  int classes_b = 0;
  int max_entry = 0;
  bool nibbles_a = false;  // separable by the nibbles of operand a, see IsSeparableByNibblesOfA
  bool nibbles_b = false;
};

// Looks at every entry of the residual; the plan's sizes must be right.
PlanShape ShapeOf(const KernelPlan& plan);
// Whether matrix[a << width_b | b] = P[a >> 4][b] + Q[a & 15][b]: two lookups among 16 entries give
// an entry. False for one nibble, where there is nothing to separate.
bool IsSeparableByNibblesOfA(const std::vector<int64_t>& matrix, int width_a, int width_b);
// The same for b: P[a][b >> 4] + Q[a][b & 15].
bool IsSeparableByNibblesOfB(const std::vector<int64_t>& matrix, int width_a, int width_b);

// Nanoseconds per multiply-accumulate, one thread. The better of the two orientations of the
// residual: either operand can be the one whose classes index the rows.
double PlanCost(const PlanShape& shape, KernelIsa isa);
double PlanCost(const KernelPlan& plan, KernelIsa isa);

// The plan of least cost, the first of equals; nullptr if there is none.
const KernelPlan* CheapestPlan(const std::vector<KernelPlan>& plans, KernelIsa isa);

// The plans that are the cheapest of all for some instruction set, each once, best set first. Of
// equals for one set, the plan that is the cheapest for more sets; then the first.
std::vector<KernelPlan> KeepCheapest(std::vector<KernelPlan> plans);

}  // namespace axlut
