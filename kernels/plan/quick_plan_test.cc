// SPDX-License-Identifier: MIT
#include "kernels/plan/quick_plan.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "kernels/plan/plan_builder.h"
#include "kernels/plan/plan_cost.h"

namespace axlut {
namespace {

struct Table {
  int width_a;
  int width_b;
  bool is_signed;
  std::vector<int32_t> products;

  LutView view() const { return {products.data(), width_a, width_b}; }
};

Table Tabulate(int width_a, int width_b, bool is_signed,
               const std::function<int64_t(int64_t, int64_t)>& product) {
  Table table{width_a, width_b, is_signed, {}};
  for (int64_t a : OperandValues(width_a, is_signed)) {
    for (int64_t b : OperandValues(width_b, is_signed)) {
      table.products.push_back(static_cast<int32_t>(product(a, b)));
    }
  }
  return table;
}

// All plans are exact; returns the best one for AVX-512 VBMI.
KernelPlan BestPlan(const Table& table) {
  const auto plans = QuickPlans(table.view(), table.is_signed, table.is_signed);
  for (const KernelPlan& plan : plans) EXPECT_EQ(FindPlanError(plan, table.view()), "");
  const KernelPlan* best = CheapestPlan(plans, KernelIsa::kAvx512Vbmi);
  EXPECT_NE(best, nullptr);
  return best == nullptr ? KernelPlan{} : *best;
}

TEST(QuickPlan, TheExactMultiplierOfAnyWidthAndSignIsOneTerm) {
  for (int width_a = 1; width_a <= 8; ++width_a) {
    for (int width_b = 1; width_b <= 8; ++width_b) {
      for (const bool is_signed : {false, true}) {
        const KernelPlan plan = BestPlan(
            Tabulate(width_a, width_b, is_signed, [](int64_t a, int64_t b) { return a * b; }));
        EXPECT_EQ(plan.terms.size(), 1u) << width_a << "x" << width_b;
        EXPECT_FALSE(plan.residual.has_value());
      }
    }
  }
}

TEST(QuickPlan, ASumOfFunctionsOfOneOperandNeedsNoTerm) {
  const KernelPlan plan = BestPlan(
      Tabulate(8, 7, true, [](int64_t a, int64_t b) { return a * a - 100 * (b ^ 5) + 7; }));
  EXPECT_TRUE(plan.terms.empty());
  EXPECT_FALSE(plan.residual.has_value());
}

// A factor with the single value +128, and one with 255 steps below zero.
TEST(QuickPlan, FactorsBesideTheInt8RangeAreMoved) {
  const KernelPlan plan = BestPlan(Tabulate(
      8, 8, true, [](int64_t a, int64_t b) { return (a - 1000) * (b == -128 ? 128 : b); }));
  EXPECT_EQ(plan.terms.size(), 1u);
  EXPECT_FALSE(plan.residual.has_value());
}

TEST(QuickPlan, SmallErrorsBecomeAByteOfFewClasses) {
  const KernelPlan plan = BestPlan(Tabulate(
      8, 8, false, [](int64_t a, int64_t b) { return a * b - 64 * (((a & 7) * (b & 7)) % 3); }));
  ASSERT_TRUE(plan.residual.has_value());
  EXPECT_EQ(plan.terms.size(), 1u);
  EXPECT_EQ(plan.residual->scale, 64);
  EXPECT_LE(plan.residual->count_a, 8);
  EXPECT_LE(PlanCost(plan, KernelIsa::kAvx512Vbmi), 0.0146);
}

TEST(QuickPlan, RandomTablesOfAnyWidthHavePlans) {
  std::mt19937 random(3);
  for (int width_a = 1; width_a <= 8; ++width_a) {
    for (int width_b = 1; width_b <= 8; ++width_b) {
      const Table table = Tabulate(width_a, width_b, width_a % 2 == 0, [&](int64_t, int64_t) {
        return static_cast<int16_t>(random());
      });
      const KernelPlan plan = BestPlan(table);
      EXPECT_LE(PlanCost(plan, KernelIsa::kAvx512Vbmi),
                PlanCost(*TablePlan(table.view()), KernelIsa::kAvx512Vbmi));
    }
  }
}

TEST(QuickPlan, ProductsBeyondWhatAPlanHoldsHaveNone) {
  std::mt19937 random(5);
  const Table table =
      Tabulate(4, 4, false, [&](int64_t, int64_t) { return static_cast<int32_t>(random()); });
  EXPECT_TRUE(QuickPlans(table.view(), false, false).empty());
}

}  // namespace
}  // namespace axlut
