// SPDX-License-Identifier: MIT
#include "kernels/plan/plan.h"

#include <gtest/gtest.h>

#include <random>

namespace axlut {
namespace {

std::vector<int32_t> ExactProducts() {
  std::vector<int32_t> products;
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) products.push_back(a * b);
  }
  return products;
}

// a * b = a * (b - 128) + 128 * a.
KernelPlan ExactPlan() {
  KernelPlan plan;
  PlanTerm term;
  for (int i = 0; i < 256; ++i) {
    plan.offset_a.push_back(128 * i);
    plan.offset_b.push_back(0);
    term.u.push_back(static_cast<uint8_t>(i));
    term.v.push_back(static_cast<int8_t>(i - 128));
  }
  plan.terms.push_back(term);
  return plan;
}

TEST(Plan, OneTermIsTheExactMultiplier) {
  const std::vector<int32_t> products = ExactProducts();
  EXPECT_EQ(FindPlanError(ExactPlan(), {products.data(), 8, 8}), "");
}

TEST(Plan, NamesTheFirstWrongProduct) {
  std::vector<int32_t> products = ExactProducts();
  products[3 * 256 + 5] = 14;
  EXPECT_EQ(FindPlanError(ExactPlan(), {products.data(), 8, 8}),
            "product of the bit patterns 3 and 5 must be 14, got 15");
}

TEST(Plan, NamesEverySizeAndRangeThatIsWrong) {
  const std::vector<int32_t> products = ExactProducts();
  const LutView lut{products.data(), 8, 8};
  const auto error_after = [&](void (*change)(KernelPlan*)) {
    KernelPlan plan = ExactPlan();
    PlanResidual residual;
    residual.class_a.assign(256, 0);
    residual.class_b.assign(256, 0);
    residual.count_a = residual.count_b = 1;
    residual.entries = {0};
    plan.residual = residual;
    EXPECT_EQ(FindPlanError(plan, lut), "");
    change(&plan);
    return FindPlanError(plan, lut);
  };
  EXPECT_EQ(error_after([](KernelPlan* p) { p->width_b = 4; }),
            "a plan for a table of 8x8 bits must have these widths, got 8x4");
  EXPECT_EQ(error_after([](KernelPlan* p) { p->offset_a.pop_back(); }),
            "offset_a must have 256 values, got 255");
  EXPECT_EQ(error_after([](KernelPlan* p) { p->offset_b.clear(); }),
            "offset_b must have 256 values, got 0");
  EXPECT_EQ(error_after([](KernelPlan* p) { p->terms[0].u.clear(); }),
            "u of a term must have 256 values, got 0");
  EXPECT_EQ(error_after([](KernelPlan* p) { p->terms[0].v.clear(); }),
            "v of a term must have 256 values, got 0");
  EXPECT_EQ(error_after([](KernelPlan* p) { p->residual->class_a.clear(); }),
            "class_a must have 256 values, got 0");
  EXPECT_EQ(error_after([](KernelPlan* p) { p->residual->class_b[9] = 1; }),
            "class_b must be below 1, got 1");
  EXPECT_EQ(error_after([](KernelPlan* p) { p->residual->count_a = 257; }),
            "class_a must have 1..256 classes, got 257");
  EXPECT_EQ(error_after([](KernelPlan* p) { p->residual->entries.push_back(0); }),
            "entries of the residual must have 1 values, got 2");
}

TEST(Plan, EqualRowsAndColumnsShareAClass) {
  // T = 12 * (a >> 6) * (b & 3) - 7: 4 x 4 classes, gcd 12.
  std::vector<int32_t> products;
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) products.push_back(12 * (a >> 6) * (b & 3) - 7);
  }
  const LutView lut{products.data(), 8, 8};
  const auto plan = TablePlan(lut);
  ASSERT_TRUE(plan.has_value());
  ASSERT_TRUE(plan->residual.has_value());
  EXPECT_EQ(plan->residual->count_a, 4);
  EXPECT_EQ(plan->residual->count_b, 4);
  EXPECT_EQ(plan->residual->scale, 12);
  EXPECT_EQ(plan->offset_b[0], -7);
  EXPECT_EQ(FindPlanError(*plan, lut), "");
}

TEST(Plan, RandomTablesOfAllWidthsAreTheirOwnResidual) {
  std::mt19937 random(4);
  for (int width_a = 1; width_a <= 8; ++width_a) {
    for (int width_b = 1; width_b <= 8; ++width_b) {
      std::vector<int32_t> products(size_t{1} << (width_a + width_b));
      for (int32_t& product : products) product = static_cast<int16_t>(random());
      const LutView lut{products.data(), width_a, width_b};
      const auto plan = TablePlan(lut);
      ASSERT_TRUE(plan.has_value());
      EXPECT_EQ(FindPlanError(*plan, lut), "") << width_a << "x" << width_b;
    }
  }
}

TEST(Plan, AConstantTableNeedsNoResidual) {
  const std::vector<int32_t> products(16, -3);
  const LutView lut{products.data(), 2, 2};
  const auto plan = TablePlan(lut);
  ASSERT_TRUE(plan.has_value());
  EXPECT_FALSE(plan->residual.has_value());
  EXPECT_EQ(FindPlanError(*plan, lut), "");
}

TEST(Plan, EntriesBeyond16BitsHaveNoTablePlan) {
  const std::vector<int32_t> products = {0, 1, 2, 65536};
  EXPECT_FALSE(TablePlan({products.data(), 1, 1}).has_value());
}

}  // namespace
}  // namespace axlut
