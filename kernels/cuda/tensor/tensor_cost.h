// SPDX-License-Identifier: MIT
// What a plan costs on tensor cores, to choose among plans and against plain lookups.
#pragma once

#include <vector>

#include "kernels/plan/plan.h"

namespace axlut {

// Clocks that one multiprocessor needs per multiply-accumulate of a large layer, by gpu_rates.h.
// capability: 10 * major + minor.
double TensorTermCost(int capability);
// One lookup in a 16-bit table, by the quickest of the variants that such a device can run: what a
// plan's residual adds, and what a layer costs without a plan.
double GpuLookupCost(int capability);

// Infinite for a plan without terms, which is not one for tensor cores.
double TensorPlanCost(const KernelPlan& plan, int capability);

// The plan with terms of least cost, the first of equals; nullptr if there is none. It need not be
// cheaper than GpuLookupCost.
const KernelPlan* CheapestTensorPlan(const std::vector<KernelPlan>& plans, int capability);

}  // namespace axlut
