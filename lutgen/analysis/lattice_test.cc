// SPDX-License-Identifier: MIT
#include "lutgen/analysis/lattice.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "lutgen/analysis/modular.h"

namespace axlut {
namespace {

TEST(Lattice, DependentAndLongGeneratorsBecomeAShortBasis) {
  // Spanned by (0, 1, -1, 2) and (0, 3, 1, 0), hidden behind large multiples.
  IntMatrix generators(4, 4);
  generators.entries = {0, 1000003, 333000, 1006, 0, 3, 1, 0, 0, 0, 0, 0, 0, 1000006, 333001, 1006};
  for (size_t column = 0; column < 4; ++column) {
    const int64_t short_vectors[2][4] = {{0, 1, -1, 2}, {0, 3, 1, 0}};
    generators.at(0, column) = 1000 * short_vectors[0][column] + 333 * short_vectors[1][column];
    generators.at(1, column) = 1001 * short_vectors[0][column] + 334 * short_vectors[1][column];
    generators.at(3, column) = 3003 * short_vectors[0][column] - 77 * short_vectors[1][column];
  }
  const IntMatrix basis = ReducedBasis(generators);
  ASSERT_EQ(basis.rows, 2u);
  for (const int64_t entry : basis.entries) EXPECT_LE(std::abs(entry), 4);
  EXPECT_TRUE(CoordinatesIn(basis, generators).has_value());
}

TEST(Lattice, NothingSpansNothing) { EXPECT_EQ(ReducedBasis(IntMatrix(3, 5)).rows, 0u); }

}  // namespace
}  // namespace axlut
