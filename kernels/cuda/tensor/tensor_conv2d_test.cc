// SPDX-License-Identifier: MIT
// Convolutions on (emulated) tensor cores against the obvious loops.
#include <gtest/gtest.h>

#include "kernels/cuda/tensor/tensor_on_gpu.h"
#include "kernels/plan/quick_plan.h"

namespace axlut {
namespace {

using TensorConv2d = TensorOnGpu;
using WholeTensorConv2d = TensorOnGpu;  // takes a second

std::string NameOf(const ::testing::TestParamInfo<int>& info) {
  return "Sm" + std::to_string(info.param);
}
INSTANTIATE_TEST_SUITE_P(Capability, TensorConv2d, ::testing::Values(75, 80), NameOf);
INSTANTIATE_TEST_SUITE_P(Capability, WholeTensorConv2d, ::testing::Values(80), NameOf);

Conv2dShape RandomShape(std::mt19937* random) {
  const auto one_of = [random](const std::vector<int32_t>& values) {
    return values[static_cast<size_t>(
        RandomBetween(0, static_cast<int32_t>(values.size()) - 1, random))];
  };
  Conv2dShape s;
  s.groups = one_of({1, 1, 1, 2, 3});
  s.batch = one_of({1, 1, 2});
  s.in_c = s.groups * one_of({1, 3, 4, 7, 15, 16, 17, 31, 33, 64, 65});
  s.out_c = s.groups * one_of({1, 7, 8, 9, 16, 31, 33, 63, 65});
  s.kernel_h = one_of({1, 1, 2, 3});
  s.kernel_w = one_of({1, 1, 3, 4});
  s.stride_h = one_of({1, 1, 2, 3});
  s.stride_w = one_of({1, 1, 2, 3});
  s.dilation_h = one_of({1, 1, 2});
  s.dilation_w = one_of({1, 1, 3});
  s.in_h = one_of({1, 3, 5, 8});
  s.in_w = one_of({1, 4, 7, 9});
  s.pad_top = one_of({0, 1, 3});
  s.pad_left = one_of({0, 1, 4});
  s.out_h = one_of({1, 2, 5, 8});
  s.out_w = one_of({1, 3, 7});
  return s;
}

std::vector<int32_t> RandomScales(std::mt19937* random) {
  constexpr int32_t kScales[] = {1, 1, -1, 2, -3, 17, 17};
  std::vector<int32_t> scales(static_cast<size_t>(RandomBetween(1, 5, random)));
  for (int32_t& scale : scales) scale = kScales[RandomBetween(0, 6, random)];
  return scales;
}

TEST_P(TensorConv2d, EqualsTheReferenceForRandomLayersAndPlans) {
  for (uint32_t seed = 1; seed <= 40; ++seed) {
    std::mt19937 random(seed);
    const Conv2dShape shape = RandomShape(&random);
    const int width_a = RandomBetween(0, 2, &random) == 0 ? RandomBetween(1, 7, &random) : 8;
    const int width_b = RandomBetween(0, 2, &random) == 0 ? RandomBetween(1, 7, &random) : 8;
    KernelPlan plan = RandomTermPlan(RandomScales(&random), width_a, width_b, &random);
    if (seed % 3 == 0) plan.residual = RandomResidual(plan, &random);
    SCOPED_TRACE("seed " + std::to_string(seed) + ", " + DescribePlan(plan));
    UsePlan(plan);
    Check(shape, RandomOptions(&random), seed);
    if (HasFatalFailure()) return;
  }
}

// Several tiles, and rows that cross images.
TEST_P(TensorConv2d, EqualsTheReferenceForManyTiles) {
  Conv2dShape shape;
  shape.batch = 3;
  shape.in_h = shape.out_h = 9;
  shape.in_w = shape.out_w = 9;
  shape.in_c = 20;
  shape.out_c = 70;
  shape.kernel_h = shape.kernel_w = 3;
  shape.pad_top = shape.pad_left = 1;
  std::mt19937 random(5);
  UsePlan(RandomTermPlan({1, -5}, 8, 8, &random));
  Check(shape, {}, 5);
}

TEST_P(WholeTensorConv2d, EqualsTheReference) {
  Conv2dShape shape;
  shape.in_h = shape.in_w = shape.out_h = shape.out_w = 28;
  shape.in_c = shape.out_c = 128;
  shape.kernel_h = shape.kernel_w = 3;
  shape.pad_top = shape.pad_left = 1;
  std::mt19937 random(1);
  UsePlan(RandomTermPlan({1}, 8, 8, &random));
  Check(shape, {}, 1);
}

// Through the plans that the runtime uses for tables without stored ones.
TEST_P(TensorConv2d, ExactMultipliersNeedNoResidual) {
  for (const bool is_signed : {false, true}) {
    table_ = std::make_unique<RandomTable>(8, 8, 0, 0, 1);
    for (int32_t i = 0; i < 65536; ++i) {
      const int32_t a = i >> 8;
      const int32_t b = i & 255;
      table_->products[static_cast<size_t>(i)] =
          is_signed ? static_cast<int8_t>(a) * static_cast<int8_t>(b) : a * b;
    }
    const std::vector<KernelPlan> plans = QuickPlans(table_->view, is_signed, is_signed);
    ASSERT_TRUE(GpuTable::Create(&gpu_, table_->view, plans, &gpu_table_).ok());
    EXPECT_EQ(gpu_table_->terms().count, 1);
    EXPECT_EQ(gpu_table_->residual(), nullptr);
    Conv2dShape shape;
    shape.in_h = shape.in_w = shape.out_h = shape.out_w = 6;
    shape.in_c = 32;
    shape.out_c = 24;
    shape.kernel_h = shape.kernel_w = 3;
    shape.pad_top = shape.pad_left = 1;
    Check(shape, {}, 7);
  }
}

// Four at a time only where they lie so.
TEST_P(TensorConv2d, TakesCodesAtAnyAddress) {
  std::mt19937 random(9);
  UsePlan(RandomTermPlan({1}, 8, 8, &random));
  Conv2dShape shape;
  shape.in_w = shape.out_w = 5;
  shape.in_c = 8;
  shape.out_c = 3;
  const Conv2dOnGpu test(*table_, shape, {}, 9);
  GpuBuffer input;
  GpuBuffer workspace;
  const size_t workspace_bytes = TensorWorkspaceBytes(*gpu_table_, shape);
  ASSERT_TRUE(GpuBuffer::Create(&gpu_, test.a.bytes() + 1, "input", &input).ok());
  ASSERT_TRUE(GpuBuffer::Create(&gpu_, workspace_bytes, "workspace", &workspace).ok());
  uint8_t* const odd = input.As<uint8_t>() + 1;
  ASSERT_TRUE(gpu_.CopyToDevice(odd, test.a.data(), test.a.bytes(), nullptr).ok());
  std::vector<int32_t> found;
  const GpuStatus status = test.Run<int32_t>(
      &gpu_,
      [&](GpuCall call) {
        call.a.data = odd;
        call.workspace = workspace.data();
        return LaunchTensorConv2d(
            {gpu_table_.get(), shape, GpuRole::kForward, GpuVariant::kTensor, &call, false});
      },
      &found);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(found, test.Expected<int32_t>());
}

TEST_P(TensorConv2d, ReportsWhichLaunchFailed) {
  std::mt19937 random(3);
  UsePlan(RandomTermPlan({1}, 8, 8, &random));
  Conv2dShape shape;
  shape.in_c = 4;
  GpuBuffer memory;
  const size_t bytes = TensorWorkspaceBytes(*gpu_table_, shape) + 256;
  ASSERT_TRUE(GpuBuffer::Create(&gpu_, bytes, "test", &memory).ok());
  ASSERT_TRUE(gpu_.Fill(memory.data(), 0, bytes, nullptr).ok());
  GpuCall call;
  call.a.data = call.b.data = call.out = memory.As<uint8_t>() + bytes - 256;
  call.workspace = memory.data();
  const Conv2dLaunch launch = {gpu_table_.get(),    shape, GpuRole::kForward,
                               GpuVariant::kTensor, &call, false};
  for (int n = 1; n <= 3; ++n) {
    gpu_.FailCall(GpuCallKind::kLaunch, n, GpuErrorKind::kLaunchFailed);
    const GpuStatus status = LaunchTensorConv2d(launch);
    EXPECT_EQ(status.kind(), GpuErrorKind::kLaunchFailed) << n;
    EXPECT_NE(status.message().find(n < 3 ? "kTensorMap" : "kTensorGemm"), std::string::npos)
        << status.message();
    EXPECT_TRUE(gpu_.has_failed_call());
  }
  EXPECT_TRUE(LaunchTensorConv2d(launch).ok());
}

TEST_P(TensorConv2d, RefusesWindowsThatItCannotCount) {
  std::mt19937 random(3);
  UsePlan(RandomTermPlan({1}, 8, 8, &random));
  GpuCall call;
  Conv2dShape shape;
  shape.kernel_w = shape.in_w = int64_t{1} << 29;  // of one channel, padded to four bytes
  const GpuStatus status = LaunchTensorConv2d(
      {gpu_table_.get(), shape, GpuRole::kForward, GpuVariant::kTensor, &call, false});
  EXPECT_EQ(status.kind(), GpuErrorKind::kUnsupported);
  EXPECT_NE(status.message().find("found 2147483648"), std::string::npos) << status.message();
}

}  // namespace
}  // namespace axlut
