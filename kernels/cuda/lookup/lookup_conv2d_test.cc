// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <vector>

#include "kernels/cuda/lookup/lookup_case.h"
#include "kernels/testing/conv2d_case.h"

namespace axlut {
namespace {

constexpr GpuRole kRoles[] = {GpuRole::kForward, GpuRole::kInputGradient, GpuRole::kFilterGradient};
constexpr GpuVariant kVariants[] = {GpuVariant::kTexture, GpuVariant::kL1, GpuVariant::kShared};

struct ShapeOptions {
  int64_t batch = 1, in_h = 5, in_w = 6, in_c = 4, kernel_h = 3, kernel_w = 3, out_c = 8;
  int64_t stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1;
  int64_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  int64_t groups = 1;
};

Conv2dShape MakeShape(const ShapeOptions& o) {
  Conv2dShape s;
  s.batch = o.batch;
  s.in_h = o.in_h;
  s.in_w = o.in_w;
  s.in_c = o.in_c;
  s.kernel_h = o.kernel_h;
  s.kernel_w = o.kernel_w;
  s.out_c = o.out_c;
  s.stride_h = o.stride_h;
  s.stride_w = o.stride_w;
  s.dilation_h = o.dilation_h;
  s.dilation_w = o.dilation_w;
  s.pad_top = o.pad_top;
  s.pad_left = o.pad_left;
  s.groups = o.groups;
  const auto out = [](int64_t in, int64_t pads, int64_t kernel, int64_t dilation, int64_t stride) {
    return (in + pads - (kernel - 1) * dilation - 1) / stride + 1;
  };
  s.out_h = out(o.in_h, o.pad_top + o.pad_bottom, o.kernel_h, o.dilation_h, o.stride_h);
  s.out_w = out(o.in_w, o.pad_left + o.pad_right, o.kernel_w, o.dilation_w, o.stride_w);
  return s;
}

// Every tail of k, rows and columns, every kind of geometry.
std::vector<Conv2dShape> Shapes() {
  std::vector<ShapeOptions> all = {
      {},
      {.in_h = 1, .in_w = 1, .in_c = 1, .kernel_h = 1, .kernel_w = 1, .out_c = 1},
      {.in_c = 3, .out_c = 5, .pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1},
      {.in_h = 9, .in_w = 11, .in_c = 15, .kernel_h = 1, .kernel_w = 1, .out_c = 33},
      {.batch = 2, .in_c = 17, .kernel_h = 1, .kernel_w = 1, .out_c = 64},
      {.in_c = 65, .kernel_h = 1, .kernel_w = 1, .out_c = 3, .groups = 1},
      {.in_h = 12,
       .in_w = 13,
       .in_c = 8,
       .out_c = 70,
       .pad_top = 1,
       .pad_left = 1,
       .pad_bottom = 1,
       .pad_right = 1},
      {.in_h = 9,
       .in_w = 8,
       .in_c = 3,
       .kernel_h = 3,
       .kernel_w = 2,
       .out_c = 6,
       .stride_h = 2,
       .stride_w = 3,
       .pad_top = 1,
       .pad_bottom = 2},
      {.in_h = 11,
       .in_w = 10,
       .in_c = 4,
       .out_c = 12,
       .stride_h = 2,
       .stride_w = 2,
       .dilation_h = 2,
       .dilation_w = 3,
       .pad_top = 2,
       .pad_left = 3,
       .pad_bottom = 1,
       .pad_right = 3},
      {.in_h = 10,
       .in_w = 9,
       .in_c = 2,
       .kernel_h = 2,
       .kernel_w = 4,
       .out_c = 9,
       .stride_h = 4,
       .stride_w = 2,
       .dilation_h = 3,
       .dilation_w = 2,
       .pad_left = 2,
       .pad_right = 4},
      {.in_h = 8,
       .in_w = 8,
       .in_c = 12,
       .out_c = 20,
       .pad_top = 1,
       .pad_left = 1,
       .pad_bottom = 1,
       .pad_right = 1,
       .groups = 4},
      {.in_h = 6, .in_w = 5, .in_c = 6, .out_c = 3, .stride_w = 2, .pad_left = 1, .groups = 3},
      {.in_h = 6, .in_w = 5, .in_c = 5, .out_c = 10, .pad_top = 1, .groups = 5},
      {.in_h = 4,
       .in_w = 3,
       .in_c = 7,
       .kernel_h = 1,
       .kernel_w = 1,
       .out_c = 5,
       .stride_h = 2,
       .stride_w = 2},
      {.in_h = 3, .in_w = 3, .in_c = 63, .out_c = 2},  // the kernel is as large as the image
      // Pads larger than the kernel: some outputs see nothing but padding.
      {.in_h = 2,
       .in_w = 3,
       .in_c = 4,
       .out_c = 4,
       .pad_top = 4,
       .pad_left = 3,
       .pad_bottom = 3,
       .pad_right = 4},
      // Strides larger than the kernel: some inputs meet no output.
      {.in_h = 9,
       .in_w = 9,
       .in_c = 4,
       .kernel_h = 2,
       .kernel_w = 2,
       .out_c = 8,
       .stride_h = 4,
       .stride_w = 3},
      {.batch = 3,
       .in_h = 7,
       .in_w = 7,
       .in_c = 36,
       .out_c = 40,
       .pad_top = 1,
       .pad_left = 1,
       .pad_bottom = 1,
       .pad_right = 1},
  };
  std::vector<Conv2dShape> shapes;
  for (const ShapeOptions& options : all) shapes.push_back(MakeShape(options));
  return shapes;
}

class LookupConv2d : public ::testing::Test {
 protected:
  void Use(const RandomTable& table, int capability = 90, int multiprocessors = 0) {
    HostGpuOptions options;
    options.capability = capability;
    options.multiprocessors = multiprocessors;
    gpu_table_.reset();
    gpu_ = std::make_unique<HostGpu>(options);
    table_ = std::make_unique<RandomTable>(table);
    ASSERT_TRUE(GpuTable::Create(gpu_.get(), table.View(), {}, &gpu_table_).ok());
  }
  void Check(const Conv2dShape& shape, GpuRole role, const CallOptions& options) {
    SCOPED_TRACE(ProblemString(shape) + " role " + std::to_string(static_cast<int>(role)) + " " +
                 options.ToString());
    CheckConv2d(gpu_.get(), *gpu_table_, *table_, shape, role, options);
  }
  void TearDown() override { gpu_table_.reset(); }

  std::unique_ptr<HostGpu> gpu_;
  std::unique_ptr<RandomTable> table_;
  std::unique_ptr<GpuTable> gpu_table_;
};

TEST_F(LookupConv2d, EveryShapeRoleAndVariantEqualsTheReference) {
  Use(RandomTable(8, 8, 0, 65535, 1));
  uint32_t seed = 0;
  for (const Conv2dShape& shape : Shapes()) {
    for (const GpuRole role : kRoles) {
      for (const GpuVariant variant : kVariants) {
        ++seed;
        CallOptions options;
        options.variant = variant;
        options.zero_code_a = static_cast<int32_t>(seed * 37 % 256);
        options.zero_code_b = static_cast<int32_t>(seed * 101 % 256);
        options.is_signed_a = seed % 2 == 0;
        options.is_signed_b = seed % 3 == 0;
        options.seed = seed;
        Check(shape, role, options);
        if (HasFatalFailure()) return;
      }
    }
  }
}

}  // namespace
}  // namespace axlut
