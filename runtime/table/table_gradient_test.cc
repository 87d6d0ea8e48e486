// SPDX-License-Identifier: MIT
#include "runtime/table/table_gradient.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

namespace axlut {
namespace {

OperandSpec Spec(int width, bool is_signed) {
  return {width, is_signed ? Signedness::kTwosComplement : Signedness::kUnsigned};
}

// T[a][b] = f(value of a, value of b).
template <typename Function>
TruthTable Table(OperandSpec a, OperandSpec b, const Function& f) {
  std::vector<int32_t> products;
  for (uint32_t i = 0; i < a.count(); ++i) {
    for (uint32_t j = 0; j < b.count(); ++j) products.push_back(f(a.ValueOf(i), b.ValueOf(j)));
  }
  return *TruthTable::Create(a, b, Spec(32, true), std::move(products));
}

TEST(TableGradient, SlopesOfTheExactProductAreTheOtherOperandAtEveryWidthAndWindow) {
  for (const auto& [a, b] :
       {std::pair{Spec(8, false), Spec(8, false)}, std::pair{Spec(8, true), Spec(5, true)},
        std::pair{Spec(1, false), Spec(3, true)}, std::pair{Spec(2, true), Spec(1, true)}}) {
    const TruthTable table = *ExactTable(a, b);
    for (const int window : {0, 1, 8, kMaxDifferenceWindow}) {
      const TableGradient gradient = DifferentiateTable(table, window);
      for (uint32_t i = 0; i < a.count(); ++i) {
        for (uint32_t j = 0; j < b.count(); ++j) {
          const size_t entry = (i << b.width) | j;
          // Means of up to 255 integers below 2^16 in double: the quotient is exact to 2^-36.
          ASSERT_NEAR(gradient.by_a[entry], b.ValueOf(j), 1e-5) << window << " " << i << " " << j;
          ASSERT_NEAR(gradient.by_b[entry], a.ValueOf(i), 1e-5) << window << " " << i << " " << j;
        }
      }
    }
  }
}

// Written out by hand: T(v) = v^2 for v = 0 .. 7.
TEST(TableGradient, IsTheSymmetricDifferenceOfTheMovingAverage) {
  const TruthTable table =
      Table(Spec(3, false), Spec(1, false), [](int64_t a, int64_t) { return a * a; });
  const auto slopes = [&](int window) {
    std::vector<float> by_a;
    for (size_t a = 0; a < 8; ++a) by_a.push_back(DifferentiateTable(table, window).by_a[a * 2]);
    return by_a;
  };
  EXPECT_EQ(slopes(0), (std::vector<float>{1, 2, 4, 6, 8, 10, 12, 13}));
  // S = 1/2, 5/3, 14/3, 29/3, 50/3, 77/3, 110/3, 85/2 at m = 1/2, 1, 2, 3, 4, 5, 6, 13/2.
  const auto near = [](double expected, float got) { return std::abs(expected - got) < 1e-5; };
  const std::vector<float> smooth = slopes(1);
  EXPECT_TRUE(near((5.0 / 3 - 0.5) / 0.5, smooth[0])) << smooth[0];
  EXPECT_TRUE(near((14.0 / 3 - 0.5) / 1.5, smooth[1])) << smooth[1];
  EXPECT_TRUE(near((29.0 - 5) / 3 / 2, smooth[2])) << smooth[2];
  EXPECT_TRUE(near((85.0 / 2 - 77.0 / 3) / 1.5, smooth[6])) << smooth[6];
  EXPECT_TRUE(near((85.0 / 2 - 110.0 / 3) / 0.5, smooth[7])) << smooth[7];
  EXPECT_EQ(slopes(3), slopes(127));  // a window is at most half of the operand's codes
}

TEST(TableGradient, FollowsValuesNotPatternsAndKeepsTheOperandsApart) {
  // By a: 100 everywhere; by b: 3. The pattern after 127 stands for -128.
  const TruthTable table = Table(Spec(8, true), Spec(4, true), [](int64_t a, int64_t b) {
    return static_cast<int32_t>(100 * a + 3 * b + 7);
  });
  const TableGradient gradient = DifferentiateTable(table, 4);
  for (size_t i = 0; i < table.products().size(); ++i) {
    ASSERT_NEAR(gradient.by_a[i], 100, 1e-4) << i;
    ASSERT_NEAR(gradient.by_b[i], 3, 1e-4) << i;
  }
}

// Where the lowest k bits of an operand are cut off, differences are 0 or a jump; the window makes
// a slope of them.
TEST(TableGradient, AWindowOfAStepLevelsTruncatedProducts) {
  const TruthTable table =
      Table(Spec(8, false), Spec(8, false), [](int64_t a, int64_t b) { return (a & ~7) * b; });
  const TableGradient steps = DifferentiateTable(table, 0);
  const TableGradient smooth = DifferentiateTable(table, 8);
  EXPECT_EQ(steps.by_a[(100 << 8) | 50], 0);  // 100 is within 96 .. 103
  // (T(a+9) - T(a-9) + T(a+8) - T(a-8))/34: 16 or 24 for 18 codes, and 16 for 16 codes, times 50.
  for (size_t a = 16; a < 240; ++a) {
    EXPECT_NEAR(smooth.by_a[(a << 8) | 50], 50, 50 * 0.18) << a;
  }
}

TEST(TableGradient, MeansAreOverTheNamedOperand) {
  const std::vector<float> slopes = {1, 2, 3, 5, 7, 9};  // [2][3]
  EXPECT_EQ(MeanOverA(slopes, 2, 3), (std::vector<float>{3, 4.5, 6}));
  EXPECT_EQ(MeanOverB(slopes, 2, 3), (std::vector<float>{2, 7}));
}

}  // namespace
}  // namespace axlut
