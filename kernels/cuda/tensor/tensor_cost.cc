// SPDX-License-Identifier: MIT
#include "kernels/cuda/tensor/tensor_cost.h"

#include <algorithm>
#include <limits>

#include "kernels/cuda/gpu_rates.h"

namespace axlut {
double TensorTermCost(int capability) { return 1 / GpuRatesOf(capability).tensor; }

double GpuLookupCost(int capability) {
  const GpuRates& rates = GpuRatesOf(capability);
  // Blocks of these devices can hold a whole table in shared memory.
  const bool has_large_shared_memory = capability == 80 || capability == 87 || capability >= 90;
  return 1 / std::max({rates.texture, rates.l1, has_large_shared_memory ? rates.shared : 0});
}

double TensorPlanCost(const KernelPlan& plan, int capability) {
  if (plan.terms.empty()) return std::numeric_limits<double>::infinity();
  return static_cast<double>(plan.terms.size()) * TensorTermCost(capability) +
         (plan.residual ? GpuLookupCost(capability) : 0);
}

const KernelPlan* CheapestTensorPlan(const std::vector<KernelPlan>& plans, int capability) {
  const KernelPlan* cheapest = nullptr;
  double least = std::numeric_limits<double>::infinity();
  for (const KernelPlan& plan : plans) {
    const double cost = TensorPlanCost(plan, capability);
    if (cost >= least) continue;
    least = cost;
    cheapest = &plan;
  }
  return cheapest;
}

}  // namespace axlut
