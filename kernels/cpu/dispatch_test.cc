// SPDX-License-Identifier: MIT
// Which kernel and which loop order are chosen.
#include "kernels/cpu/dispatch.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "kernels/cpu/direct_avx512vbmi.h"
#include "kernels/cpu/lookup_cost.h"

namespace axlut {
namespace {

TEST(ChooseConv2dKernel, TakesTheFirstThatTheInstructionSetAndTheTableAllow) {
  Conv2dShape s;
  s.in_c = s.out_c = 64;
  s.in_h = s.in_w = s.out_h = s.out_w = 14;
  std::vector<int32_t> products(65536, 0);
  products[1] = 65535;
  const PreparedLut narrow(LutView{products.data(), 8, 8});
  EXPECT_STREQ(ChooseConv2dKernel(narrow, s, KernelIsa::kAvx512Vbmi).name, "direct_avx512vbmi");
  EXPECT_STREQ(ChooseConv2dKernel(narrow, s, KernelIsa::kAvx512).name, "expanded_avx2");
  EXPECT_STREQ(ChooseConv2dKernel(narrow, s, KernelIsa::kAvx2).name, "expanded_avx2");
  EXPECT_STREQ(ChooseConv2dKernel(narrow, s, KernelIsa::kScalar).name, "row_stationary");
  s.groups = 64;  // depthwise: nothing to expand
  EXPECT_STREQ(ChooseConv2dKernel(narrow, s, KernelIsa::kAvx512Vbmi).name, "direct_avx512vbmi");
  EXPECT_STREQ(ChooseConv2dKernel(narrow, s, KernelIsa::kAvx2).name, "row_stationary");
  s.groups = 1;
  products[2] = -1;  // now T - min needs 17 bits
  const PreparedLut wide(LutView{products.data(), 8, 8});
  EXPECT_STREQ(ChooseConv2dKernel(wide, s, KernelIsa::kAvx512Vbmi).name, "row_stationary");
}

TEST(ChooseConv2dKernel, LeavesLayersWithFewOutputsToThePortableKernel) {
  std::vector<int32_t> products(65536, 7);
  products[5] = 65535;  // not separable
  const PreparedLut lut(LutView{products.data(), 8, 8});
  Conv2dShape dense;
  dense.in_c = dense.out_c = 64;
  EXPECT_STREQ(ChooseConv2dKernel(lut, dense, KernelIsa::kAvx512Vbmi).name, "direct_avx512vbmi");
  EXPECT_STREQ(ChooseConv2dKernel(lut, dense, KernelIsa::kAvx2).name, "row_stationary");
  Conv2dShape depthwise;
  depthwise.in_c = depthwise.out_c = depthwise.groups = 64;
  EXPECT_STREQ(ChooseConv2dKernel(lut, depthwise, KernelIsa::kAvx512Vbmi).name, "row_stationary");
}

TEST(ChooseConv2dKernel, TakesSeparableTablesWithoutVbmi) {
  std::vector<int32_t> products;
  for (int32_t i = 0; i < 65536; ++i) {
    products.push_back(((i >> 12) * 37 + (i >> 8 & 15) * 5) * (i & 7));
  }
  const PreparedLut separable(LutView{products.data(), 8, 8});
  Conv2dShape s;
  s.in_c = s.out_c = 64;
  s.in_h = s.in_w = s.out_h = s.out_w = 14;
  EXPECT_STREQ(ChooseConv2dKernel(separable, s, KernelIsa::kAvx512Vbmi).name, "direct_avx512vbmi");
  EXPECT_STREQ(ChooseConv2dKernel(separable, s, KernelIsa::kAvx2).name, "separable_avx2");
  products[777] += 1;
  const PreparedLut other(LutView{products.data(), 8, 8});
  EXPECT_STREQ(ChooseConv2dKernel(other, s, KernelIsa::kAvx2).name, "expanded_avx2");
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

TEST(Conv2dKernels, EndInTheReference) {
  EXPECT_STREQ(Conv2dKernels().back().name, "reference");
  EXPECT_EQ(FindConv2dKernel("reference"), &Conv2dKernels().back());
  EXPECT_EQ(FindConv2dKernel("no such kernel"), nullptr);
}

TEST(KernelIsa, IsCappedByName) {
  EXPECT_EQ(CappedKernelIsa("scalar"), KernelIsa::kScalar);
  EXPECT_LE(CappedKernelIsa("avx2"), KernelIsa::kAvx2);
  EXPECT_EQ(CappedKernelIsa(""), DetectedKernelIsa());
  EXPECT_EQ(CappedKernelIsa("mmx"), DetectedKernelIsa());
}

}  // namespace
}  // namespace axlut
