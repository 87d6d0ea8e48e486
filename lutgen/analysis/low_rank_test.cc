// SPDX-License-Identifier: MIT
#include "lutgen/analysis/low_rank.h"

#include <gtest/gtest.h>

#include <string>

#include "lutgen/analysis/structure.h"
#include "lutgen/testing/plan_tables.h"

namespace axlut {
namespace {

using testing_support::BrokenArray;
using testing_support::TestTable;

// f(a) + g(b) + the products is the table, for every factorisation: nothing of it is left.
void ExpectExact(const TestTable& table, const std::vector<Factorisation>& factorisations) {
  ASSERT_FALSE(factorisations.empty());
  for (const Factorisation& factorisation : factorisations) {
    PlanBuilder builder(table.view());
    for (const IntegerProduct& product : factorisation.products) builder.AddProduct(product);
    EXPECT_EQ(builder.term_count(), factorisation.terms);
    const auto plan = builder.Finish();
    ASSERT_TRUE(plan.has_value());
    EXPECT_FALSE(plan->residual.has_value());
    EXPECT_EQ(FindPlanError(*plan, table.view()), "");
  }
}

int FewestTerms(const TestTable& table) {
  const auto factorisations = Factorise(table.entries(), table.width_a, table.width_b);
  ExpectExact(table, factorisations);
  return factorisations.front().terms;
}

TEST(LowRank, TextbookMultipliersNeedAsManyTermsAsTheirRank) {
  EXPECT_EQ(FewestTerms(testing_support::Exact(8, 8, false)), 1);
  EXPECT_EQ(FewestTerms(testing_support::Exact(8, 8, true)), 1);
  for (const int bits : {3, 4, 6}) EXPECT_EQ(FewestTerms(testing_support::Drum(bits)), 1) << bits;
  EXPECT_EQ(FewestTerms(testing_support::Kulkarni()), 2);
  EXPECT_EQ(FewestTerms(BrokenArray(8, false, 3, 0)), 1);
}

TEST(LowRank, RobaHasRankTwoAndFactorsOfNineBits) {
  // The rounded operand reaches 256 in steps of 1: 9 bits, which split into bytes.
  const TestTable roba = testing_support::Roba();
  EXPECT_EQ(AnalyseStructure(roba.view(), false, false).table.rank, 2);
  EXPECT_LE(FewestTerms(roba), 3);
}

TEST(LowRank, TruncatedMultipliersNeedATermPerColumnAtMost) {
  for (int column = 1; column <= 8; ++column) {
    const TestTable table = BrokenArray(8, false, 0, column);
    const int rank = CentredRank(table.entries(), 8, 8);
    EXPECT_LE(rank, column + 1);
    EXPECT_EQ(FewestTerms(table), rank) << column;
  }
}

TEST(LowRank, SignedStandInsNeedAtMostFiveTerms) {
  for (const auto& [name, table] : testing_support::SignedStandIns()) {
    EXPECT_LE(FewestTerms(table), 5) << name;
  }
}

TEST(LowRank, UnstructuredTablesAreFactorisedOverTheirBits) {
  EXPECT_EQ(CentredRank(testing_support::Mitchell().entries(), 8, 8), 128);
  EXPECT_EQ(CentredRank(testing_support::Random(8, 8, 4).entries(), 8, 8), 255);
  EXPECT_GE(FewestTerms(testing_support::Mitchell()), 128);
  // 16-bit values are two bytes each.
  EXPECT_GE(FewestTerms(testing_support::Random(8, 8, 4)), 255);
}

TEST(LowRank, TablesOfAllWidthsAreFactorisedExactly) {
  for (int width_a = 1; width_a <= 8; ++width_a) {
    for (int width_b = 1; width_b <= 8; ++width_b) {
      const TestTable random =
          testing_support::Random(width_a, width_b, static_cast<uint32_t>(8 * width_a + width_b));
      FewestTerms(random);
      EXPECT_EQ(FewestTerms(testing_support::Exact(width_a, width_b, width_a % 2 == 0)), 1);
    }
  }
}

}  // namespace
}  // namespace axlut
