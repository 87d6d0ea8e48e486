// SPDX-License-Identifier: MIT
#include "lutgen/analysis/structure.h"

#include <gtest/gtest.h>

#include "lutgen/testing/plan_tables.h"

namespace axlut {
namespace {

using testing_support::Tabulate;
using testing_support::TestTable;

TableStructure Analyse(const TestTable& table) {
  return AnalyseStructure(table.view(), table.is_signed, table.is_signed);
}

TEST(Structure, TheExactMultiplierHasNoErrorInEitherSignedness) {
  for (const bool is_signed : {false, true}) {
    const TableStructure structure = Analyse(testing_support::Exact(8, 8, is_signed));
    EXPECT_TRUE(structure.commutative);
    EXPECT_EQ(structure.table.rank, 1);
    EXPECT_EQ(structure.table.centred_rank, 1);
    EXPECT_EQ(structure.table.classes_a, 256);
    EXPECT_EQ(structure.table.byte_planes, 2);
    EXPECT_EQ(structure.error.rank, 0);
    EXPECT_EQ(structure.error.classes_a, 1);
    EXPECT_EQ(structure.error.classes_b, 1);
    EXPECT_EQ(structure.error.gcd, 0);
    EXPECT_EQ(structure.error.byte_planes, 0);
    EXPECT_EQ(structure.zero_rows, 1);
    EXPECT_EQ(structure.zero_columns, 1);
    EXPECT_TRUE(structure.zero_a);
    EXPECT_TRUE(structure.zero_b);
    EXPECT_TRUE(structure.table.nibbles_a);
    EXPECT_EQ(structure.table.nibbles_b, !is_signed || structure.table.nibbles_b);
  }
}

TEST(Structure, OperandsAreToldApart) {
  // T = 3 * (a >> 6) * (b & 1) + 5: 4 distinct rows, 2 distinct columns.
  const TableStructure structure = Analyse(
      Tabulate(8, 5, false, [](int64_t a, int64_t b) { return 3 * (a >> 6) * (b & 1) + 5; }));
  EXPECT_FALSE(structure.commutative);
  EXPECT_EQ(structure.table.classes_a, 4);
  EXPECT_EQ(structure.table.classes_b, 2);
  EXPECT_EQ(structure.table.min, 5);
  EXPECT_EQ(structure.table.max, 14);
  EXPECT_EQ(structure.table.gcd, 3);
  EXPECT_EQ(structure.table.rank, 2);
  EXPECT_EQ(structure.table.centred_rank, 1);
  EXPECT_EQ(structure.zero_rows, 0);
  EXPECT_FALSE(structure.zero_a);
}

TEST(Structure, ProductsWithZeroNeedNotBeZero) {
  const TableStructure structure =
      Analyse(Tabulate(4, 4, false, [](int64_t a, int64_t b) { return a * (b | 1); }));
  EXPECT_TRUE(structure.zero_a);
  EXPECT_FALSE(structure.zero_b);
  EXPECT_EQ(structure.zero_rows, 1);
  EXPECT_EQ(structure.zero_columns, 0);
}

TEST(Structure, NibblesThatWorkTogetherAreNotSeparable) {
  const TableStructure structure = Analyse(Tabulate(8, 8, false, [](int64_t a, int64_t b) {
    return (a >> 4 & 1) * (a & 1) * b + (b >> 4) * 7 + (b & 15) * a;
  }));
  EXPECT_FALSE(structure.table.nibbles_a);
  EXPECT_TRUE(structure.table.nibbles_b);
}

TEST(Structure, SignedOperandsAreSubtractedByValue) {
  // T is a * b of the values, but for one product.
  TestTable table = testing_support::Exact(6, 7, true);
  table.products[63 << 7 | 127] += 40;  // (-1) * (-1)
  const TableStructure structure = Analyse(table);
  EXPECT_EQ(structure.error.min, 0);
  EXPECT_EQ(structure.error.max, 40);
  EXPECT_EQ(structure.error.rank, 1);
  EXPECT_EQ(structure.error.classes_a, 2);
}

TEST(Structure, TextbookRanks) {
  EXPECT_EQ(Analyse(testing_support::Drum(3)).table.rank, 1);
  EXPECT_EQ(Analyse(testing_support::Roba()).table.rank, 2);
  EXPECT_EQ(Analyse(testing_support::Kulkarni()).table.rank, 2);
  EXPECT_EQ(Analyse(testing_support::Mitchell()).table.rank, 128);
  EXPECT_EQ(Analyse(testing_support::Random(8, 8, 2)).table.rank, 256);
}

}  // namespace
}  // namespace axlut
