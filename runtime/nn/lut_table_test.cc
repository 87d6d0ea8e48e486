// SPDX-License-Identifier: MIT
// How a table comes by its plans, and that layers use them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/cpu/isa.h"
#include "kernels/plan/plan_codec.h"
#include "runtime/nn/lut_conv2d.h"

namespace axlut {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// T = a * b with small errors all over, which have no rank to speak of.
TruthTable NearlyExact() {
  std::vector<int32_t> products;
  for (int32_t a = 0; a < 256; ++a) {
    for (int32_t b = 0; b < 256; ++b) {
      products.push_back(a * b + (((37 * a) ^ (11 * b)) % 7 == 0 ? 3 : 0));
    }
  }
  return *TruthTable::Create({}, {}, {17, Signedness::kUnsigned}, std::move(products));
}

// The plan that a file of NearlyExact() could hold.
KernelPlan TablePlanOf(const TruthTable& table) {
  return *TablePlan({table.products().data(), table.a().width, table.b().width});
}

Conv2dShape ImageShape() {
  Conv2dShape shape;
  shape.in_h = shape.in_w = shape.out_h = shape.out_w = 12;
  shape.in_c = 16;
  shape.out_c = 40;
  shape.kernel_h = shape.kernel_w = 3;
  shape.pad_top = shape.pad_left = 1;
  return shape;
}

std::vector<uint8_t> SomeCodes(int64_t count) {
  std::vector<uint8_t> codes(static_cast<size_t>(count));
  for (size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<uint8_t>(i * i * 7 + i / 3);
  return codes;
}

TEST(LutTable, WithoutStoredPlansMakesQuickOnes) {
  const auto table = LutTable::Create(NearlyExact());
  ASSERT_TRUE(table.ok());
  EXPECT_FALSE((*table)->has_stored_plans());
  EXPECT_EQ((*table)->plan_error(), "");
  const Conv2dShape shape = ImageShape();
  const auto layer = LutConv2d::Create(*table, shape, SomeCodes(shape.FilterCount()), 3, {5});
  ASSERT_TRUE(layer.ok());
  if (DetectedKernelIsa() >= KernelIsa::kAvx512Vbmi) {
    EXPECT_THAT(layer->kernel_name(), StartsWith("gemm_"));
    EXPECT_THAT(layer->kernel_name(), HasSubstr("+direct_avx512vbmi"));
    EXPECT_THAT(layer->plan_name(), StartsWith("1 term, 1 byte plane of "));
  }
}

TEST(LutTable, UsesThePlansOfTheFile) {
  const TruthTable truth = NearlyExact();
  const auto table = LutTable::Create(truth, EncodePlans({TablePlanOf(truth)}));
  ASSERT_TRUE(table.ok());
  EXPECT_TRUE((*table)->has_stored_plans());
  EXPECT_EQ((*table)->plan_error(), "");
}

TEST(LutTable, APlanThatIsWrongIsNamedAndNotUsed) {
  const TruthTable truth = NearlyExact();
  KernelPlan plan = TablePlanOf(truth);
  ++plan.offset_a[7];
  const auto table = LutTable::Create(truth, EncodePlans({TablePlanOf(truth), plan}));
  ASSERT_TRUE(table.ok());
  EXPECT_FALSE((*table)->has_stored_plans());
  EXPECT_EQ((*table)->plan_error(),
            "plan 1: product of the bit patterns 7 and 0 must be 3, got 4");
  const Conv2dShape shape = ImageShape();
  const std::vector<uint8_t> input = SomeCodes(shape.InputCount());
  const std::vector<uint8_t> filter = SomeCodes(shape.FilterCount());
  std::vector<int32_t> out(static_cast<size_t>(shape.OutputCount()));
  std::vector<int32_t> expected(out.size());
  LutConv2d::Create(*table, shape, filter, 3, {5})->Run(input.data(), 1, out.data(), SerialFor());
  LutConv2d::Create(*table, shape, filter, 3, {5}, {"reference"})
      ->Run(input.data(), 1, expected.data(), SerialFor());
  EXPECT_EQ(out, expected);
}

TEST(LutTable, BytesThatAreNoPlansAreNamedAndNotUsed) {
  const auto table = LutTable::Create(NearlyExact(), {1, 2, 3});
  ASSERT_TRUE(table.ok());
  EXPECT_FALSE((*table)->has_stored_plans());
  EXPECT_NE((*table)->plan_error(), "");
}

TEST(LutConv2dOptions, ALayerStaysWithinAnInstructionSet) {
  const auto table = *LutTable::Create(*ExactTable({}, {}));
  const Conv2dShape shape = ImageShape();
  const std::vector<uint8_t> filter = SomeCodes(shape.FilterCount());
  LutConv2dOptions options;
  options.max_isa = "scalar";
  const auto layer = LutConv2d::Create(table, shape, filter, 0, {0}, options);
  ASSERT_TRUE(layer.ok());
  EXPECT_EQ(layer->kernel_name(), "gemm_portable");
  EXPECT_EQ(layer->plan_name(), "1 term");
  options.max_isa = "mmx";
  const auto refused = LutConv2d::Create(table, shape, filter, 0, {0}, options);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message(), "there is no instruction set 'mmx'");
}

TEST(LutConv2dOptions, AnUnknownKernelIsNamedWithThoseThatExist) {
  const auto table = *LutTable::Create(NearlyExact());
  const Conv2dShape shape = ImageShape();
  const std::vector<uint8_t> filter = SomeCodes(shape.FilterCount());
  const auto unknown = LutConv2d::Create(table, shape, filter, 0, {0}, {"quick"});
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().code(), ErrorCode::kInvalidInput);
  EXPECT_THAT(unknown.error().ToString(), HasSubstr("gemm_portable"));
  const auto no_plan = LutConv2d::Create(table, shape, filter, 0, {0}, {"gemm_portable"});
  ASSERT_FALSE(no_plan.ok());
  EXPECT_EQ(no_plan.error().code(), ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace axlut
