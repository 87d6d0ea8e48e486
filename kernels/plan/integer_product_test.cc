// SPDX-License-Identifier: MIT
#include "kernels/plan/integer_product.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>

namespace axlut {
namespace {

constexpr int kWidthA = 5;
constexpr int kWidthB = 6;

std::vector<int64_t> Tabulate(const std::function<int64_t(int64_t, int64_t)>& entry) {
  std::vector<int64_t> matrix;
  for (int64_t a = 0; a < 1 << kWidthA; ++a) {
    for (int64_t b = 0; b < 1 << kWidthB; ++b) matrix.push_back(entry(a, b));
  }
  return matrix;
}

// What is left of `matrix` is f(a) + g(b).
void ExpectWhole(std::vector<int64_t> matrix, const std::vector<IntegerProduct>& products) {
  for (const IntegerProduct& product : products) {
    for (size_t i = 0; i < matrix.size(); ++i) {
      matrix[i] -= product.scale * product.u[i >> kWidthB] * product.v[i % (1 << kWidthB)];
    }
  }
  EXPECT_EQ(Centre(&matrix, kWidthA, kWidthB), 0);
}

TEST(IntegerProduct, OneProductIsFoundUnderOffsets) {
  const auto matrix =
      Tabulate([](int64_t a, int64_t b) { return 6 * (a * a - 7) * (b ^ 3) + 100 * a - (b % 5); });
  const auto product = SingleProduct(matrix, kWidthA, kWidthB);
  ASSERT_TRUE(product.has_value());
  ExpectWhole(matrix, {*product});
  EXPECT_EQ(std::abs(product->scale), 6);
}

TEST(IntegerProduct, NoneAndTwoAreNotOne) {
  EXPECT_FALSE(
      SingleProduct(Tabulate([](int64_t a, int64_t b) { return a + 2 * b; }), kWidthA, kWidthB)
          .has_value());
  EXPECT_FALSE(
      SingleProduct(Tabulate([](int64_t a, int64_t b) { return a * b + (a & 1) * (b & 2); }),
                    kWidthA, kWidthB)
          .has_value());
}

TEST(IntegerProduct, BitProductsAreTheMatrixAndMergeAlikeBits) {
  // All bits of a go with b, bit 2 also with b squared: 2 products over a, more over b.
  const auto matrix =
      Tabulate([](int64_t a, int64_t b) { return 3 * a * b + (a >> 2 & 1) * b * b - 50; });
  const auto over_a = MoebiusProducts(matrix, kWidthA, kWidthB);
  ASSERT_TRUE(over_a.has_value());
  EXPECT_EQ(over_a->size(), 2u);
  ExpectWhole(matrix, *over_a);
  const auto over_b = MoebiusProductsOfB(matrix, kWidthA, kWidthB);
  ASSERT_TRUE(over_b.has_value());
  ExpectWhole(matrix, *over_b);
  EXPECT_FALSE(MoebiusProducts(matrix, kWidthA, kWidthB, 1).has_value());
}

TEST(IntegerProduct, RandomMatricesHaveBitProductsToo) {
  std::mt19937 random(2);
  const auto matrix =
      Tabulate([&](int64_t, int64_t) { return static_cast<int64_t>(random() % 60000) - 30000; });
  ExpectWhole(matrix, *MoebiusProducts(matrix, kWidthA, kWidthB));
  ExpectWhole(matrix, *MoebiusProductsOfB(matrix, kWidthA, kWidthB));
  EXPECT_TRUE(SeparableBits(matrix, kWidthA, kWidthB).empty());
}

TEST(IntegerProduct, BitsThatWorkAloneAreSeparable) {
  // Bits 0 and 1 of a work together; bit 3 of a and bit 4 of b alone, the others of b in pairs.
  const auto matrix = Tabulate([](int64_t a, int64_t b) {
    const int64_t pairs = (a & 3) * (a & 1) * ((b & 15) * (b & 15) + (b >> 5) * (b & 1));
    return 10 * (a >> 3 & 1) * ((b & 47) * (b & 47)) + 4 * (b >> 4 & 1) * ((a & 23) * (a & 23)) +
           2 * pairs + 6 * ((a >> 2 & 1) * (a >> 4) * (b & 47) * (b & 47));
  });
  const auto bits = SeparableBits(matrix, kWidthA, kWidthB);
  ASSERT_EQ(bits.size(), 2u);
  for (int64_t a = 0; a < 32; ++a) EXPECT_EQ(bits[0].u[static_cast<size_t>(a)], a >> 3 & 1);
  for (int64_t b = 0; b < 64; ++b) EXPECT_EQ(bits[1].v[static_cast<size_t>(b)], b >> 4 & 1);
  EXPECT_EQ(bits[0].scale, 2);
}

}  // namespace
}  // namespace axlut
