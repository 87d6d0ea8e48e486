// SPDX-License-Identifier: MIT
// The references against values computed by hand, and against each other.
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <vector>

#include "kernels/reference/conv2d.h"
#include "kernels/reference/dense.h"
#include "kernels/reference/depthwise.h"
#include "kernels/reference/plan_conv2d.h"

namespace axlut {
namespace {

std::vector<int32_t> RandomProducts(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<int32_t> products(count);
  for (int32_t& product : products) product = static_cast<int32_t>(random() & 0x1ffff) - 0x10000;
  return products;
}

std::vector<uint8_t> RandomCodes(int64_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<uint8_t> codes(static_cast<size_t>(count));
  for (uint8_t& code : codes) code = static_cast<uint8_t>(random());
  return codes;
}

TEST(LutView, IgnoresBitsAboveTheWidths) {
  const std::vector<int32_t> products = RandomProducts(8 * 4, 1);
  const LutView lut{products.data(), 3, 2};
  EXPECT_EQ(lut.At(5, 3), products[5 * 4 + 3]);
  EXPECT_EQ(lut.At(0xf8 | 5, 0xfc | 3), products[5 * 4 + 3]);
}

// 2x2-bit table with distinct entries, a 2x2 image, a 3x3 filter, one pixel of padding: every
// output sees all four pixels at different taps and five padded taps.
TEST(Conv2dReference, PaddedPixelsGoThroughTheTableAsThePadCode) {
  std::vector<int32_t> products(16);
  for (int i = 0; i < 16; ++i) products[static_cast<size_t>(i)] = 100 + i * i;
  const LutView lut{products.data(), 2, 2};
  Conv2dShape shape;
  shape.in_h = shape.in_w = shape.out_h = shape.out_w = 2;
  shape.kernel_h = shape.kernel_w = 3;
  shape.pad_top = shape.pad_left = 1;
  const uint8_t input[] = {0, 1, 2, 3};
  const uint8_t filter[] = {0, 1, 2, 3, 0, 1, 2, 3, 1};
  const uint8_t pad = 2;
  std::vector<int32_t> acc(4);
  Conv2dReference(lut, shape, pad, input, filter, acc.data());
  const auto t = [&](int a, int b) { return products[static_cast<size_t>(a * 4 + b)]; };
  // Output (0,0): taps (1,1) (1,2) (2,1) (2,2) see the pixels 0 1 2 3; the rest is padding.
  EXPECT_EQ(acc[0], t(0, 0) + t(1, 1) + t(2, 3) + t(3, 1) + t(pad, 0) + t(pad, 1) + t(pad, 2) +
                        t(pad, 3) + t(pad, 2));
  // Output (1,1): taps (0,0) (0,1) (1,0) (1,1) see them.
  EXPECT_EQ(acc[3], t(0, 0) + t(1, 1) + t(2, 3) + t(3, 0) + t(pad, 2) + t(pad, 1) + t(pad, 2) +
                        t(pad, 3) + t(pad, 1));
}

TEST(Conv2dReference, StrideAndDilationSelectTheTaps) {
  std::vector<int32_t> products(65536);
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) products[static_cast<size_t>(a * 256 + b)] = 1000 * a + b;
  }
  const LutView lut{products.data(), 8, 8};
  Conv2dShape shape;
  shape.in_h = 1;
  shape.in_w = 8;
  shape.kernel_w = 2;
  shape.stride_w = 3;
  shape.dilation_w = 4;
  shape.out_w = 2;
  const uint8_t input[] = {10, 11, 12, 13, 14, 15, 16, 17};
  const uint8_t filter[] = {1, 2};
  int64_t acc[2];
  Conv2dReference(lut, shape, 0, input, filter, acc);
  EXPECT_EQ(acc[0], 1000 * (10 + 14) + 3);
  EXPECT_EQ(acc[1], 1000 * (13 + 17) + 3);
}

TEST(Conv2dReference, GroupsSeeOnlyTheirChannels) {
  std::vector<int32_t> products(65536);
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) products[static_cast<size_t>(a * 256 + b)] = a * b;
  }
  const LutView lut{products.data(), 8, 8};
  Conv2dShape shape;
  shape.in_c = 4;
  shape.out_c = 4;
  shape.groups = 2;
  const uint8_t input[] = {1, 10, 100, 200};
  const uint8_t filter[] = {1, 2, 3, 4, 5, 6, 7, 8};  // [2 input channels][4 output channels]
  int32_t acc[4];
  Conv2dReference(lut, shape, 0, input, filter, acc);
  EXPECT_EQ(acc[0], 1 * 1 + 10 * 5);
  EXPECT_EQ(acc[1], 1 * 2 + 10 * 6);
  EXPECT_EQ(acc[2], 100 * 3 + 200 * 7);
  EXPECT_EQ(acc[3], 100 * 4 + 200 * 8);
}

TEST(Conv2dReference, Int64SumsDoNotWrap) {
  const std::vector<int32_t> products(4, INT32_MAX);
  const LutView lut{products.data(), 1, 1};
  Conv2dShape shape;
  shape.in_c = 5;
  const std::vector<uint8_t> zeros(5);
  int64_t wide;
  int32_t narrow;
  Conv2dReference(lut, shape, 0, zeros.data(), zeros.data(), &wide);
  Conv2dReference(lut, shape, 0, zeros.data(), zeros.data(), &narrow);
  EXPECT_EQ(wide, 5 * int64_t{INT32_MAX});
  EXPECT_EQ(narrow, static_cast<int32_t>(5 * int64_t{INT32_MAX}));
}

TEST(DepthwiseReference, EqualsTheConvolutionWithOneGroupPerChannel) {
  const std::vector<int32_t> products = RandomProducts(65536, 2);
  const LutView lut{products.data(), 8, 8};
  Conv2dShape shape;
  shape.batch = 2;
  shape.in_h = 7;
  shape.in_w = 6;
  shape.in_c = shape.groups = 3;
  shape.out_c = 6;
  shape.kernel_h = 3;
  shape.kernel_w = 2;
  shape.stride_h = 2;
  shape.dilation_h = shape.dilation_w = 2;
  shape.pad_top = 2;
  shape.pad_left = 1;
  shape.out_h = 4;
  shape.out_w = 6;
  const std::vector<uint8_t> input = RandomCodes(shape.InputCount(), 3);
  const std::vector<uint8_t> filter = RandomCodes(shape.FilterCount(), 4);
  std::vector<int64_t> expected(static_cast<size_t>(shape.OutputCount()));
  std::vector<int64_t> actual = expected;
  Conv2dReference(lut, shape, 77, input.data(), filter.data(), expected.data());
  DepthwiseReference(lut, shape, 77, input.data(), filter.data(), actual.data());
  EXPECT_EQ(actual, expected);
}

TEST(DenseReference, EqualsTheConvolutionOfOnePixelImages) {
  const std::vector<int32_t> products = RandomProducts(4096, 5);
  const LutView lut{products.data(), 8, 4};
  Conv2dShape shape;
  shape.batch = 3;
  shape.in_c = 11;
  shape.out_c = 5;
  const std::vector<uint8_t> input = RandomCodes(shape.InputCount(), 6);
  const std::vector<uint8_t> filter = RandomCodes(shape.FilterCount(), 7);
  std::vector<int32_t> expected(static_cast<size_t>(shape.OutputCount()));
  std::vector<int32_t> actual = expected;
  Conv2dReference(lut, shape, 0, input.data(), filter.data(), expected.data());
  DenseReference(lut, 3, 11, 5, input.data(), filter.data(), actual.data());
  EXPECT_EQ(actual, expected);
}

TEST(PlanConv2dReference, EqualsTheConvolutionThroughThePlansTable) {
  KernelPlan plan;
  plan.width_a = 3;
  plan.width_b = 2;
  PlanTerm term;
  term.scale = -1000;
  PlanResidual residual;
  residual.scale = 9;
  residual.count_a = 3;
  residual.count_b = 2;
  residual.entries = {1, 2, 30, 40, 500, 65535};
  std::vector<int32_t> products;
  for (int a = 0; a < 8; ++a) {
    plan.offset_a.push_back(a * a - 20);
    term.u.push_back(static_cast<uint8_t>(255 - a));
    residual.class_a.push_back(static_cast<uint8_t>(a % 3));
    for (int b = 0; b < 4; ++b) {
      const int entry = residual.entries[static_cast<size_t>(a % 3 * 2 + b % 2)];
      products.push_back(a * a - 20 + 7 * b - 1000 * (255 - a) * (b - 128) + 9 * entry);
    }
  }
  for (int b = 0; b < 4; ++b) {
    plan.offset_b.push_back(7 * b);
    term.v.push_back(static_cast<int8_t>(b - 128));
    residual.class_b.push_back(static_cast<uint8_t>(b % 2));
  }
  plan.terms.push_back(term);
  plan.residual = residual;
  const LutView lut{products.data(), 3, 2};
  ASSERT_EQ(FindPlanError(plan, lut), "");
  EXPECT_EQ(PlanProduct(plan, 0xf8 | 5, 0xfc | 3), lut.At(5, 3));

  Conv2dShape shape;
  shape.batch = 2;
  shape.in_h = 7;
  shape.in_w = 6;
  shape.in_c = 6;
  shape.kernel_h = shape.kernel_w = 3;
  shape.out_h = 3;
  shape.out_w = 5;
  shape.out_c = 4;
  shape.stride_h = 2;
  shape.dilation_w = 2;
  shape.pad_top = shape.pad_left = 1;
  shape.groups = 2;
  const std::vector<uint8_t> input = RandomCodes(shape.InputCount(), 41);
  const std::vector<uint8_t> filter = RandomCodes(shape.FilterCount(), 42);
  std::vector<int32_t> expected(static_cast<size_t>(shape.OutputCount()));
  std::vector<int32_t> actual(expected.size());
  Conv2dReference(lut, shape, 3, input.data(), filter.data(), expected.data());
  PlanConv2dReference(plan, shape, 3, input.data(), filter.data(), actual.data());
  EXPECT_EQ(actual, expected);
  std::vector<int64_t> wide_expected(expected.size());
  std::vector<int64_t> wide(expected.size());
  Conv2dReference(lut, shape, 3, input.data(), filter.data(), wide_expected.data());
  PlanConv2dReference(plan, shape, 3, input.data(), filter.data(), wide.data());
  EXPECT_EQ(wide, wide_expected);
}

}  // namespace
}  // namespace axlut
