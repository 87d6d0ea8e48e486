// SPDX-License-Identifier: MIT
#include "lutgen/analysis/modular.h"

#include <gtest/gtest.h>

#include <random>

namespace axlut {
namespace {

IntMatrix RandomMatrix(size_t rows, size_t columns, std::mt19937* random) {
  IntMatrix matrix(rows, columns);
  for (int64_t& entry : matrix.entries) entry = static_cast<int64_t>((*random)() % 2001) - 1000;
  return matrix;
}

IntMatrix Product(const IntMatrix& x, const IntMatrix& y) {
  IntMatrix product(x.rows, y.columns);
  for (size_t i = 0; i < x.rows; ++i) {
    for (size_t j = 0; j < y.columns; ++j) {
      for (size_t k = 0; k < x.columns; ++k) product.at(i, j) += x.at(i, k) * y.at(k, j);
    }
  }
  return product;
}

TEST(Modular, RankOfAProductIsItsInnerSize) {
  std::mt19937 random(1);
  for (const size_t rank : {0u, 1u, 2u, 17u, 40u}) {
    const IntMatrix matrix =
        Product(RandomMatrix(60, rank, &random), RandomMatrix(rank, 40, &random));
    EXPECT_EQ(RankModPrime(matrix), static_cast<int>(rank));
    EXPECT_EQ(RankModPrime(matrix.Transposed()), static_cast<int>(rank));
  }
}

TEST(Modular, CoordinatesAreFoundWhereTheyAreWhole) {
  std::mt19937 random(2);
  const IntMatrix basis = RandomMatrix(7, 20, &random);
  const IntMatrix x = RandomMatrix(30, 7, &random);
  const auto found = CoordinatesIn(basis, Product(x, basis));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->entries, x.entries);
}

TEST(Modular, IndependentRowsAreTheFirstOnesThatAre) {
  IntMatrix matrix(5, 3);
  matrix.entries = {0, 0, 0, 1, 2, 3, 2, 4, 6, 0, 1, 0, 1, 3, 3};
  EXPECT_EQ(IndependentRows(matrix), (std::vector<size_t>{1, 3}));
}

TEST(Modular, FractionsAndStrangersHaveNoCoordinates) {
  IntMatrix basis(1, 2);
  basis.entries = {2, 4};
  IntMatrix half(1, 2);
  half.entries = {1, 2};
  EXPECT_FALSE(CoordinatesIn(basis, half).has_value());
  IntMatrix stranger(1, 2);
  stranger.entries = {2, 5};
  EXPECT_FALSE(CoordinatesIn(basis, stranger).has_value());
  IntMatrix dependent(2, 2);
  dependent.entries = {2, 4, 1, 2};
  EXPECT_FALSE(CoordinatesIn(dependent, half).has_value());
}

}  // namespace
}  // namespace axlut
