// SPDX-License-Identifier: MIT
#include "kernels/cuda/choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "kernels/cuda/host/host_gpu.h"
#include "kernels/plan/quick_plan.h"

namespace axlut {
namespace {

using ::testing::HasSubstr;

struct Device {
  explicit Device(int capability, bool is_exact = false) : gpu({.capability = capability}) {
    std::mt19937 random(3);
    std::vector<int32_t> products(65536);
    for (int i = 0; i < 65536; ++i) {
      products[i] = is_exact ? (i >> 8) * (i & 255) : static_cast<int32_t>(random() & 0xffff);
    }
    const LutView lut{products.data(), 8, 8};
    const GpuStatus status = GpuTable::Create(
        &gpu, lut, is_exact ? QuickPlans(lut, false, false) : std::vector<KernelPlan>(), &table);
    EXPECT_TRUE(status.ok()) << status.message();
  }

  HostGpu gpu;
  std::unique_ptr<GpuTable> table;
};

// 28x28x128 -> 3x3x128, batch 8.
constexpr GpuProblem kLarge = {.rows = 8 * 28 * 28, .columns = 128, .depth = 1152};

std::vector<GpuVariant> VariantsOf(const GpuTable& table, const GpuProblem& problem) {
  std::vector<GpuVariant> variants;
  for (const GpuChoice& choice : GpuChoices(table, problem)) variants.push_back(choice.variant);
  return variants;
}

TEST(GpuChoice, AnExactTableRunsOnTensorCores) {
  for (const int capability : {75, 80, 86, 89, 90, 100}) {
    Device device(capability, true);
    EXPECT_EQ(VariantsOf(*device.table, kLarge).front(), GpuVariant::kTensor) << capability;
  }
}

TEST(GpuChoice, OneRowLeavesTensorCoresIdle) {
  Device device(90, true);
  GpuProblem dense;
  dense.rows = 1;
  dense.columns = dense.depth = 1024;
  EXPECT_EQ(VariantsOf(*device.table, dense).front(), GpuVariant::kL1);
  dense.rows = 64;
  EXPECT_EQ(VariantsOf(*device.table, dense).front(), GpuVariant::kTensor);
}

TEST(GpuChoice, ATableWithoutAPlanNeverRunsOnTensorCores) {
  Device device(90);
  for (const GpuVariant variant : VariantsOf(*device.table, kLarge)) {
    EXPECT_NE(variant, GpuVariant::kTensor);
  }
}

TEST(GpuChoice, SmallL1CachesLeaveTablesToTheTextureUnits) {
  Device device(75);
  EXPECT_EQ(VariantsOf(*device.table, kLarge).front(), GpuVariant::kTexture);
}

TEST(GpuChoice, NarrowOutputsDoNotFillTheLanesThatShareARow) {
  Device device(90);
  const GpuProblem narrow = {.rows = 3, .columns = 3, .depth = 27};
  EXPECT_EQ(VariantsOf(*device.table, narrow).front(), GpuVariant::kTexture);
}

TEST(GpuChoice, DepthwiseLayersAndGradientsHaveNoTensorKernel) {
  Device device(90, true);
  GpuProblem problem = kLarge;
  problem.is_depthwise = true;
  EXPECT_THAT(VariantsOf(*device.table, problem),
              ::testing::ElementsAre(GpuVariant::kTexture, GpuVariant::kL1));
  problem = kLarge;
  problem.is_forward = false;
  for (const GpuVariant variant : VariantsOf(*device.table, problem)) {
    EXPECT_NE(variant, GpuVariant::kTensor);
  }
}

TEST(GpuChoice, DepthwiseLayersTakeL1WhereTheirLanesShareRows) {
  GpuProblem problem = kLarge;
  problem.is_depthwise = true;
  problem.planes_filled = 0.9;
  Device large(90);
  EXPECT_EQ(VariantsOf(*large.table, problem).front(), GpuVariant::kL1);
  Device small(75);
  EXPECT_EQ(VariantsOf(*small.table, problem).front(), GpuVariant::kTexture);
  problem.planes_filled = 0.3;
  EXPECT_EQ(VariantsOf(*large.table, problem).front(), GpuVariant::kTexture);
}

TEST(GpuChoice, AWishForAVariantThatCannotRunNamesThoseThatCan) {
  Device device(75);
  GpuVariant variant = GpuVariant::kAuto;
  const GpuStatus status = ChooseGpuVariant(*device.table, kLarge, GpuVariant::kTensor, &variant);
  EXPECT_EQ(status.kind(), GpuErrorKind::kUnsupported);
  EXPECT_THAT(status.message(), HasSubstr("no 'tensor' kernel"));
  EXPECT_THAT(status.message(), HasSubstr("possible: texture"));
}

TEST(GpuChoice, TheEnvironmentOverridesTheChoiceButNotAWish) {
  Device device(90, true);
  GpuVariant variant = GpuVariant::kAuto;
  ASSERT_EQ(setenv("AXLUT_GPU_KERNEL", "l1", 1), 0);
  EXPECT_TRUE(ChooseGpuVariant(*device.table, kLarge, GpuVariant::kAuto, &variant).ok());
  EXPECT_EQ(variant, GpuVariant::kL1);
  EXPECT_TRUE(ChooseGpuVariant(*device.table, kLarge, GpuVariant::kTexture, &variant).ok());
  EXPECT_EQ(variant, GpuVariant::kTexture);
  ASSERT_EQ(setenv("AXLUT_GPU_KERNEL", "textures", 1), 0);
  const GpuStatus status = ChooseGpuVariant(*device.table, kLarge, GpuVariant::kAuto, &variant);
  EXPECT_EQ(status.kind(), GpuErrorKind::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("found 'textures'"));
  ASSERT_EQ(unsetenv("AXLUT_GPU_KERNEL"), 0);
  EXPECT_TRUE(ChooseGpuVariant(*device.table, kLarge, GpuVariant::kAuto, &variant).ok());
  EXPECT_EQ(variant, GpuVariant::kTensor);
}

}  // namespace
}  // namespace axlut
