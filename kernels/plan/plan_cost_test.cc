// SPDX-License-Identifier: MIT
#include "kernels/plan/plan_cost.h"

#include <gtest/gtest.h>

#include <utility>

namespace axlut {
namespace {

constexpr KernelIsa kVbmi = KernelIsa::kAvx512Vbmi;

PlanShape Residual(int classes_a, int classes_b, int max_entry) {
  return {1, true, classes_a, classes_b, max_entry, false, false};
}

TEST(PlanCost, FewerTermsClassesAndBitsCostLess) {
  PlanShape two_terms;
  two_terms.terms = 2;
  EXPECT_LT(PlanCost(PlanShape{}, kVbmi), PlanCost(two_terms, kVbmi));
  EXPECT_LT(PlanCost(Residual(64, 256, 255), kVbmi), PlanCost(Residual(65, 256, 255), kVbmi));
  EXPECT_LT(PlanCost(Residual(128, 256, 255), kVbmi), PlanCost(Residual(129, 256, 255), kVbmi));
  EXPECT_LT(PlanCost(Residual(256, 256, 63), kVbmi), PlanCost(Residual(256, 256, 64), kVbmi));
  EXPECT_LT(PlanCost(Residual(256, 256, 127), kVbmi), PlanCost(Residual(256, 256, 128), kVbmi));
  EXPECT_LT(PlanCost(Residual(256, 256, 255), kVbmi), PlanCost(Residual(256, 256, 256), kVbmi));
}

TEST(PlanCost, EitherOperandMayIndexTheRows) {
  EXPECT_EQ(PlanCost(Residual(256, 10, 9), kVbmi), PlanCost(Residual(10, 256, 9), kVbmi));
}

TEST(PlanCost, ASecondPlaneOfFewBitsIsCheaperThanAFullOne) {
  EXPECT_LT(PlanCost(Residual(64, 64, 63 << 8), kVbmi), PlanCost(Residual(64, 64, 64 << 8), kVbmi));
}

TEST(PlanCost, WithoutVbmiAnyResidualHasAnUpperBound) {
  EXPECT_EQ(PlanCost(Residual(256, 256, 65535), KernelIsa::kAvx2),
            PlanCost(Residual(32, 32, 255), KernelIsa::kAvx2));
  EXPECT_LT(PlanCost(Residual(16, 256, 255), KernelIsa::kAvx2),
            PlanCost(Residual(17, 256, 255), KernelIsa::kAvx2));
}

// high(a >> 4, b) + low(a & 15, b), but for a term of b.
KernelPlan NibblePlan(int spoiled_entry) {
  KernelPlan plan;
  PlanResidual residual;
  residual.count_a = 256;
  residual.count_b = 20;
  for (int a = 0; a < 256; ++a) {
    residual.class_a.push_back(static_cast<uint8_t>(a));
    residual.class_b.push_back(static_cast<uint8_t>(a % 20));
    for (int b = 0; b < 20; ++b) {
      const int entry = 100 + (a >> 4) * b + (15 - (a & 15));
      residual.entries.push_back(static_cast<uint16_t>(entry));
    }
  }
  residual.entries[700] = static_cast<uint16_t>(residual.entries[700] + spoiled_entry);
  plan.residual = residual;
  return plan;
}

TEST(PlanCost, ResidualsThatNibblesSeparateAreFound) {
  const PlanShape shape = ShapeOf(NibblePlan(0));
  EXPECT_TRUE(shape.nibbles_a);
  EXPECT_FALSE(shape.nibbles_b);
  EXPECT_FALSE(ShapeOf(NibblePlan(1)).nibbles_a);
  const PlanShape one_byte{0, true, 256, 256, 255, true, false};
  EXPECT_LT(PlanCost(one_byte, KernelIsa::kAvx2),
            PlanCost(Residual(256, 256, 255), KernelIsa::kAvx2));
  EXPECT_EQ(PlanCost(one_byte, kVbmi),
            PlanCost(PlanShape{0, true, 256, 256, 255, false, false}, kVbmi));
}

TEST(PlanCost, TheCheapestPlanDependsOnTheInstructionSet) {
  KernelPlan terms;
  terms.terms.resize(4);
  const KernelPlan lookup = NibblePlan(1);
  std::vector<KernelPlan> plans = {terms, lookup, lookup};
  EXPECT_EQ(CheapestPlan(plans, kVbmi), &plans[1]);
  EXPECT_EQ(CheapestPlan(plans, KernelIsa::kAvx512), &plans[0]);
  EXPECT_EQ(CheapestPlan({}, kVbmi), nullptr);
  const std::vector<KernelPlan> kept = KeepCheapest(std::move(plans));
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_EQ(kept[0].terms.size(), 4u);  // AMX multiplies matrices for next to nothing
  EXPECT_TRUE(kept[1].residual.has_value());
  EXPECT_TRUE(KeepCheapest({}).empty());
}

TEST(PlanCost, OfEqualsThePlanThatIsGoodElsewhereIsKept) {
  KernelPlan separable = NibblePlan(0);
  for (int a = 0; a < 256; ++a) {
    const auto sum = static_cast<uint16_t>((a >> 4) + (a & 15));
    for (int b = 0; b < 20; ++b) {
      separable.residual->entries[static_cast<size_t>(20 * a + b)] = sum;
    }
  }
  KernelPlan other = separable;
  other.residual->entries[700] += 1;
  ASSERT_EQ(PlanCost(separable, kVbmi), PlanCost(other, kVbmi));
  const std::vector<KernelPlan> kept = KeepCheapest({other, separable});
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_TRUE(ShapeOf(kept[0]).nibbles_a);
}

}  // namespace
}  // namespace axlut
