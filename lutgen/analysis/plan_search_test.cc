// SPDX-License-Identifier: MIT
#include "lutgen/analysis/plan_search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "kernels/plan/plan_cost.h"
#include "kernels/plan/quick_plan.h"
#include "lutgen/testing/plan_tables.h"

namespace axlut {
namespace {

using testing_support::TestTable;

// All plans are exact, each instruction set's best is at least as good as QuickPlans'.
std::vector<KernelPlan> CheckedPlans(const TestTable& table, const std::string& name = "") {
  const auto plans = SearchPlans(table.view(), table.is_signed, table.is_signed);
  const auto quick = QuickPlans(table.view(), table.is_signed, table.is_signed);
  EXPECT_FALSE(plans.empty()) << name;
  EXPECT_LE(plans.size(), 6u) << name;
  for (const KernelPlan& plan : plans) EXPECT_EQ(FindPlanError(plan, table.view()), "") << name;
  for (const KernelIsa isa : kKernelIsas) {
    EXPECT_LE(PlanCost(*CheapestPlan(plans, isa), isa),
              PlanCost(*CheapestPlan(quick, isa), isa) + 1e-9)
        << name << " " << KernelIsaName(isa);
  }
  return plans;
}

double VbmiCost(const TestTable& table, const std::string& name = "") {
  const auto plans = CheckedPlans(table, name);
  return PlanCost(*CheapestPlan(plans, KernelIsa::kAvx512Vbmi), KernelIsa::kAvx512Vbmi);
}

TEST(PlanSearch, TextbookMultipliersHaveCheapPlans) {
  const double one_term = VbmiCost(testing_support::Exact(8, 8, false));
  EXPECT_LE(one_term, 0.008);
  EXPECT_EQ(VbmiCost(testing_support::Exact(8, 8, true)), one_term);
  for (const int bits : {3, 4, 6}) EXPECT_EQ(VbmiCost(testing_support::Drum(bits)), one_term);
  EXPECT_LE(VbmiCost(testing_support::Kulkarni()), 0.0135);
  EXPECT_LE(VbmiCost(testing_support::Roba()), 0.019);
  for (int column = 1; column <= 8; ++column) {
    EXPECT_LE(VbmiCost(testing_support::BrokenArray(8, false, 0, column)), 0.0175) << column;
  }
}

TEST(PlanSearch, SignedStandInsHaveCheapPlans) {
  for (const auto& [name, table] : testing_support::SignedStandIns()) {
    EXPECT_LE(VbmiCost(table, name), 0.0175) << name;
  }
}

TEST(PlanSearch, ArbitraryTablesAreLookedUp) {
  const TestTable table = testing_support::Random(8, 8, 6);
  const auto plans = CheckedPlans(table);
  const KernelPlan* best = CheapestPlan(plans, KernelIsa::kAvx512Vbmi);
  EXPECT_TRUE(best->terms.empty());
  EXPECT_LE(PlanCost(*best, KernelIsa::kAvx512Vbmi), 0.0375);
  CheckedPlans(testing_support::Mitchell());
}

TEST(PlanSearch, TablesOfAllWidthsHaveExactPlans) {
  for (int width_a = 1; width_a <= 8; ++width_a) {
    for (int width_b = 1; width_b <= 8; ++width_b) {
      CheckedPlans(
          testing_support::Random(width_a, width_b, static_cast<uint32_t>(8 * width_a + width_b)));
    }
  }
}

TEST(PlanSearch, WideProductsHavePlansWhereTheyFit) {
  const auto wide = testing_support::Tabulate(
      6, 8, true, [](int64_t a, int64_t b) { return a * b * 131071 + (a == 3 ? 1000003 * b : 0); });
  const auto plans = SearchPlans(wide.view(), true, true);
  ASSERT_FALSE(plans.empty());
  for (const KernelPlan& plan : plans) EXPECT_EQ(FindPlanError(plan, wide.view()), "");
  EXPECT_LE(CheapestPlan(plans, KernelIsa::kAvx512Vbmi)->terms.size(), 6u);
  std::mt19937 random(9);
  const auto arbitrary = testing_support::Tabulate(
      5, 5, false, [&](int64_t, int64_t) { return static_cast<int32_t>(random()); });
  EXPECT_TRUE(SearchPlans(arbitrary.view(), false, false).empty());
}

TEST(PlanSearch, TheExactFactorisationAndTheTableStayAtHand) {
  // A small error: one term and a byte are the cheapest on a CPU, yet matrix units want terms.
  const TestTable table = testing_support::BrokenArray(8, false, 0, 6);
  PlanSearchStats stats;
  int last_step = 0;
  PlanSearchParams params;
  params.progress = [&](int done, int total) {
    EXPECT_EQ(done, last_step + 1);
    EXPECT_LE(done, total);
    last_step = done;
  };
  const auto plans = SearchPlans(table.view(), false, false, params, &stats);
  EXPECT_EQ(last_step, 5);
  EXPECT_GT(stats.candidates, 10);
  const auto has = [&](bool residual, size_t terms) {
    return std::any_of(plans.begin(), plans.end(), [&](const KernelPlan& plan) {
      return plan.residual.has_value() == residual && plan.terms.size() == terms;
    });
  };
  EXPECT_TRUE(has(false, static_cast<size_t>(std::min(stats.exact_terms_t, stats.exact_terms_e))));
  EXPECT_TRUE(has(true, 0));
}

}  // namespace
}  // namespace axlut
