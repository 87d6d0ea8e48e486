// SPDX-License-Identifier: MIT
// Which plan, kernel and loop order are chosen.
#include "kernels/cpu/dispatch.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/cpu/lookup/direct_avx512vbmi.h"
#include "kernels/cpu/lookup/lookup_cost.h"

namespace axlut {
namespace {

// What is expected to be quickest, by name.
std::string Chosen(const PlannedLut& lut, const Conv2dShape& shape, KernelIsa isa) {
  return Conv2dChoices(lut, shape, isa)[0].Name();
}

TEST(Conv2dChoices, TheInstructionSetAndTheTableDecide) {
  Conv2dShape s;
  s.in_c = s.out_c = 64;
  s.in_h = s.in_w = s.out_h = s.out_w = 28;
  std::vector<int32_t> products(65536, 0);
  products[1] = 65535;
  const PlannedLut narrow(LutView{products.data(), 8, 8}, {});
  EXPECT_EQ(Chosen(narrow, s, KernelIsa::kAvx512Vbmi), "direct_avx512vbmi");
  EXPECT_EQ(Chosen(narrow, s, KernelIsa::kAvx512), "expanded_avx2");
  EXPECT_EQ(Chosen(narrow, s, KernelIsa::kAvx2), "expanded_avx2");
  EXPECT_EQ(Chosen(narrow, s, KernelIsa::kScalar), "row_stationary");
  s.groups = 64;  // depthwise: nothing to expand
  s.kernel_h = s.kernel_w = 3;
  s.pad_top = s.pad_left = 1;
  EXPECT_EQ(Chosen(narrow, s, KernelIsa::kAvx512Vbmi), "depthwise_avx512vbmi");
  EXPECT_EQ(Chosen(narrow, s, KernelIsa::kAvx512), "depthwise_portable");
  s.groups = 1;
  products[2] = -1;  // now T - min needs 17 bits
  const PlannedLut wide(LutView{products.data(), 8, 8}, {});
  EXPECT_EQ(Chosen(wide, s, KernelIsa::kAvx512Vbmi), "row_stationary");
}

TEST(Conv2dChoices, TooFewOutputsDoNotPayForExpandedRows) {
  std::vector<int32_t> products(65536, 7);
  products[5] = 65535;  // not separable
  const PlannedLut lut(LutView{products.data(), 8, 8}, {});
  Conv2dShape dense;
  dense.in_c = dense.out_c = 64;
  EXPECT_EQ(Chosen(lut, dense, KernelIsa::kAvx512Vbmi), "direct_avx512vbmi");
  EXPECT_EQ(Chosen(lut, dense, KernelIsa::kAvx2), "row_stationary");
  Conv2dShape depthwise;
  depthwise.in_c = depthwise.out_c = depthwise.groups = 64;
  EXPECT_EQ(Chosen(lut, depthwise, KernelIsa::kAvx512Vbmi), "row_stationary");
  // A filter of the image's size has one output per image: planes would hold it alone.
  depthwise.in_h = depthwise.in_w = depthwise.kernel_h = depthwise.kernel_w = 7;
  depthwise.batch = 64;
  EXPECT_EQ(Chosen(lut, depthwise, KernelIsa::kAvx512Vbmi), "direct_avx512vbmi");
}

TEST(Conv2dChoices, SeparableTablesAreLookedUpByNibblesWithoutVbmi) {
  std::vector<int32_t> products;
  for (int32_t i = 0; i < 65536; ++i) {
    products.push_back(((i >> 12) * 37 + (i >> 8 & 15) * 5) * (i & 7));
  }
  Conv2dShape s;
  s.in_c = s.out_c = 64;
  s.in_h = s.in_w = s.out_h = s.out_w = 14;
  const PlannedLut separable(LutView{products.data(), 8, 8}, {});
  EXPECT_EQ(Chosen(separable, s, KernelIsa::kAvx512Vbmi), "direct_avx512vbmi");
  EXPECT_EQ(Chosen(separable, s, KernelIsa::kAvx2), "separable_avx2");
  products[777] += 1;
  const PlannedLut other(LutView{products.data(), 8, 8}, {});
  EXPECT_EQ(Chosen(other, s, KernelIsa::kAvx2), "expanded_avx2");
}

// Of one term, exact or not: a * b = a * (b - 128) + 128 * a.
KernelPlan ExactPlan() {
  KernelPlan plan;
  PlanTerm term;
  for (int i = 0; i < 256; ++i) {
    plan.offset_a.push_back(128 * i);
    term.u.push_back(static_cast<uint8_t>(i));
    term.v.push_back(static_cast<int8_t>(i - 128));
  }
  plan.offset_b.assign(256, 0);
  plan.terms.push_back(term);
  return plan;
}

std::vector<int32_t> ExactProducts() {
  std::vector<int32_t> products;
  for (int i = 0; i < 65536; ++i) products.push_back((i >> 8) * (i & 255));
  return products;
}

TEST(Conv2dChoices, APlanOfOneTermIsAMatrixProduct) {
  const std::vector<int32_t> products = ExactProducts();
  const PlannedLut lut(LutView{products.data(), 8, 8}, {ExactPlan()});
  Conv2dShape s;
  s.in_c = s.out_c = 64;
  s.in_h = s.in_w = s.out_h = s.out_w = 28;
  EXPECT_EQ(Chosen(lut, s, KernelIsa::kAvx512Vbmi), "gemm_avx512vnni");
  EXPECT_EQ(Chosen(lut, s, KernelIsa::kAvx2), "gemm_avx2");
  EXPECT_EQ(Chosen(lut, s, KernelIsa::kScalar), "gemm_portable");
  s.groups = 64;  // depthwise: hardly a matrix product
  for (const Conv2dChoice& choice : Conv2dChoices(lut, s, KernelIsa::kAvx512Vbmi)) {
    EXPECT_EQ(choice.gemm, nullptr);
  }
}

// Memory for what a window steps over must not be had.
TEST(Conv2dChoices, WindowsThatSpanHugeDistancesAreLookedUp) {
  const std::vector<int32_t> products = ExactProducts();
  const PlannedLut lut(LutView{products.data(), 8, 8}, {ExactPlan()});
  for (int64_t Conv2dShape::*size : {&Conv2dShape::dilation_h, &Conv2dShape::dilation_w,
                                     &Conv2dShape::stride_h, &Conv2dShape::stride_w}) {
    for (int64_t groups : {1, 8}) {
      Conv2dShape s;
      s.in_c = s.out_c = 8;
      s.groups = groups;
      s.kernel_h = s.kernel_w = 3;
      s.in_h = s.in_w = s.out_h = s.out_w = 4;
      s.*size = int64_t{1} << 30;
      s.pad_top = s.pad_left = int64_t{1} << 30;
      const Conv2dChoice choice = Conv2dChoices(lut, s, DetectedKernelIsa())[0];
      EXPECT_EQ(choice.gemm, nullptr);
      const std::vector<uint8_t> filter(static_cast<size_t>(s.FilterCount()), 9);
      Conv2dWeights weights;
      weights.filter = filter.data();
      EXPECT_LT(MakeConv2d(lut, choice, s, weights)->WorkspaceBytes(), int64_t{1} << 24)
          << choice.Name();
    }
  }
}

TEST(Conv2dChoices, AreSortedAndEndInSomethingThatAnyTableCanUse) {
  std::vector<int32_t> products(65536, INT32_MIN);
  products[5] = INT32_MAX;  // no kernel for entries of two bytes
  const PlannedLut lut(LutView{products.data(), 8, 8}, {});
  Conv2dShape s;
  s.in_c = s.out_c = 64;
  s.in_h = s.in_w = s.out_h = s.out_w = 14;
  const auto choices = Conv2dChoices(lut, s, KernelIsa::kAvx512Vbmi);
  ASSERT_FALSE(choices.empty());
  EXPECT_EQ(choices.back().Name(), "reference");
  for (size_t i = 1; i < choices.size(); ++i) {
    EXPECT_LE(choices[i - 1].ns_per_product, choices[i].ns_per_product);
  }
}

// A table with few classes of b only should be indexed by the weights.
TEST(LookupCost, PrefersTheOrderThatIndexesByFewClasses) {
  Conv2dShape s;
  s.in_c = s.out_c = 128;
  s.kernel_h = s.kernel_w = 3;
  s.in_h = s.in_w = s.out_h = s.out_w = 28;
  const auto cost = [&s](int32_t count_a, int32_t count_b, RowOperand rows) {
    PlanResidual residual;
    residual.count_a = count_a;
    residual.count_b = count_b;
    for (int32_t code = 0; code < 256; ++code) {
      residual.class_a.push_back(static_cast<uint8_t>(code % count_a));
      residual.class_b.push_back(static_cast<uint8_t>(code % count_b));
    }
    residual.entries.assign(static_cast<size_t>(count_a * count_b), 65535);
    return LookupCost(kDirectAvx512VbmiLookup, PreparedLut(residual, 8, 8), s, rows);
  };
  EXPECT_LT(cost(154, 14, RowOperand::kA), cost(154, 14, RowOperand::kB));
  EXPECT_LT(cost(14, 154, RowOperand::kB), cost(14, 154, RowOperand::kA));
  s.out_c = 16;  // three of four lanes would be idle
  EXPECT_LT(cost(154, 14, RowOperand::kB), cost(154, 14, RowOperand::kA));
}

TEST(KernelIsa, IsCappedByName) {
  EXPECT_EQ(CappedKernelIsa("scalar"), KernelIsa::kScalar);
  EXPECT_LE(CappedKernelIsa("avx2"), KernelIsa::kAvx2);
  EXPECT_EQ(CappedKernelIsa(""), DetectedKernelIsa());
  EXPECT_EQ(CappedKernelIsa("mmx"), DetectedKernelIsa());
}

}  // namespace
}  // namespace axlut
