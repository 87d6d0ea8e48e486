// SPDX-License-Identifier: MIT
// Convolutions and their gradients through lookup kernels, run on the host, against
// kernels/reference.
#include <gtest/gtest.h>

#include <ctime>
#include <string>
#include <vector>

#include "kernels/cuda/lookup/lookup_on_gpu.h"
#include "kernels/cuda/testing/launch_recorder.h"

namespace axlut {
namespace {

constexpr GpuRole kRoles[] = {GpuRole::kForward, GpuRole::kInputGradient, GpuRole::kFilterGradient};
constexpr GpuSum kSums[] = {GpuSum::kInt32, GpuSum::kInt64, GpuSum::kFloat};

struct Sizes {
  int64_t in_h = 5, in_w = 6, in_c = 4;
  int64_t kernel_h = 3, kernel_w = 3, out_c = 8;
  int64_t stride_h = 1, stride_w = 1;
  int64_t dilation_h = 1, dilation_w = 1;
  int64_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  int64_t groups = 1;
  int64_t batch = 1;
};

Conv2dShape MakeShape(const Sizes& sizes) {
  const auto out = [](int64_t in, int64_t pads, int64_t kernel, int64_t dilation, int64_t stride) {
    return (in + pads - (kernel - 1) * dilation - 1) / stride + 1;
  };
  Conv2dShape s;
  s.batch = sizes.batch;
  s.in_h = sizes.in_h;
  s.in_w = sizes.in_w;
  s.in_c = sizes.in_c;
  s.kernel_h = sizes.kernel_h;
  s.kernel_w = sizes.kernel_w;
  s.out_c = sizes.out_c;
  s.stride_h = sizes.stride_h;
  s.stride_w = sizes.stride_w;
  s.dilation_h = sizes.dilation_h;
  s.dilation_w = sizes.dilation_w;
  s.pad_top = sizes.pad_top;
  s.pad_left = sizes.pad_left;
  s.groups = sizes.groups;
  s.out_h = out(sizes.in_h, sizes.pad_top + sizes.pad_bottom, sizes.kernel_h, sizes.dilation_h,
                sizes.stride_h);
  s.out_w = out(sizes.in_w, sizes.pad_left + sizes.pad_right, sizes.kernel_w, sizes.dilation_w,
                sizes.stride_w);
  return s;
}

Conv2dShape Square(int64_t size, int64_t in_c, int64_t kernel, int64_t out_c, int64_t pad) {
  Sizes s;
  s.in_h = s.in_w = size;
  s.in_c = in_c;
  s.kernel_h = s.kernel_w = kernel;
  s.out_c = out_c;
  s.pad_top = s.pad_left = s.pad_bottom = s.pad_right = pad;
  return MakeShape(s);
}

Conv2dShape Strided() {
  Sizes s;
  s.in_h = 9, s.in_w = 8, s.in_c = 3, s.out_c = 6;
  s.kernel_w = 2;
  s.stride_h = 2, s.stride_w = 3;
  s.pad_top = 1, s.pad_bottom = 2;
  return MakeShape(s);
}

Conv2dShape StridedAndDilated(int64_t stride_h, int64_t stride_w, int64_t dilation_h,
                              int64_t dilation_w) {
  Sizes s;
  s.in_h = 13, s.in_w = 12, s.out_c = 12;
  s.stride_h = stride_h, s.stride_w = stride_w;
  s.dilation_h = dilation_h, s.dilation_w = dilation_w;
  s.pad_top = 2, s.pad_left = 3, s.pad_bottom = 1, s.pad_right = 3;
  return MakeShape(s);
}

Conv2dShape Grouped(int64_t in_c, int64_t out_c, int64_t groups, int64_t stride_w) {
  Sizes s;
  s.in_c = in_c, s.out_c = out_c, s.groups = groups;
  s.stride_w = stride_w;
  s.pad_top = 1, s.pad_left = 1;
  s.batch = 2;
  return MakeShape(s);
}

// Larger than the kernel: some outputs see nothing but padding.
Conv2dShape Overpadded() {
  Sizes s;
  s.in_h = 2, s.in_w = 3;
  s.pad_top = 4, s.pad_left = 3, s.pad_bottom = 3, s.pad_right = 4;
  return MakeShape(s);
}

// Strides larger than the kernel: some inputs meet no output.
Conv2dShape Overstrided() {
  Sizes s;
  s.in_h = s.in_w = 9;
  s.kernel_h = s.kernel_w = 2;
  s.stride_h = 4, s.stride_w = 3;
  return MakeShape(s);
}

// Every tail of rows, columns and k; every kind of geometry.
std::vector<Conv2dShape> Shapes() {
  std::vector<Conv2dShape> shapes = {Square(1, 1, 1, 1, 0),
                                     Square(9, 15, 1, 33, 0),
                                     Square(3, 17, 1, 64, 0),
                                     Square(4, 63, 1, 3, 0),
                                     Square(4, 65, 1, 3, 1),  // not the plain product: padding
                                     Square(7, 3, 3, 5, 1),
                                     Square(12, 8, 3, 70, 1),
                                     Square(3, 63, 3, 2, 0),  // the kernel is the image
                                     Square(7, 36, 3, 40, 1),
                                     Square(6, 64, 2, 96, 0),
                                     Strided(),
                                     Overpadded(),
                                     Overstrided(),
                                     StridedAndDilated(2, 2, 2, 3),
                                     StridedAndDilated(4, 2, 3, 2),
                                     StridedAndDilated(3, 4, 1, 2),
                                     StridedAndDilated(1, 6, 5, 4),
                                     Grouped(12, 20, 4, 1),
                                     Grouped(6, 3, 3, 2),
                                     Grouped(5, 10, 5, 1),
                                     Grouped(16, 16, 2, 3)};
  Conv2dShape pointwise = Grouped(6, 9, 3, 1);
  pointwise.kernel_h = pointwise.kernel_w = 1;
  pointwise.pad_top = pointwise.pad_left = 0;
  pointwise.out_h = pointwise.in_h, pointwise.out_w = pointwise.in_w;
  shapes.push_back(pointwise);
  return shapes;
}

class LookupConv2d : public LookupOnGpu {
 protected:
  // Every role and variant; kinds of sums in turn.
  void CheckAll(const Conv2dShape& shape, Conv2dOnGpuOptions options = {}) {
    for (const GpuRole role : kRoles) {
      for (const GpuVariant variant : Variants()) {
        options.role = role;
        options.sum = kSums[(sums_++) % 3];
        Check(shape, variant, options);
        if (HasFatalFailure()) return;
      }
    }
  }

  // Names of the kernels that were launched since the last call.
  std::string Kernels() {
    std::string names;
    for (const HostGpuCall& call : gpu_->calls()) {
      if (call.kind == GpuCallKind::kLaunch) names += call.what + " ";
    }
    gpu_->ForgetCalls();
    return names;
  }

 private:
  int sums_ = 0;
};

TEST_F(LookupConv2d, EveryShapeRoleAndVariantEqualsTheReference) {
  UseGpu(90);
  for (const Conv2dShape& shape : Shapes()) {
    CheckAll(shape);
    if (HasFatalFailure()) return;
  }
}

TEST_F(LookupConv2d, ZeroPointsAreSubtracted) {
  for (const int32_t zero_code : {0, 1, 60, 127, 128, 255}) {
    Conv2dOnGpuOptions options;
    options.zero_code_a = zero_code;
    options.zero_code_b = 255 - zero_code;
    CheckAll(Square(5, 5, 3, 6, 1), options);
    CheckAll(Strided(), options);
    options.zero_code_b = 0;
    CheckAll(Square(5, 4, 3, 6, 1), options);
    if (HasFatalFailure()) return;
  }
}

TEST_F(LookupConv2d, FloatOperandsAreQuantized) {
  for (const int which : {1, 2, 3}) {
    Conv2dOnGpuOptions options;
    options.float_a = which % 2 != 0;
    options.float_b = which / 2 != 0;
    for (const Conv2dShape& shape : {Square(6, 4, 3, 8, 1), Square(6, 3, 3, 5, 1), Strided(),
                                     Square(5, 12, 1, 9, 0), Grouped(8, 16, 2, 1)}) {
      CheckAll(shape, options);
      options.device_quantization = !options.device_quantization;
    }
  }
}

TEST_F(LookupConv2d, EveryOptionInAnyCombination) {
  for (uint32_t bits = 0; bits < 64; bits += kIsSanitized ? 5 : 1) {
    for (const GpuRole role : kRoles) {
      Conv2dOnGpuOptions options;
      options.role = role;
      options.sum = kSums[bits % 3];
      options.float_a = bits & 1;
      options.float_b = bits & 2;
      options.subtract_zero_points = bits & 4;
      options.per_channel_b = (bits & 8) && role == GpuRole::kForward;
      options.device_quantization = bits & 16;
      options.add_to_out = (bits & 32) && options.sum != GpuSum::kFloat;
      for (const GpuVariant variant : Variants()) {
        Check(bits % 2 == 0 ? Grouped(6, 8, 2, 2) : Square(5, 3, 3, 7, 1), variant, options);
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST_F(LookupConv2d, OperandsOfAnyWidth) {
  const struct {
    int width_a, width_b;
  } kWidths[] = {{8, 4}, {4, 8}, {3, 5}, {1, 1}, {7, 8}, {8, 7}};
  for (const int capability : {75, 80, 90}) {
    UseGpu(capability);
    for (const auto& [width_a, width_b] : kWidths) {
      UseTable(width_a, width_b, -500, 1000);
      EXPECT_TRUE(SharedLookupFits(*gpu_table_));
      CheckAll(Square(6, 5, 3, 9, 1));
      if (HasFatalFailure()) return;
    }
  }
}

TEST_F(LookupConv2d, SharedTablesAreWholeWhereTheyFitAndElseTwoPlanes) {
  const struct {
    int capability;
    const char* kernel;
  } kExpected[] = {{80, "kLookupForwardShared16 "},
                   {86, "kLookupForwardShared8 "},
                   {89, "kLookupForwardShared8 "},
                   {90, "kLookupForwardShared16 "},
                   {100, "kLookupForwardShared16 "}};
  for (const auto& [capability, kernel] : kExpected) {
    UseGpu(capability);
    Check(Square(6, 5, 3, 9, 1), GpuVariant::kShared, {});
    EXPECT_EQ(Kernels(), kernel);
    CheckAll(Square(7, 36, 3, 40, 1));
    CheckAll(Strided());
  }
  UseGpu(75);
  EXPECT_FALSE(SharedLookupFits(*gpu_table_));
}

TEST_F(LookupConv2d, TablesOfAnyRangeOfProducts) {
  const struct {
    int32_t min;
    uint32_t span;
  } kRanges[] = {{0, 0},      {-65535, 65535},         {1 << 29, 65535},
                 {-5, 65536}, {-1000000000, 1u << 31}, {-32768, 97000}};
  for (const auto& [min, span] : kRanges) {
    UseTable(8, 8, min, span);
    for (const GpuRole role : kRoles) {
      for (const GpuVariant variant : Variants()) {
        for (const GpuSum sum : {GpuSum::kInt32, GpuSum::kInt64}) {
          Conv2dOnGpuOptions options;
          options.role = role;
          options.sum = sum;
          Check(Square(6, 9, 3, 10, 1), variant, options);
          if (HasFatalFailure()) return;
        }
      }
    }
  }
}

// Few tiles and many products: k is divided among blocks.
TEST_F(LookupConv2d, FewTilesOnALargeDevice) {
  UseGpu(90, 200);
  for (const Conv2dShape& shape : {Square(7, 160, 3, 20, 1), Square(4, 600, 1, 30, 0)}) {
    for (const bool add : {false, true}) {
      Conv2dOnGpuOptions options;
      options.add_to_out = add;
      for (const GpuRole role : kRoles) {
        for (const GpuVariant variant : Variants()) {
          options.role = role;
          options.sum = role == GpuRole::kForward ? GpuSum::kInt32 : GpuSum::kInt64;
          Check(shape, variant, options);
          if (add) continue;
          Conv2dOnGpuOptions floats = options;
          floats.sum = GpuSum::kFloat;
          floats.per_channel_b = role == GpuRole::kForward;
          Check(shape, variant, floats);
        }
      }
    }
  }
  EXPECT_GT(gpu_->CountCalls(GpuCallKind::kFill), 0);
}

TEST_F(LookupConv2d, OneMultiprocessorDoesAllTiles) {
  UseGpu(90, 1);
  CheckAll(Square(20, 8, 3, 70, 1));
}

TEST_F(LookupConv2d, AnyScheduleOfThreadsAndBlocks) {
  if (kIsSanitized) GTEST_SKIP() << "scripts/sanitize.sh runs all tests in one that finds races";
  ForEachSchedule([&](const HostSchedule& schedule) {
    SCOPED_TRACE(schedule.ToString());
    HostGpuOptions options;
    options.schedule = schedule;
    options.is_deferred = true;
    UseGpu(options);
    CheckAll(Square(7, 36, 3, 40, 1));
    CheckAll(Strided());
    CheckAll(Grouped(6, 8, 2, 2));
  });
}

TEST_F(LookupConv2d, BatchesAndGroupsBeyondGridLimits) {
  if (kIsSanitized) GTEST_SKIP() << "takes too long";
  Conv2dShape shape = Square(1, 1, 1, 1, 0);
  shape.batch = 65536;
  CheckAll(shape);
  shape = Square(1, 65536, 1, 65536, 0);
  shape.groups = 65536;
  Check(shape, GpuVariant::kTexture, {});
}

TEST_F(LookupConv2d, AWholeLayerTakesAboutASecond) {
  if (kIsSanitized) GTEST_SKIP() << "takes too long";
  const Conv2dShape shape = Square(28, 128, 3, 128, 1);
  Conv2dOnGpuOptions options;
  const Conv2dOnGpu layer(*table_, shape, options, 1);
  std::vector<int32_t> actual;
  const std::clock_t start = std::clock();
  const GpuStatus status = layer.Run(
      gpu_.get(),
      [&](const GpuCall& call) {
        return LaunchLookupConv2d(
            {gpu_table_.get(), shape, options.role, GpuVariant::kTexture, &call, false});
      },
      &actual);
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(actual, layer.Expected<int32_t>());
  RecordProperty("milliseconds", static_cast<int>(seconds * 1000));
#ifdef NDEBUG
  EXPECT_LT(seconds, 4.0);  // 0.5 on an otherwise idle Zen 4
#endif
}

// Indices of taps that are far outside wrap, modulo 2^32 and defined (UBSan looks), and are not
// used.
TEST_F(LookupConv2d, TapsCanLieFarOutsideOfTheImage) {
  Sizes sizes;
  sizes.in_h = 3;
  sizes.kernel_h = 2;
  sizes.dilation_h = (int64_t{1} << 28) - 1;
  sizes.pad_top = sizes.dilation_h - 1;  // tap 0 is outside, tap 1 is inside
  const Conv2dShape shape = MakeShape(sizes);
  for (const GpuRole role : kRoles) {
    Conv2dOnGpuOptions options;
    options.role = role;
    Check(shape, GpuVariant::kTexture, options);
  }
}

// One tile with a long k is divided among as many blocks as run at the same time (budget.csv): one
// more would have the device to itself, after the others.
TEST_F(LookupConv2d, DividesKAmongTheBlocksThatFit) {
  UseGpu(90, 2);
  LaunchRecorder recorder(gpu_.get());
  const struct {
    GpuVariant variant;
    uint32_t span;
    GpuKernelId kernel;
    uint32_t blocks;  // per multiprocessor
  } kCases[] = {
      {GpuVariant::kL1, 65535, GpuKernelId::kLookupMatricesL1Rows, 3},
      {GpuVariant::kTexture, 65536, GpuKernelId::kLookupMatricesTexture32, 3},
      {GpuVariant::kTexture, 65535, GpuKernelId::kLookupMatricesTexture16Small, 16},
  };
  const Conv2dShape shape = Square(110, 4, 1, 4, 0);  // 379 chunks of k in a filter gradient
  for (const auto& one : kCases) {
    const RandomTable table(8, 8, 0, one.span, 5);
    std::unique_ptr<GpuTable> gpu_table;
    ASSERT_TRUE(GpuTable::Create(&recorder, table.view, {}, &gpu_table).ok());
    Conv2dOnGpuOptions options;
    options.role = GpuRole::kFilterGradient;
    const Conv2dOnGpu layer(table, shape, options, 1);
    std::vector<int32_t> out;
    const auto launch = [&](const GpuCall& call) {
      return LaunchLookupConv2d({gpu_table.get(), shape, options.role, one.variant, &call, false});
    };
    ASSERT_TRUE(layer.Run(&recorder, launch, &out).ok());
    EXPECT_EQ(out, layer.Expected<int32_t>());
    ASSERT_EQ(recorder.launches().count(one.kernel), 1u) << GpuKernelName(one.kernel);
    EXPECT_EQ(recorder.launches().at(one.kernel).grid_x, 2 * one.blocks)
        << GpuKernelName(one.kernel);
  }
}

// With k divided among blocks there are three calls to fail.
TEST_F(LookupConv2d, FailuresComeBack) {
  UseGpu(90, 200);
  const Conv2dShape shape = Square(7, 160, 3, 20, 1);
  const struct {
    GpuCallKind kind;
    int n;
  } kFailures[] = {{GpuCallKind::kFill, 1}, {GpuCallKind::kLaunch, 1}, {GpuCallKind::kLaunch, 2}};
  for (const auto& [kind, n] : kFailures) {
    Conv2dOnGpuOptions options;
    options.sum = GpuSum::kFloat;
    const Conv2dOnGpu layer(*table_, shape, options, 1);
    gpu_->FailCall(kind, n, GpuErrorKind::kLaunchFailed);
    std::vector<float> out;
    const GpuStatus status = layer.Run(
        gpu_.get(),
        [&](const GpuCall& call) {
          return LaunchLookupConv2d(
              {gpu_table_.get(), shape, options.role, GpuVariant::kTexture, &call, false});
        },
        &out);
    EXPECT_EQ(status.kind(), GpuErrorKind::kLaunchFailed);
    EXPECT_TRUE(gpu_->has_failed_call());
  }
}

TEST_F(LookupConv2d, TablesThatAVariantCannotReadAreRefused) {
  UseTable(8, 8, 0, 70000);
  const Conv2dShape shape = Square(3, 1, 1, 1, 0);
  const GpuCall call;
  for (const GpuVariant variant : {GpuVariant::kL1, GpuVariant::kShared, GpuVariant::kTensor}) {
    const GpuStatus status =
        LaunchLookupConv2d({gpu_table_.get(), shape, GpuRole::kForward, variant, &call, false});
    EXPECT_EQ(status.kind(), GpuErrorKind::kUnsupported);
  }
}

}  // namespace
}  // namespace axlut
