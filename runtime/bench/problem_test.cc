// SPDX-License-Identifier: MIT
#include "runtime/bench/problem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace axlut {
namespace {

TEST(Problem, ReadsEveryLetter) {
  const auto s = ParseProblem("n8h20w30c16_k3o32s2d1g4p2");
  ASSERT_TRUE(s.ok()) << s.error().ToString();
  EXPECT_EQ(s->batch, 8);
  EXPECT_EQ(s->in_h, 20);
  EXPECT_EQ(s->in_w, 30);
  EXPECT_EQ(s->in_c, 16);
  EXPECT_EQ(s->kernel_h, 3);
  EXPECT_EQ(s->kernel_w, 3);
  EXPECT_EQ(s->out_c, 32);
  EXPECT_EQ(s->stride_w, 2);
  EXPECT_EQ(s->groups, 4);
  EXPECT_EQ(s->pad_top, 2);
  EXPECT_EQ(s->out_h, 11);  // (20 + 4 - 3) / 2 + 1
  EXPECT_EQ(s->out_w, 16);
}

TEST(Problem, PadsAsTensorFlowsSameByDefault) {
  // Even sizes at stride 2: one row is padded in all, below, so that nothing is padded above.
  const auto stride2 = ParseProblem("n1h32w32c16_k3o32s2");
  EXPECT_EQ(stride2->out_h, 16);
  EXPECT_EQ(stride2->pad_top, 0);
  const auto dilated = ParseProblem("n1h9w9c1_k3o1s1d3");
  EXPECT_EQ(dilated->out_h, 9);
  EXPECT_EQ(dilated->pad_left, 3);
  // A kernel smaller than its stride needs no padding.
  EXPECT_EQ(ParseProblem("h5c1_k1o1s3")->pad_top, 0);
  EXPECT_EQ(ParseProblem("h5c1_k1o1s3")->out_h, 2);
}

TEST(Problem, DefaultsDescribeADenseLayer) {
  const auto s = ParseProblem("n32c1024_o1024");
  ASSERT_TRUE(s.ok());
  EXPECT_EQ(s->Macs(), 32 * 1024 * 1024);
  EXPECT_EQ(ProblemString(*s), "n32h1w1c1024_k1o1024s1");
}

TEST(Problem, TheWordOfAShapeReadsBackAsTheShape) {
  for (const char* text : {"n1h56w56c64_k3o64s1", "n2h7w9c12_k5o24s2d2g12", "n1h8w8c3_k3o4s1p0",
                           "n1h8w8c3_k4o4s3p2", "n3h6w6c2_k1o2s2"}) {
    const auto shape = ParseProblem(text);
    ASSERT_TRUE(shape.ok()) << shape.error().ToString();
    EXPECT_EQ(ProblemString(*shape), text);
  }
  for (const std::string& text : DefaultProblems()) {
    EXPECT_EQ(ProblemString(*ParseProblem(text)), text);
  }
}

TEST(Problem, RefusesWhatMakesNoLayer) {
  const struct {
    const char* text;
    const char* message;
  } cases[] = {
      {"", "must have a '_'"},
      {"n1h56w56c64", "must have a '_'"},
      {"n1h56_k3o64", "must have 'c'"},
      {"c64_k3", "must have 'o'"},
      {"c64k3_o3", "must have letters of 'nhwc' here, found 'k3'"},
      {"c64_k3o64x1", "must have letters of 'kosdgp' here, found 'x1'"},
      {"c_o1", "must have a number of 1..1048576 after 'c', found 'c'"},
      {"c64_o0", "must have a number of 1..1048576 after 'o', found 'o0'"},
      {"c-4_o1", "after 'c', found 'c-4'"},
      {"c64_o64s99999999999999999999", "after 's'"},
      {"c64c64_o1", "must have 'c' once"},
      {"c64_o64g3", "channels that 3 groups divide, found c64 o64"},
      {"h2c1_k3o1p0", "a kernel that fits"},
  };
  for (const auto& test : cases) {
    const auto shape = ParseProblem(test.text);
    ASSERT_FALSE(shape.ok()) << test.text;
    EXPECT_EQ(shape.error().code(), ErrorCode::kUsage);
    EXPECT_THAT(shape.error().message(), testing::HasSubstr(test.message));
  }
  const auto huge = ParseProblem("n1000000h1000000w1000000c1000000_k1o1");
  ASSERT_FALSE(huge.ok());
  EXPECT_EQ(huge.error().code(), ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace axlut
