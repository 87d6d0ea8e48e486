// SPDX-License-Identifier: MIT
// Plans in files: the golden one, which an independent script wrote, and files that do not fit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/plan/plan_codec.h"
#include "runtime/table/stored_table.h"

namespace axlut {
namespace {

StoredTable Golden() { return LoadTable(AXLUT_SOURCE_DIR "/testdata/tables/plan_2x1.axt").value(); }

LutView ViewOf(const TruthTable& table) {
  return {table.products().data(), table.a().width, table.b().width};
}

TEST(StoredPlans, TheGoldenPlansAreExact) {
  const StoredTable stored = Golden();
  std::vector<KernelPlan> plans;
  ASSERT_EQ(DecodePlans(stored.plan.data(), stored.plan.size(), &plans), "");
  ASSERT_EQ(plans.size(), 2u);
  for (const KernelPlan& plan : plans) EXPECT_EQ(FindPlanError(plan, ViewOf(stored.table)), "");
  EXPECT_FALSE(plans[0].residual.has_value());
  EXPECT_EQ(plans[0].terms[0].scale, 300000);
  ASSERT_TRUE(plans[1].residual.has_value());
  EXPECT_EQ(plans[1].residual->entries[7], 7);
  EXPECT_EQ(plans[1].terms[0].v[1], -1);
}

TEST(StoredPlans, ReadingAddsTheTableAsTheLastResort) {
  const StoredTable stored = Golden();
  std::vector<KernelPlan> plans;
  // Its products need more than 16 bits in steps of 1, so this table has no TablePlan.
  ASSERT_EQ(ReadPlans(stored.plan.data(), stored.plan.size(), ViewOf(stored.table), &plans), "");
  EXPECT_EQ(plans.size(), 2u);
  const std::vector<int32_t> exact = {0, 0, 0, 1, 0, 2, 0, 3};
  const LutView lut{exact.data(), 2, 1};
  const std::vector<uint8_t> none = EncodePlans(PlansToStore({*TablePlan(lut)}));
  EXPECT_EQ(none, (std::vector<uint8_t>{1, 0, 0, 0}));
  ASSERT_EQ(ReadPlans(none.data(), none.size(), lut, &plans), "");
  ASSERT_EQ(plans.size(), 1u);
  EXPECT_EQ(FindPlanError(plans[0], lut), "");
}

TEST(StoredPlans, PlansOfAnotherTableAreRefused) {
  const StoredTable stored = Golden();
  std::vector<int32_t> products = stored.table.products();
  products[5] += 1;
  std::vector<KernelPlan> plans;
  EXPECT_EQ(ReadPlans(stored.plan.data(), stored.plan.size(), {products.data(), 2, 1}, &plans),
            "plan 0: product of the bit patterns 2 and 1 must be 600001, got 600000");
  EXPECT_TRUE(plans.empty());
  EXPECT_THAT(ReadPlans(stored.plan.data(), stored.plan.size(), {products.data(), 1, 2}, &plans),
              ::testing::HasSubstr("must have these widths, got 2x1"));
}

}  // namespace
}  // namespace axlut
