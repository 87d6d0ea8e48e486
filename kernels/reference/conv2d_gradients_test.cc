// SPDX-License-Identifier: MIT
// The gradients' references against values computed by hand, and against the adjoint identity: the
// convolution is linear in either operand, so <conv(x, w), dy> == <x, dx> == <w, dw> if the table
// holds products.
#include "kernels/reference/conv2d_gradients.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <vector>

#include "kernels/reference/conv2d.h"
#include "kernels/testing/conv2d_case.h"

namespace axlut {
namespace {

// Signed 8x8 products, so that sums of either sign occur; code 0 has the value 0.
std::vector<int32_t> SignedProducts() {
  std::vector<int32_t> products;
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      products.push_back(static_cast<int8_t>(a) * static_cast<int8_t>(b));
    }
  }
  return products;
}

// T[a][b] = 1000 a + b + 7: not commutative, and T[0][0] != 0.
std::vector<int32_t> HandTable() {
  std::vector<int32_t> products;
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) products.push_back(1000 * a + b + 7);
  }
  return products;
}

int64_t Dot(const std::vector<uint8_t>& codes, const std::vector<int64_t>& sums) {
  int64_t dot = 0;
  for (size_t i = 0; i < codes.size(); ++i) dot += static_cast<int8_t>(codes[i]) * sums[i];
  return dot;
}

std::vector<int64_t> Sums(int64_t count) {
  return std::vector<int64_t>(static_cast<size_t>(count), -1);
}

void ExpectAdjoint(const Conv2dShape& shape) {
  SCOPED_TRACE(ProblemString(shape));
  const std::vector<int32_t> products = SignedProducts();
  const LutView lut{products.data(), 8, 8};
  std::mt19937 random(11);
  const std::vector<uint8_t> x = RandomCodes(shape.InputCount(), 0xff, &random);
  const std::vector<uint8_t> w = RandomCodes(shape.FilterCount(), 0xff, &random);
  const std::vector<uint8_t> dy = RandomCodes(shape.OutputCount(), 0xff, &random);
  std::vector<int64_t> y = Sums(shape.OutputCount());
  std::vector<int64_t> dx = Sums(shape.InputCount());
  std::vector<int64_t> dw = Sums(shape.FilterCount());
  Conv2dReference(lut, shape, 0, x.data(), w.data(), y.data());
  Conv2dInputGradientReference(lut, shape, dy.data(), w.data(), dx.data());
  Conv2dFilterGradientReference(lut, shape, 0, x.data(), dy.data(), dw.data());
  EXPECT_EQ(Dot(x, dx), Dot(dy, y));
  EXPECT_EQ(Dot(w, dw), Dot(dy, y));
  EXPECT_NE(Dot(dy, y), 0);
}

Conv2dShape OddShape() {
  Conv2dShape s;
  s.batch = 2;
  s.in_h = 9;
  s.in_w = 7;
  s.in_c = 4;
  s.kernel_h = 3;
  s.kernel_w = 2;
  s.out_h = 9;
  s.out_w = 7;
  s.out_c = 6;
  s.pad_top = 1;
  return s;
}

TEST(Conv2dGradients, AreAdjointToTheConvolution) {
  Conv2dShape shape = OddShape();
  ExpectAdjoint(shape);
  shape.groups = 2;
  ExpectAdjoint(shape);
  shape.stride_h = 2;
  shape.stride_w = 3;
  shape.out_h = 4;
  shape.out_w = 2;
  ExpectAdjoint(shape);
  shape.dilation_h = 2;
  shape.dilation_w = 3;
  shape.pad_left = 4;
  shape.out_w = 3;
  ExpectAdjoint(shape);
}

TEST(Conv2dGradients, AreAdjointToTheDepthwiseConvolution) {
  Conv2dShape shape = OddShape();
  shape.groups = shape.in_c = 3;
  ExpectAdjoint(shape);
  shape.dilation_h = 2;
  shape.stride_w = 2;
  shape.out_h = 7;
  shape.out_w = 4;
  ExpectAdjoint(shape);
}

// Filter larger than the image, some taps that no output meets, rows below the last window.
TEST(Conv2dGradients, AreAdjointWhereWindowsLeaveTheImage) {
  Conv2dShape shape = OddShape();
  shape.kernel_h = 12;
  shape.kernel_w = 5;
  shape.pad_top = 6;
  shape.pad_left = 7;
  shape.out_h = 2;
  shape.out_w = 5;
  shape.stride_h = 4;
  ExpectAdjoint(shape);
}

// One row of 5 pixels, kernel 3, stride 2, one pixel of padding: outputs 0..2 see pixels
// (-1,0,1), (1,2,3), (3,4,5).
Conv2dShape RowShape() {
  Conv2dShape s;
  s.in_w = 5;
  s.kernel_w = 3;
  s.stride_w = 2;
  s.pad_left = 1;
  s.out_w = 3;
  return s;
}

TEST(Conv2dInputGradientReference, TapsThatMeetNoOutputAddNothing) {
  const std::vector<int32_t> products = HandTable();
  const LutView lut{products.data(), 8, 8};
  const uint8_t gradient[] = {10, 20, 30};
  const uint8_t filter[] = {1, 2, 3};
  const auto t = [](int a, int b) { return int64_t{1000 * a + b + 7}; };
  std::vector<int64_t> acc = Sums(5);
  Conv2dInputGradientReference(lut, RowShape(), gradient, filter, acc.data());
  const std::vector<int64_t> expected = {t(10, 2), t(10, 3) + t(20, 1), t(20, 2),
                                         t(20, 3) + t(30, 1), t(30, 2)};
  EXPECT_EQ(acc, expected);
}

TEST(Conv2dFilterGradientReference, TapsOutsideReadThePadCode) {
  const std::vector<int32_t> products = HandTable();
  const LutView lut{products.data(), 8, 8};
  const uint8_t input[] = {1, 2, 3, 4, 5};
  const uint8_t gradient[] = {10, 20, 30};
  const int pad = 99;
  const auto t = [](int a, int b) { return int64_t{1000 * a + b + 7}; };
  std::vector<int64_t> acc = Sums(3);
  Conv2dFilterGradientReference(lut, RowShape(), pad, input, gradient, acc.data());
  const std::vector<int64_t> expected = {t(pad, 10) + t(2, 20) + t(4, 30),
                                         t(1, 10) + t(3, 20) + t(5, 30),
                                         t(2, 10) + t(4, 20) + t(pad, 30)};
  EXPECT_EQ(acc, expected);
}

// 4 input channels and 2 outputs in 2 groups on one pixel.
TEST(Conv2dGradients, GroupsSeeOnlyTheirChannels) {
  const std::vector<int32_t> products = HandTable();
  const LutView lut{products.data(), 8, 8};
  Conv2dShape shape;
  shape.in_c = 4;
  shape.out_c = 2;
  shape.groups = 2;
  const uint8_t input[] = {1, 2, 3, 4};
  const uint8_t gradient[] = {10, 20};
  const uint8_t filter[] = {5, 6, 7, 8};  // [2 input channels][2 output channels]
  const auto t = [](int a, int b) { return int64_t{1000 * a + b + 7}; };
  std::vector<int64_t> dx = Sums(4);
  std::vector<int64_t> dw = Sums(4);
  Conv2dInputGradientReference(lut, shape, gradient, filter, dx.data());
  Conv2dFilterGradientReference(lut, shape, 0, input, gradient, dw.data());
  EXPECT_EQ(dx, (std::vector<int64_t>{t(10, 5), t(10, 7), t(20, 6), t(20, 8)}));
  EXPECT_EQ(dw, (std::vector<int64_t>{t(1, 10), t(3, 20), t(2, 10), t(4, 20)}));
}

TEST(Conv2dGradients, NarrowSumsWrap) {
  const std::vector<int32_t> products(4, INT32_MAX);
  const LutView lut{products.data(), 1, 1};
  Conv2dShape shape;
  shape.batch = 5;
  shape.out_c = 5;
  const std::vector<uint8_t> zeros(25);
  std::vector<int64_t> wide = Sums(5);
  std::vector<int32_t> narrow(5);
  Conv2dInputGradientReference(lut, shape, zeros.data(), zeros.data(), wide.data());
  Conv2dInputGradientReference(lut, shape, zeros.data(), zeros.data(), narrow.data());
  EXPECT_EQ(wide[4], 5 * int64_t{INT32_MAX});
  EXPECT_EQ(narrow[4], static_cast<int32_t>(wide[4]));
  Conv2dFilterGradientReference(lut, shape, 0, zeros.data(), zeros.data(), wide.data());
  Conv2dFilterGradientReference(lut, shape, 0, zeros.data(), zeros.data(), narrow.data());
  EXPECT_EQ(wide[4], 5 * int64_t{INT32_MAX});
  EXPECT_EQ(narrow[4], static_cast<int32_t>(wide[4]));
}

}  // namespace
}  // namespace axlut
