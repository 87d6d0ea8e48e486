// SPDX-License-Identifier: MIT
// Layers as callers see them: every variant that can run, every role, every kind of output, on
// tables whose plan has terms, a residual, both or neither.
#include "kernels/cuda/gpu_conv2d.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "kernels/cuda/choice.h"
#include "kernels/cuda/host/host_gpu.h"
#include "kernels/cuda/testing/run_layer.h"
#include "kernels/plan/quick_plan.h"

namespace axlut {
namespace {

using ::testing::HasSubstr;

constexpr GpuVariant kVariants[] = {GpuVariant::kAuto, GpuVariant::kTexture, GpuVariant::kL1,
                                    GpuVariant::kShared, GpuVariant::kTensor};
constexpr GpuRole kRoles[] = {GpuRole::kForward, GpuRole::kInputGradient, GpuRole::kFilterGradient};
constexpr GpuSum kSums[] = {GpuSum::kInt32, GpuSum::kInt64, GpuSum::kFloat};

Conv2dShape Shape(int64_t groups) {
  Conv2dShape shape;
  shape.batch = 2;
  shape.in_h = 6, shape.in_w = 5, shape.in_c = 3 * groups;
  shape.kernel_h = 3, shape.kernel_w = 2;
  shape.stride_h = 2, shape.dilation_w = 2;
  shape.pad_top = 1, shape.pad_left = 1;
  shape.out_h = 3, shape.out_w = 5, shape.out_c = 5 * groups;
  shape.groups = groups;
  return shape;
}

Conv2dShape DepthwiseShape() {
  Conv2dShape shape = Shape(1);
  shape.in_c = shape.groups = 7;
  shape.out_c = 14;
  return shape;
}

std::unique_ptr<GpuTable> MakeTable(Gpu* gpu, const RandomTable& table) {
  std::unique_ptr<GpuTable> made;
  const GpuStatus status =
      GpuTable::Create(gpu, table.view, QuickPlans(table.view, false, false), &made);
  EXPECT_TRUE(status.ok()) << status.message();
  return made;
}

// Adds the number of layers that ran to *count.
void CheckAll(Gpu* gpu, const RandomTable& table, const Conv2dShape& shape, int* count) {
  const std::unique_ptr<GpuTable> gpu_table = MakeTable(gpu, table);
  uint32_t seed = 0;
  for (const GpuRole role : kRoles) {
    for (const GpuVariant variant : kVariants) {
      GpuConv2d conv2d;
      const GpuStatus status = GpuConv2d::Create(gpu_table.get(), shape, role, variant, &conv2d);
      if (status.kind() == GpuErrorKind::kUnsupported && variant != GpuVariant::kAuto) continue;
      ASSERT_TRUE(status.ok()) << status.message();
      ASSERT_NE(conv2d.variant(), GpuVariant::kAuto);
      for (const GpuSum sum : kSums) {
        Conv2dOnGpuOptions options;
        options.role = role;
        options.sum = sum;
        options.float_a = sum == GpuSum::kFloat;
        options.device_quantization = ++seed % 2 == 0;
        options.subtract_zero_points = seed % 5 != 0;
        options.per_channel_b = role == GpuRole::kForward && seed % 3 == 0;
        const Conv2dOnGpu one(table, shape, options, seed);
        SCOPED_TRACE(conv2d.name() + " role " + std::to_string(static_cast<int>(role)) + " sum " +
                     std::to_string(static_cast<int>(sum)) + " " + ProblemString(shape) + " seed " +
                     std::to_string(seed));
        ASSERT_TRUE(EqualsReference(gpu, conv2d, one));
        ++*count;
      }
    }
  }
}

TEST(GpuConv2d, EveryVariantThatCanRunGivesWhatTheReferenceGives) {
  int count = 0;
  for (const int capability : {75, 86, 90}) {
    HostGpu gpu({.capability = capability, .is_deferred = true});
    for (const uint32_t error_span : {0u, 40u, 50000u}) {
      const auto table = NearlyExactTable(error_span);
      for (const Conv2dShape& shape : {Shape(1), Shape(2), DepthwiseShape()}) {
        SCOPED_TRACE("sm_" + std::to_string(capability) + " errors to " +
                     std::to_string(error_span));
        CheckAll(&gpu, *table, shape, &count);
        if (HasFatalFailure()) return;
      }
    }
  }
  EXPECT_GT(count, 400);
}

TEST(GpuConv2d, TablesThatNeedThirtyTwoBitsRunToo) {
  HostGpu gpu({.capability = 80});
  const RandomTable table(8, 8, -1000000, 2000000, 3);
  const RandomTable narrow(8, 4, -100000, 200000, 4);
  int count = 0;
  for (const Conv2dShape& shape : {Shape(1), DepthwiseShape()}) {
    CheckAll(&gpu, table, shape, &count);
    CheckAll(&gpu, narrow, shape, &count);
  }
  EXPECT_GT(count, 30);
}

// 2^31 is passed: 40000 products of up to 65535.
TEST(GpuConv2d, FloatsComeFromExactSumsBeyond32Bits) {
  HostGpu gpu({.capability = 90});
  const RandomTable table(8, 8, 65000, 535, 5);
  const std::unique_ptr<GpuTable> gpu_table = MakeTable(&gpu, table);
  Conv2dShape shape;
  shape.in_c = 40000;
  shape.out_c = 3;
  for (const GpuVariant variant : {GpuVariant::kTexture, GpuVariant::kL1, GpuVariant::kShared}) {
    GpuConv2d conv2d;
    ASSERT_TRUE(
        GpuConv2d::Create(gpu_table.get(), shape, GpuRole::kForward, variant, &conv2d).ok());
    Conv2dOnGpuOptions options;
    options.sum = GpuSum::kFloat;
    options.subtract_zero_points = false;
    const Conv2dOnGpu one(table, shape, options, 1);
    GpuCall call;
    call.sum = GpuSum::kFloat;
    EXPECT_GT(conv2d.WorkspaceBytes(call), 0u);
    EXPECT_TRUE(EqualsReference(&gpu, conv2d, one)) << conv2d.name();
  }
}

// Sums that several blocks add to become floats where they are, but for the depthwise kernels.
TEST(GpuConv2d, FloatFilterGradientsNeedAWorkspaceOnlyIfDepthwise) {
  HostGpu gpu({.capability = 90});
  const auto table = NearlyExactTable(40);
  const std::unique_ptr<GpuTable> gpu_table = MakeTable(&gpu, *table);
  GpuCall call;
  call.sum = GpuSum::kFloat;
  for (const Conv2dShape& shape : {Shape(1), Shape(2), DepthwiseShape()}) {
    for (const GpuVariant variant : {GpuVariant::kTexture, GpuVariant::kL1, GpuVariant::kShared}) {
      GpuConv2d conv2d;
      const GpuStatus status =
          GpuConv2d::Create(gpu_table.get(), shape, GpuRole::kFilterGradient, variant, &conv2d);
      if (status.kind() == GpuErrorKind::kUnsupported) continue;
      ASSERT_TRUE(status.ok()) << status.message();
      const bool is_depthwise = conv2d.name().find("depthwise") == 0;
      EXPECT_EQ(conv2d.WorkspaceBytes(call) > 0, is_depthwise) << conv2d.name();
    }
  }
}

TEST(GpuConv2d, RunsOnTheCallersStreamAndNeverWaits) {
  HostGpu gpu({.capability = 80});
  const auto table = NearlyExactTable(40);
  const std::unique_ptr<GpuTable> gpu_table = MakeTable(&gpu, *table);
  GpuStream stream = nullptr;
  ASSERT_TRUE(gpu.CreateStream(&stream).ok());
  for (const GpuRole role : kRoles) {
    for (const GpuSum sum : kSums) {
      GpuConv2d conv2d;
      ASSERT_TRUE(
          GpuConv2d::Create(gpu_table.get(), Shape(1), role, GpuVariant::kAuto, &conv2d).ok());
      Conv2dOnGpuOptions options;
      options.role = role;
      options.sum = sum;
      const Conv2dOnGpu one(*table, Shape(1), options, 9);
      std::vector<int64_t> out;
      const auto launch = [&](GpuCall call) {
        GpuBuffer workspace;
        AXLUT_RETURN_IF_GPU_ERROR(
            GpuBuffer::Create(&gpu, conv2d.WorkspaceBytes(call), "workspace", &workspace));
        call.workspace = workspace.data();
        call.stream = stream;
        gpu.ForgetCalls();
        AXLUT_RETURN_IF_GPU_ERROR(conv2d.Run(call));
        EXPECT_EQ(gpu.CountCalls(GpuCallKind::kSynchronize), 0);
        EXPECT_EQ(gpu.CountCalls(GpuCallKind::kAllocate), 0);
        for (const HostGpuCall& made : gpu.calls()) EXPECT_EQ(made.stream, stream) << made.what;
        return gpu.Synchronize(stream);
      };
      ASSERT_TRUE(one.Run(&gpu, launch, &out).ok());
    }
  }
  gpu.DestroyStream(stream);
}

TEST(GpuConv2d, RefusesShapesThatContradictThemselves) {
  HostGpu gpu;
  const RandomTable table(8, 8, 0, 1000, 3);
  const std::unique_ptr<GpuTable> gpu_table = MakeTable(&gpu, table);
  const auto message_of = [&](Conv2dShape shape) {
    GpuConv2d conv2d;
    const GpuStatus status =
        GpuConv2d::Create(gpu_table.get(), shape, GpuRole::kForward, GpuVariant::kAuto, &conv2d);
    EXPECT_EQ(status.kind(), GpuErrorKind::kInvalidArgument);
    return status.message();
  };
  Conv2dShape shape = Shape(1);
  shape.out_w = 0;
  EXPECT_THAT(message_of(shape), HasSubstr("out_w is 0"));
  EXPECT_THAT(message_of(shape), HasSubstr("conv2d n2h6w5c3_k3x2o5s2x1"));
  shape = Shape(1);
  shape.groups = 2;
  EXPECT_THAT(message_of(shape), HasSubstr("3 input and 5 output channels in 2 groups"));
  shape = Shape(1);
  shape.batch = int64_t{1} << 30;
  EXPECT_THAT(message_of(shape), HasSubstr("less than 2^31 elements"));
  shape = Shape(1);
  shape.pad_left = -1;
  EXPECT_THAT(message_of(shape), HasSubstr("padding -1"));
  shape = Shape(1);
  shape.dilation_h = int64_t{1} << 30;
  EXPECT_THAT(message_of(shape), HasSubstr("dilation 1073741824"));
}

TEST(GpuConv2d, AFailedLaunchNamesTheKernelAndTheShape) {
  HostGpu gpu({.capability = 90});
  const auto table = NearlyExactTable(40);
  const std::unique_ptr<GpuTable> gpu_table = MakeTable(&gpu, *table);
  int failures = 0;
  for (const GpuRole role : kRoles) {
    // The terms' kernels, the residual's and the sums', or one.
    const GpuVariant variant = role == GpuRole::kForward ? GpuVariant::kTensor : GpuVariant::kAuto;
    GpuConv2d conv2d;
    ASSERT_TRUE(GpuConv2d::Create(gpu_table.get(), Shape(1), role, variant, &conv2d).ok());
    Conv2dOnGpuOptions options;
    options.role = role;
    options.sum = GpuSum::kFloat;
    const Conv2dOnGpu one(*table, Shape(1), options, 9);
    for (int n = 1;; ++n) {
      std::vector<float> out;
      const auto launch = [&](GpuCall call) {
        GpuBuffer workspace;
        AXLUT_RETURN_IF_GPU_ERROR(
            GpuBuffer::Create(&gpu, conv2d.WorkspaceBytes(call), "workspace", &workspace));
        call.workspace = workspace.data();
        gpu.FailCall(GpuCallKind::kLaunch, n, GpuErrorKind::kLaunchFailed);
        return conv2d.Run(call);
      };
      const GpuStatus status = one.Run(&gpu, launch, &out);
      if (status.ok()) break;
      ++failures;
      EXPECT_EQ(status.kind(), GpuErrorKind::kLaunchFailed);
      EXPECT_THAT(status.message(), HasSubstr("n2h6w5c3_k3x2o5s2x1"));
    }
  }
  EXPECT_GE(failures, 7);
}

}  // namespace
}  // namespace axlut
