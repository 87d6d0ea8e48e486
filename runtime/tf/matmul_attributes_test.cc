// SPDX-License-Identifier: MIT
#include "runtime/tf/matmul_attributes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace axlut {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Dimensions = std::vector<int64_t>;

std::vector<std::pair<int64_t, int64_t>> PairsOf(const Dimensions& a, const Dimensions& b) {
  const auto problem = MatmulAttributes{}.ProblemFor(a, b);
  EXPECT_TRUE(problem.ok());
  std::vector<std::pair<int64_t, int64_t>> pairs;
  for (const MatmulPair& pair : problem->Pairs()) pairs.emplace_back(pair.a, pair.b);
  return pairs;
}

TEST(MatmulAttributes, TransposesSayWhichDimensionIsSummed) {
  for (const bool transpose_a : {false, true}) {
    for (const bool transpose_b : {false, true}) {
      const Dimensions a = transpose_a ? Dimensions{7, 5, 2} : Dimensions{7, 2, 5};
      const Dimensions b = transpose_b ? Dimensions{7, 3, 5} : Dimensions{7, 5, 3};
      const auto problem = MatmulAttributes{transpose_a, transpose_b}.ProblemFor(a, b);
      ASSERT_TRUE(problem.ok()) << problem.error().ToString();
      EXPECT_THAT(problem->output, ElementsAre(7, 2, 3));
      EXPECT_EQ(problem->shape.batch, 7);
      EXPECT_EQ(problem->shape.m, 2);
      EXPECT_EQ(problem->shape.k, 5);
      EXPECT_EQ(problem->shape.n, 3);
      EXPECT_EQ(problem->shape.transpose_a, transpose_a);
      EXPECT_EQ(problem->shape.transpose_b, transpose_b);
    }
  }
}

TEST(MatmulAttributes, DimensionsInFrontAreBroadcast) {
  const MatmulAttributes plain;
  EXPECT_THAT(plain.ProblemFor({2, 3}, {3, 4})->output, ElementsAre(2, 4));
  EXPECT_THAT(plain.ProblemFor({6, 5, 2, 3}, {3, 4})->output, ElementsAre(6, 5, 2, 4));
  EXPECT_THAT(plain.ProblemFor({2, 3}, {6, 5, 3, 4})->output, ElementsAre(6, 5, 2, 4));
  EXPECT_THAT(plain.ProblemFor({6, 1, 2, 3}, {1, 5, 3, 4})->output, ElementsAre(6, 5, 2, 4));
  EXPECT_THAT(plain.ProblemFor({5, 2, 3}, {6, 1, 3, 4})->output, ElementsAre(6, 5, 2, 4));
  EXPECT_THAT(plain.ProblemFor({1, 2, 3}, {0, 3, 4})->output, ElementsAre(0, 2, 4));
}

TEST(MatmulProblem, PairsFollowTheOrderOfTheOutput) {
  EXPECT_THAT(PairsOf({2, 3}, {3, 4}), ElementsAre(std::pair(0, 0)));
  EXPECT_THAT(PairsOf({3, 2, 3}, {3, 3, 4}),
              ElementsAre(std::pair(0, 0), std::pair(1, 1), std::pair(2, 2)));
  EXPECT_THAT(PairsOf({3, 2, 3}, {3, 4}),
              ElementsAre(std::pair(0, 0), std::pair(1, 0), std::pair(2, 0)));
  EXPECT_THAT(PairsOf({1, 2, 3}, {3, 3, 4}),
              ElementsAre(std::pair(0, 0), std::pair(0, 1), std::pair(0, 2)));
  EXPECT_THAT(PairsOf({2, 1, 2, 3}, {3, 3, 4}),
              ElementsAre(std::pair(0, 0), std::pair(0, 1), std::pair(0, 2), std::pair(1, 0),
                          std::pair(1, 1), std::pair(1, 2)));
  EXPECT_THAT(PairsOf({2, 3, 2, 3}, {2, 1, 3, 4}),
              ElementsAre(std::pair(0, 0), std::pair(1, 0), std::pair(2, 0), std::pair(3, 1),
                          std::pair(4, 1), std::pair(5, 1)));
  EXPECT_TRUE(PairsOf({0, 2, 3}, {3, 4}).empty());
}

TEST(MatmulProblem, OneBMeansThatAllRowsOfAMeetTheSameMatrix) {
  const MatmulAttributes plain;
  EXPECT_TRUE(plain.ProblemFor({2, 3}, {3, 4})->HasOneB());
  EXPECT_TRUE(plain.ProblemFor({9, 2, 3}, {3, 4})->HasOneB());
  EXPECT_TRUE(plain.ProblemFor({9, 2, 3}, {1, 1, 3, 4})->HasOneB());
  EXPECT_FALSE(plain.ProblemFor({9, 2, 3}, {9, 3, 4})->HasOneB());
  EXPECT_FALSE(plain.ProblemFor({2, 3}, {9, 3, 4})->HasOneB());
}

TEST(MatmulAttributes, EmptyMatricesHaveNoProducts) {
  const MatmulAttributes plain;
  EXPECT_EQ(plain.ProblemFor({5, 0, 3}, {3, 4})->shape.batch, 0);
  EXPECT_EQ(plain.ProblemFor({5, 2, 3}, {3, 0})->shape.batch, 0);
  const auto no_sums = plain.ProblemFor({5, 2, 0}, {0, 4});  // an output of zeros
  EXPECT_THAT(no_sums->output, ElementsAre(5, 2, 4));
  EXPECT_EQ(no_sums->shape.k, 0);
}

TEST(MatmulAttributes, ShapesThatDoNotFitAreNamed) {
  constexpr int64_t kHuge = int64_t{1} << 40;
  const struct {
    MatmulAttributes attributes;
    Dimensions a, b;
    const char* message;
  } cases[] = {
      {{}, {3}, {3, 4}, "a must have at least 2 dimensions; its shape is [3]"},
      {{}, {2, 3}, {}, "b must have at least 2 dimensions; its shape is []"},
      {{},
       {2, 3},
       {4, 3},
       "a must have as many columns as b has rows; they are 3 and 4, of shapes [2, 3] and [4, 3]"},
      {{true, false}, {2, 3}, {3, 4}, "they are 2 and 3, of shapes [2, 3] (transposed) and [3, 4]"},
      {{},
       {2, 2, 3},
       {5, 3, 4},
       "dimensions in front of the matrices must be equal or 1; they are 2 and 5 in the shapes [2, "
       "2, 3] and [5, 3, 4]"},
      {{}, {2, 2, 3}, {0, 3, 4}, "must be equal or 1; they are 2 and 0"},
      {{}, {kHuge, 1, 1, 1}, {1, kHuge, 1, 1}, "has too many elements"},
  };
  for (const auto& c : cases) {
    const auto problem = c.attributes.ProblemFor(c.a, c.b);
    ASSERT_FALSE(problem.ok()) << c.message;
    EXPECT_EQ(problem.error().code(), ErrorCode::kInvalidInput);
    EXPECT_THAT(problem.error().message(), HasSubstr(c.message));
  }
}

}  // namespace
}  // namespace axlut
