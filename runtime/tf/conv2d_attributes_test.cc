// SPDX-License-Identifier: MIT
#include "runtime/tf/conv2d_attributes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace axlut {
namespace {

using ::testing::HasSubstr;
using Dimensions = std::vector<int64_t>;

const Dimensions kOnes = {1, 1, 1, 1};

Conv2dAttributes Valid(const Dimensions& strides, const Dimensions& dilations,
                       const std::string& padding, const Dimensions& pads = {}) {
  auto attributes = Conv2dAttributes::Create(strides, dilations, padding, pads);
  EXPECT_TRUE(attributes.ok());
  return *attributes;
}

TEST(Conv2dAttributes, SamePadsLessInFront) {
  const auto shape = Valid({1, 2, 1, 1}, kOnes, "SAME").ShapeFor({3, 8, 7, 2}, {3, 4, 2, 5});
  ASSERT_TRUE(shape.ok());
  EXPECT_EQ(shape->batch, 3);
  EXPECT_EQ(shape->out_h, 4);
  EXPECT_EQ(shape->pad_top, 0);  // one row of padding: below
  EXPECT_EQ(shape->out_w, 7);
  EXPECT_EQ(shape->pad_left, 1);  // three columns: one left, two right
  EXPECT_EQ(shape->groups, 1);
  EXPECT_EQ(shape->Depth(), 24);
}

TEST(Conv2dAttributes, ValidUsesOnlyWholeWindows) {
  const auto shape =
      Valid({1, 2, 3, 1}, {1, 1, 2, 1}, "VALID").ShapeFor({1, 8, 9, 1}, {3, 3, 1, 1});
  ASSERT_TRUE(shape.ok());
  EXPECT_EQ(shape->out_h, 3);
  EXPECT_EQ(shape->out_w, 2);  // windows of 5 pixels at 0 and 3
  EXPECT_EQ(shape->pad_top, 0);
}

TEST(Conv2dAttributes, ExplicitPaddingIsTakenAsGiven) {
  const auto shape = Valid(kOnes, kOnes, "EXPLICIT", {0, 0, 1, 2, 3, 0, 0, 0})
                         .ShapeFor({1, 4, 4, 1}, {2, 2, 1, 1});
  ASSERT_TRUE(shape.ok());
  EXPECT_EQ(shape->out_h, 6);
  EXPECT_EQ(shape->out_w, 6);
  EXPECT_EQ(shape->pad_top, 1);
  EXPECT_EQ(shape->pad_left, 3);
}

TEST(Conv2dAttributes, GroupsFollowFromChannels) {
  const auto shape = Valid(kOnes, kOnes, "SAME").ShapeFor({1, 4, 4, 6}, {3, 3, 2, 9});
  ASSERT_TRUE(shape.ok());
  EXPECT_EQ(shape->groups, 3);
}

TEST(Conv2dAttributes, FilterThatSticksOutByLessThanAStrideGivesAnEmptyOutput) {
  const auto shape = Valid({1, 2, 2, 1}, kOnes, "VALID").ShapeFor({1, 2, 2, 1}, {3, 3, 1, 1});
  ASSERT_TRUE(shape.ok());
  EXPECT_EQ(shape->OutputCount(), 0);
}

TEST(Conv2dAttributes, NchwReordersEveryList) {
  const auto attributes = Conv2dAttributes::Create({1, 1, 2, 3}, {1, 1, 1, 2}, "EXPLICIT",
                                                   {0, 0, 0, 0, 1, 0, 3, 1}, "NCHW");
  ASSERT_TRUE(attributes.ok());
  const auto shape = attributes->ShapeFor({5, 2, 4, 7}, {3, 3, 1, 6});
  ASSERT_TRUE(shape.ok());
  EXPECT_EQ(shape->in_c, 2);
  EXPECT_EQ(shape->in_h, 4);
  EXPECT_EQ(shape->in_w, 7);
  EXPECT_EQ(shape->groups, 2);
  EXPECT_EQ(shape->pad_top, 1);
  EXPECT_EQ(shape->pad_left, 3);
  EXPECT_EQ(shape->out_h, 2);  // (5 - 3) / 2 + 1
  EXPECT_EQ(shape->out_w, 3);  // (11 - 5) / 3 + 1
  EXPECT_EQ(attributes->OutputDimensions(*shape), (Dimensions{5, 6, 2, 3}));
}

TEST(Conv2dAttributes, RefusesWrongNchwAttributesByName) {
  struct Case {
    Dimensions strides, pads;
    const char *format, *message;
  };
  for (const Case& c : {
           Case{{1, 2, 2, 1}, {}, "NCHW", "strides must be [1, 1, height, width]; they are"},
           Case{kOnes,
                {0, 0, 1, 1, 0, 0, 0, 0},
                "NCHW",
                "explicit padding must be [0, 0, 0, 0, top, bottom, left, right]"},
           Case{kOnes, {}, "NDHW", "data_format must be NHWC or NCHW; it is 'NDHW'"},
       }) {
    const auto attributes = Conv2dAttributes::Create(
        c.strides, kOnes, c.pads.empty() ? "SAME" : "EXPLICIT", c.pads, c.format);
    ASSERT_FALSE(attributes.ok()) << c.message;
    EXPECT_THAT(attributes.error().message(), HasSubstr(c.message));
  }
}

TEST(Conv2dAttributes, RefusesWrongAttributesByName) {
  struct Case {
    Dimensions strides, dilations;
    const char* padding;
    Dimensions pads;
    const char* message;
  };
  for (const Case& c : {
           Case{{1, 1, 1},
                kOnes,
                "SAME",
                {},
                "strides must be [1, height, width, 1]; they are [1, 1, 1]"},
           Case{{2, 1, 1, 1}, kOnes, "SAME", {}, "strides must be [1, height, width, 1]"},
           Case{{1, 0, 1, 1},
                kOnes,
                "SAME",
                {},
                "strides must be 1 .. 2147483647; they are 0 (height)"},
           Case{kOnes, {1, 1, -1, 1}, "SAME", {}, "dilations must be 1 .. "},
           Case{kOnes, kOnes, "FULL", {}, "padding must be SAME, VALID or EXPLICIT; it is 'FULL'"},
           Case{kOnes, kOnes, "SAME", Dimensions(8),
                "explicit_paddings must be empty with padding SAME"},
           Case{kOnes, kOnes, "EXPLICIT", {}, "explicit padding must be [0, 0, top"},
           Case{kOnes, kOnes, "EXPLICIT", {0, 0, -1, 0, 0, 0, 0, 0}, "none negative"},
           Case{kOnes,
                kOnes,
                "EXPLICIT",
                {1, 0, 0, 0, 0, 0, 0, 0},
                "it is [1, 0, 0, 0, 0, 0, 0, 0]"},
       }) {
    const auto attributes = Conv2dAttributes::Create(c.strides, c.dilations, c.padding, c.pads);
    ASSERT_FALSE(attributes.ok()) << c.message;
    EXPECT_THAT(attributes.error().message(), HasSubstr(c.message));
  }
}

TEST(Conv2dAttributes, RefusesWrongShapesByName) {
  struct Case {
    Dimensions input, filter;
    const char* message;
  };
  const Conv2dAttributes attributes = Valid(kOnes, kOnes, "VALID");
  for (const Case& c : {
           Case{{4, 4, 1}, kOnes, "input must have 4 dimensions (NHWC); its shape is [4, 4, 1]"},
           Case{kOnes, {1}, "filter must have 4 dimensions (HWIO); its shape is [1]"},
           Case{kOnes, {0, 1, 1, 1}, "filter must have at least one tap"},
           Case{{1, 4, 4, 3}, {1, 1, 2, 4}, "they are 3 and 2"},
           Case{{1, 4, 4, 4},
                {1, 1, 2, 3},
                "output channels must be a multiple of the groups; they are 3 and 2"},
           Case{{1, 2, 9, 1}, {4, 1, 1, 1}, "filter of height 4 with dilation 1 spans 4 pixels"},
       }) {
    const auto shape = attributes.ShapeFor(c.input, c.filter);
    ASSERT_FALSE(shape.ok()) << c.message;
    EXPECT_THAT(shape.error().message(), HasSubstr(c.message));
  }
}

}  // namespace
}  // namespace axlut
