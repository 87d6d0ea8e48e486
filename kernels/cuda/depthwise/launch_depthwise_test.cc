// SPDX-License-Identifier: MIT
// The depthwise kernels, run on the host, against kernels/reference.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "kernels/cuda/launches.h"
#include "kernels/cuda/testing/table_on_gpu.h"

namespace axlut {
namespace {

constexpr GpuRole kRoles[] = {GpuRole::kForward, GpuRole::kInputGradient, GpuRole::kFilterGradient};

struct ShapeSizes {
  int64_t in_c = 1, multiplier = 1;
  int64_t kernel_h = 3, kernel_w = 3;
  int64_t in_h = 5, in_w = 6;
  int64_t stride_h = 1, stride_w = 1;
  int64_t dilation_h = 1, dilation_w = 1;
  int64_t batch = 1;
  int64_t pad = -1;  // of every side; -1: SAME
};

Conv2dShape Depthwise(const ShapeSizes& sizes) {
  Conv2dShape s;
  s.batch = sizes.batch;
  s.in_h = sizes.in_h;
  s.in_w = sizes.in_w;
  s.in_c = s.groups = sizes.in_c;
  s.out_c = sizes.in_c * sizes.multiplier;
  s.kernel_h = sizes.kernel_h;
  s.kernel_w = sizes.kernel_w;
  s.stride_h = sizes.stride_h;
  s.stride_w = sizes.stride_w;
  s.dilation_h = sizes.dilation_h;
  s.dilation_w = sizes.dilation_w;
  const int64_t window_h = (s.kernel_h - 1) * s.dilation_h + 1;
  const int64_t window_w = (s.kernel_w - 1) * s.dilation_w + 1;
  if (sizes.pad < 0) {
    s.pad_top = (window_h - 1) / 2;
    s.pad_left = (window_w - 1) / 2;
    s.out_h = (s.in_h + s.stride_h - 1) / s.stride_h;
    s.out_w = (s.in_w + s.stride_w - 1) / s.stride_w;
  } else {
    s.pad_top = s.pad_left = sizes.pad;
    s.out_h = (s.in_h + 2 * sizes.pad - window_h) / s.stride_h + 1;
    s.out_w = (s.in_w + 2 * sizes.pad - window_w) / s.stride_w + 1;
  }
  return s;
}

class DepthwiseOnGpu : public TableOnGpu {
 protected:
  template <typename Out>
  void ExpectEqual(const Conv2dShape& shape, GpuVariant variant,
                   const Conv2dOnGpuOptions& options) {
    SCOPED_TRACE(ProblemString(shape) + " role " + std::to_string(static_cast<int>(options.role)) +
                 " variant " + std::to_string(static_cast<int>(variant)));
    TableOnGpu::ExpectEqual<Out>({*table_, shape, options, seed_++}, [&](const GpuCall& call) {
      return LaunchDepthwiseConv2d(
          {gpu_table_.get(), shape, options.role, variant, &call, options.add_to_out});
    });
  }

  // Those that take the table.
  std::vector<GpuVariant> Variants() const {
    if (gpu_table_->images().entries16 == nullptr) return {GpuVariant::kTexture};
    return {GpuVariant::kTexture, GpuVariant::kL1};
  }

  // Of the only launch since ForgetCalls().
  std::string LaunchedKernel() const {
    for (const HostGpuCall& call : gpu_->calls()) {
      if (call.kind == GpuCallKind::kLaunch) return call.what;
    }
    return "";
  }

  // Every role and variant, with bytes to int32_t.
  void ExpectEqualInEveryRole(const Conv2dShape& shape) {
    for (const GpuRole role : kRoles) {
      for (const GpuVariant variant : Variants()) {
        Conv2dOnGpuOptions options;
        options.role = role;
        ExpectEqual<int32_t>(shape, variant, options);
        if (HasFatalFailure()) return;
      }
    }
  }
};

TEST_F(DepthwiseOnGpu, EqualsTheReferenceForEveryKernelSize) {
  for (const int64_t kernel_h : {1, 2, 3, 4, 5, 6, 7}) {
    for (const int64_t kernel_w : {1, 2, 3, 4, 5, 6, 7}) {
      if (kernel_h > 3 && kernel_h != kernel_w && kernel_w > 3) continue;
      ExpectEqualInEveryRole(
          Depthwise({.in_c = 3, .kernel_h = kernel_h, .kernel_w = kernel_w, .in_w = 7}));
      if (HasFatalFailure()) return;
    }
  }
}

TEST_F(DepthwiseOnGpu, EqualsTheReferenceForEveryTailOfChannels) {
  for (const int64_t in_c : {1, 3, 31, 32, 33, 70}) {
    for (const int64_t multiplier : {1, 2, 3}) {
      ExpectEqualInEveryRole(Depthwise({.in_c = in_c, .multiplier = multiplier}));
      if (HasFatalFailure()) return;
    }
  }
}

TEST_F(DepthwiseOnGpu, EqualsTheReferenceForEveryTailOfColumns) {
  for (const int64_t kernel_w : {3, 5, 2}) {
    for (const int64_t stride : {1, 2, 3}) {
      for (int64_t in_w = 1; in_w <= 10; ++in_w) {
        ExpectEqualInEveryRole(Depthwise(
            {.in_c = 2, .kernel_w = kernel_w, .in_h = 3, .in_w = in_w, .stride_w = stride}));
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST_F(DepthwiseOnGpu, EqualsTheReferenceForStridesDilationsAndPaddings) {
  for (const int64_t kernel : {3, 4, 5}) {
    for (const int64_t stride_h : {1, 2}) {
      for (const int64_t stride_w : {1, 2, 3}) {
        for (const int64_t dilation_w : {1, 2, 3}) {
          for (const int64_t pad : {-1, 0, 2}) {
            ExpectEqualInEveryRole(Depthwise({.in_c = 2,
                                              .kernel_h = 3,
                                              .kernel_w = kernel,
                                              .in_h = 8,
                                              .in_w = 15,
                                              .stride_h = stride_h,
                                              .stride_w = stride_w,
                                              .dilation_h = 3 - stride_h,
                                              .dilation_w = dilation_w,
                                              .pad = pad}));
            if (HasFatalFailure()) return;
          }
        }
      }
    }
  }
}

TEST_F(DepthwiseOnGpu, WindowsMayLeaveTheImage) {
  Conv2dShape shape = Depthwise({.in_c = 3, .kernel_h = 5, .kernel_w = 5});
  shape.pad_top = 7;
  shape.pad_left = 20;
  shape.out_h = 11;
  ExpectEqualInEveryRole(shape);
  shape.pad_left = 0;
  shape.out_w = 17;
  ExpectEqualInEveryRole(shape);
}

// More rows, images and columns than the warps of one block take at a time.
TEST_F(DepthwiseOnGpu, EqualsTheReferenceForManyPositions) {
  ExpectEqualInEveryRole(Depthwise({.in_c = 4, .in_h = 9, .in_w = 9, .batch = 5}));
  ExpectEqualInEveryRole(Depthwise({.in_c = 1, .kernel_h = 1, .in_h = 1, .in_w = 150}));
  ExpectEqualInEveryRole(
      Depthwise({.in_c = 1, .kernel_h = 2, .kernel_w = 2, .in_h = 2, .in_w = 70}));
}

TEST_F(DepthwiseOnGpu, EqualsTheReferenceForAWholeLayer) {
  ExpectEqualInEveryRole(Depthwise({.in_c = 128, .in_h = 28, .in_w = 28}));
}

TEST_F(DepthwiseOnGpu, EqualsTheReferenceForEveryTypeOfOperandAndSum) {
  const Conv2dShape shapes[] = {
      Depthwise({.in_c = 5, .multiplier = 2}), Depthwise({.in_c = 3, .stride_w = 2}),
      Depthwise({.in_c = 3, .kernel_w = 5}), Depthwise({.in_c = 3, .kernel_w = 4})};
  for (int bits = 0; bits < 32; ++bits) {
    Conv2dOnGpuOptions options;
    options.float_a = (bits & 1) != 0;
    options.float_b = (bits & 2) != 0;
    options.subtract_zero_points = (bits & 4) != 0;
    options.device_quantization = (bits & 8) != 0;
    options.per_channel_b = (bits & 16) != 0 && !options.float_b;
    for (const GpuRole role : kRoles) {
      if (role != GpuRole::kForward) options.per_channel_b = false;
      options.role = role;
      for (const GpuVariant variant : Variants()) {
        for (const Conv2dShape& shape : shapes) {
          options.add_to_out = (bits & 1) != 0;
          options.sum = GpuSum::kInt32;
          ExpectEqual<int32_t>(shape, variant, options);
          options.sum = GpuSum::kInt64;
          ExpectEqual<int64_t>(shape, variant, options);
          options.add_to_out = false;
          options.sum = GpuSum::kFloat;
          if (role != GpuRole::kFilterGradient) ExpectEqual<float>(shape, variant, options);
          if (HasFatalFailure()) return;
        }
      }
    }
  }
}

// Several tiles, bands of columns and blocks of channels; the kernel that runs is the one meant.
TEST_F(DepthwiseOnGpu, PlanesEqualTheReference) {
  const ShapeSizes sizes[] = {
      {.in_c = 9, .in_h = 12, .in_w = 12, .batch = 2},
      {.in_c = 8, .in_h = 3, .in_w = 65},
      {.in_c = 33, .in_h = 2, .in_w = 130},
      {.in_c = 70, .kernel_h = 5, .kernel_w = 4, .in_h = 13, .in_w = 11, .batch = 3},
      {.in_c = 16, .in_h = 25, .in_w = 27, .stride_h = 2, .stride_w = 2},
      {.in_c = 11, .multiplier = 3, .in_h = 30, .in_w = 7, .stride_h = 3, .stride_w = 1},
      {.in_c = 12, .in_h = 20, .in_w = 20, .dilation_h = 3, .dilation_w = 2},
      {.in_c = 8, .kernel_h = 1, .kernel_w = 1, .in_h = 1, .in_w = 1, .batch = 7},
      // Planes so large that only some channels fit.
      {.in_c = 40, .kernel_h = 7, .kernel_w = 7, .in_h = 10, .in_w = 40, .dilation_w = 3}};
  for (const ShapeSizes& size : sizes) {
    for (const bool is_float : {false, true}) {
      Conv2dOnGpuOptions options;
      options.float_a = options.float_b = is_float;
      options.per_channel_b = !is_float;
      gpu_->ForgetCalls();
      ExpectEqual<int32_t>(Depthwise(size), GpuVariant::kL1, options);
      EXPECT_EQ(LaunchedKernel(), "kDepthwisePlanesSum32");
      options.sum = GpuSum::kInt64;
      options.add_to_out = true;
      gpu_->ForgetCalls();
      ExpectEqual<int64_t>(Depthwise(size), GpuVariant::kL1, options);
      EXPECT_EQ(LaunchedKernel(), "kDepthwisePlanesSum64");
    }
  }
}

TEST(DepthwisePlanesFilled, CountsThePositionsAndChannelsThatExist) {
  EXPECT_EQ(DepthwisePlanesFilled(Depthwise({.in_c = 64, .in_h = 32, .in_w = 32})), 1.0);
  EXPECT_EQ(DepthwisePlanesFilled(Depthwise({.in_c = 64, .in_h = 7, .in_w = 7})), 49.0 / 64);
  EXPECT_EQ(DepthwisePlanesFilled(Depthwise({.in_c = 9, .in_h = 4, .in_w = 8})), 9.0 / 16);
  EXPECT_EQ(DepthwisePlanesFilled(Depthwise({.in_c = 7, .in_h = 32, .in_w = 32})), 0);
}

TEST_F(DepthwiseOnGpu, LayersWhosePlanesDoNotFitRunWithoutThem) {
  const ShapeSizes sizes[] = {
      {.in_c = 7},  // fewer channels than warps
      {.in_c = 8, .in_h = 6, .in_w = 9, .dilation_h = 60, .dilation_w = 50},
      {.in_c = 8, .in_h = 6, .in_w = 9, .dilation_h = 100000, .dilation_w = 2}};
  for (const ShapeSizes& size : sizes) {
    gpu_->ForgetCalls();
    ExpectEqual<int32_t>(Depthwise(size), GpuVariant::kL1, {});
    EXPECT_EQ(LaunchedKernel(), "kDepthwiseForwardL1Table16Sum32");
  }
}

// Bytes have random bits above the widths; code sums must not see them.
TEST_F(DepthwiseOnGpu, EqualsTheReferenceForNarrowOperands) {
  const int widths[][2] = {{8, 4}, {4, 8}, {1, 1}, {2, 7}, {5, 3}};
  for (const auto& [width_a, width_b] : widths) {
    UseTable(width_a, width_b, -100, 9999);
    ExpectEqualInEveryRole(Depthwise({.in_c = 5}));
    ExpectEqualInEveryRole(Depthwise({.in_c = 5, .kernel_w = 4, .stride_h = 2}));
    for (const GpuRole role : kRoles) {
      Conv2dOnGpuOptions options;
      options.role = role;
      options.float_a = options.float_b = true;
      ExpectEqual<int32_t>(Depthwise({.in_c = 5}), GpuVariant::kTexture, options);
    }
  }
}

TEST_F(DepthwiseOnGpu, EqualsTheReferenceForWideProducts) {
  for (const auto& [min, span] : {std::pair<int32_t, uint32_t>{-0x40000000, 0x7ffffff0},
                                  {-32768, 65536},
                                  {0x3fff0000, 65535}}) {
    UseTable(8, 8, min, span);
    for (const Conv2dShape& shape :
         {Depthwise({.in_c = 5, .multiplier = 2}), Depthwise({.in_c = 3, .kernel_h = 4})}) {
      ExpectEqualInEveryRole(shape);  // int32_t wraps
      for (const GpuRole role : kRoles) {
        for (const GpuVariant variant : Variants()) {
          Conv2dOnGpuOptions options;
          options.role = role;
          options.sum = GpuSum::kInt64;
          ExpectEqual<int64_t>(shape, variant, options);
        }
      }
    }
  }
}

TEST_F(DepthwiseOnGpu, DoesNotDependOnTheOrderOfThreads) {
  for (const int capability : {75, 90}) {
    ForEachSchedule([&](const HostSchedule& schedule) {
      SCOPED_TRACE(schedule.ToString());
      HostGpuOptions options;
      options.capability = capability;
      options.schedule = schedule;
      UseGpu(options);
      ExpectEqualInEveryRole(Depthwise({.in_c = 33, .in_h = 7, .in_w = 9, .batch = 2}));
      ExpectEqualInEveryRole(
          Depthwise({.in_c = 7, .multiplier = 3, .kernel_h = 2, .kernel_w = 6, .stride_w = 2}));
      ExpectEqualInEveryRole(Depthwise({.in_c = 24, .in_h = 12, .in_w = 12}));
    });
  }
}

}  // namespace
}  // namespace axlut
