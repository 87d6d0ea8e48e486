// SPDX-License-Identifier: MIT
#include "kernels/cuda/tensor/tensor_cost.h"

#include <algorithm>
#include <limits>

namespace axlut {
namespace {

// Dense int8 multiply-accumulates per clock and multiprocessor, of the data sheets: T4 1024, A100
// 2048, the gaming and inference parts (8.6, 8.9) 1024, H100 4096. Later parts are taken for H100.
double TensorMacsPerClock(int capability) {
  switch (capability) {
    case 80:
      return 2048;
    case 75:
    case 86:
    case 87:
    case 89:
      return 1024;
    default:
      return capability < 75 ? 0 : 4096;
  }
}

// A warp reads 64 bytes of shared memory for 1024 multiply-accumulates (tensor_gemm.cuh), of 128
// bytes per clock: that is the bound wherever tensor cores are quicker.
constexpr double kSharedMacsPerClock = 2048;
// What is left of either rate after filling tiles, short layers and the last wave of blocks.
constexpr double kEfficiency = 0.5;

}  // namespace

double TensorTermCost(int capability) {
  const double rate = std::min(TensorMacsPerClock(capability), kSharedMacsPerClock);
  return rate == 0 ? std::numeric_limits<double>::infinity() : 1 / (kEfficiency * rate);
}

double GpuLookupCost(int capability) {
  // Blocks of these devices can hold 128 KiB of table in shared memory: 10 lookups per clock. The
  // others go through the texture unit: 4.
  const bool has_large_shared_memory = capability == 80 || capability == 87 || capability >= 90;
  return has_large_shared_memory ? 1 / 10.0 : 1 / 4.0;
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
