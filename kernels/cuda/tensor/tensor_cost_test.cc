// SPDX-License-Identifier: MIT
#include "kernels/cuda/tensor/tensor_cost.h"

#include <gtest/gtest.h>

#include <cmath>

namespace axlut {
namespace {

constexpr int kCapabilities[] = {75, 80, 86, 87, 89, 90, 100, 120};

KernelPlan PlanOf(int terms, bool has_residual) {
  KernelPlan plan;
  plan.terms.resize(static_cast<size_t>(terms));
  if (has_residual) plan.residual.emplace();
  return plan;
}

TEST(TensorCost, APlanWithoutTermsIsNotForTensorCores) {
  const std::vector<KernelPlan> plans = {PlanOf(0, false), PlanOf(0, true)};
  EXPECT_TRUE(std::isinf(TensorPlanCost(plans[0], 90)));
  EXPECT_EQ(CheapestTensorPlan(plans, 90), nullptr);
  EXPECT_EQ(CheapestTensorPlan({}, 90), nullptr);
}

TEST(TensorCost, FewTermsBeatAResidualAndFewerTermsBeatMore) {
  const std::vector<KernelPlan> plans = {PlanOf(0, true), PlanOf(1, true), PlanOf(12, false),
                                         PlanOf(5, false), PlanOf(5, false)};
  for (const int capability : kCapabilities) {
    EXPECT_EQ(CheapestTensorPlan(plans, capability), &plans[3]) << capability;
  }
}

TEST(TensorCost, HundredsOfTermsAreDearerThanALookup) {
  const std::vector<KernelPlan> plans = {PlanOf(1000, false), PlanOf(1, true)};
  for (const int capability : kCapabilities) {
    EXPECT_EQ(CheapestTensorPlan(plans, capability), &plans[1]) << capability;
    EXPECT_LT(GpuLookupCost(capability), TensorPlanCost(plans[0], capability)) << capability;
    EXPECT_LT(TensorPlanCost(PlanOf(32, false), capability), GpuLookupCost(capability))
        << capability;
  }
}

}  // namespace
}  // namespace axlut
