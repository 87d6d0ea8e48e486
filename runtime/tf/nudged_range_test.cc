// SPDX-License-Identifier: MIT
// Equality with TensorFlow itself is tested in runtime/python/tests/test_quantization.py.
#include "runtime/tf/nudged_range.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace axlut {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::vector<int> Patterns(const NudgedRange& range, Signedness signedness,
                          const std::vector<float>& values) {
  std::vector<uint8_t> patterns(values.size());
  EXPECT_TRUE(QuantizeToPatterns(range, signedness, values.data(),
                                 static_cast<int64_t>(values.size()), patterns.data()));
  return {patterns.begin(), patterns.end()};
}

TEST(NudgeRange, MovesTheRangeSoThatZeroIsACode) {
  const auto range = NudgeRange(-1.5f, 1.5f, 2, "r");
  ASSERT_TRUE(range.ok());
  // -min / scale is 1.5: halves go away from zero.
  EXPECT_EQ(range->zero_code, 2);
  EXPECT_EQ(range->scale, 1.0f);
  EXPECT_EQ(range->min, -2.0f);
  EXPECT_EQ(range->max, 1.0f);
}

TEST(NudgeRange, PositiveRangeStartsAtZeroAndKeepsItsWidth) {
  const auto range = NudgeRange(2.0f, 10.0f, 8, "r");
  ASSERT_TRUE(range.ok());
  EXPECT_EQ(range->zero_code, 0);
  EXPECT_FLOAT_EQ(range->min, 0.0f);
  EXPECT_FLOAT_EQ(range->max, 8.0f);
}

TEST(NudgeRange, NegativeRangeEndsAtZeroAndKeepsItsWidth) {
  const auto range = NudgeRange(-10.0f, -2.0f, 8, "r");
  ASSERT_TRUE(range.ok());
  EXPECT_EQ(range->zero_code, 255);
  EXPECT_FLOAT_EQ(range->min, -8.0f);
  EXPECT_FLOAT_EQ(range->max, 0.0f);
}

TEST(NudgeRange, OneValueIsWidenedToHoldZero) {
  const auto positive = NudgeRange(3.0f, 3.0f, 8, "r");
  ASSERT_TRUE(positive.ok());
  EXPECT_THAT(Patterns(*positive, Signedness::kUnsigned, {0.0f, 3.0f}), ElementsAre(0, 255));
  const auto negative = NudgeRange(-3.0f, -3.0f, 8, "r");
  ASSERT_TRUE(negative.ok());
  EXPECT_THAT(Patterns(*negative, Signedness::kUnsigned, {0.0f, -3.0f}), ElementsAre(255, 0));
}

TEST(NudgeRange, NothingButZeroHasScaleZero) {
  for (float end : {0.0f, -0.0f, 1e-42f}) {
    const auto range = NudgeRange(0.0f, end, 8, "r");
    ASSERT_TRUE(range.ok());
    EXPECT_EQ(range->scale, 0.0f);
    EXPECT_THAT(Patterns(*range, Signedness::kUnsigned, {-1.0f, 0.0f, 1.0f, kInfinity}),
                ElementsAre(0, 0, 0, 0));
  }
}

TEST(NudgeRange, NarrowRangeLeavesOutCodeZero) {
  const auto range = NudgeRange(-3.0f, 3.0f, 3, "r", true);
  ASSERT_TRUE(range.ok());
  EXPECT_EQ(range->scale, 1.0f);
  EXPECT_EQ(range->zero_code, 4);  // the middle: zero point 0 of a two's-complement operand
  EXPECT_EQ(ZeroPoint(*range, Signedness::kTwosComplement), 0);
  EXPECT_THAT(Patterns(*range, Signedness::kUnsigned, {-9.0f, -3.0f, -0.4f, 0.0f, 1.5f, 9.0f}),
              ElementsAre(1, 1, 4, 4, 6, 7));
  EXPECT_THAT(Patterns(*range, Signedness::kTwosComplement, {-3.0f, -1.0f, 0.0f, 3.0f}),
              ElementsAre(5, 7, 0, 3));
  const auto positive = NudgeRange(2.0f, 8.0f, 3, "r", true);
  ASSERT_TRUE(positive.ok());
  EXPECT_EQ(positive->zero_code, 1);
  EXPECT_EQ(positive->max, 6.0f);
  const auto nothing = NudgeRange(0.0f, 0.0f, 3, "r", true);
  ASSERT_TRUE(nothing.ok());
  EXPECT_THAT(Patterns(*nothing, Signedness::kUnsigned, {-1.0f, 0.0f, 1.0f}), ElementsAre(1, 1, 1));
}

TEST(NudgeRange, NarrowRangeOfOneBitIsRefused) {
  const auto range = NudgeRange(-1.0f, 1.0f, 1, "filter_range", true);
  ASSERT_FALSE(range.ok());
  EXPECT_THAT(range.error().message(),
              HasSubstr("filter_range can be narrow for operands of at least 2 bits"));
  EXPECT_TRUE(NudgeRange(-1.0f, 1.0f, 2, "r", true).ok());
}

TEST(ChannelRanges, EveryChannelHasItsOwn) {
  for (const bool narrow : {false, true}) {
    std::vector<NudgedRange> ranges;
    for (int channel = 0; channel < 37; ++channel) {
      ranges.push_back(*NudgeRange(-0.1f * static_cast<float>(channel % 5), 0.3f, 4, "r", narrow));
    }
    for (const Signedness signedness : {Signedness::kUnsigned, Signedness::kTwosComplement}) {
      const ChannelRanges channels(ranges, signedness);
      std::vector<float> values;
      for (int i = 0; i < 31; ++i) values.push_back(0.03f * static_cast<float>(i - 15));
      std::vector<uint8_t> patterns(values.size());
      ASSERT_TRUE(channels.Quantize(values.data(), 5, 31, patterns.data()));
      for (size_t i = 0; i < values.size(); ++i) {
        EXPECT_THAT(Patterns(ranges[5 + i], signedness, {values[i]}), ElementsAre(patterns[i]))
            << "value " << values[i] << " of channel " << 5 + i;
      }
      values[30] = std::numeric_limits<float>::quiet_NaN();
      EXPECT_FALSE(channels.Quantize(values.data(), 5, 31, patterns.data()));
    }
  }
}

TEST(NudgeRange, RefusesEndsThatAreNoRange) {
  struct Case {
    float min, max;
    const char* message;
  };
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float largest = std::numeric_limits<float>::max();
  for (const Case& c : {Case{1.0f, -1.0f, "input_range must have min <= max; it is [1, -1]"},
                        Case{nan, 1.0f, "input_range must be finite; it is [nan, 1]"},
                        Case{0.0f, kInfinity, "input_range must be finite; it is [0, inf]"},
                        Case{-largest, largest, "input_range must be narrower than"}}) {
    const auto range = NudgeRange(c.min, c.max, 8, "input_range");
    ASSERT_FALSE(range.ok());
    EXPECT_THAT(range.error().message(), HasSubstr(c.message));
  }
}

// 127 rounded steps of a range as wide as the largest float can lead to infinity.
TEST(NudgeRange, RefusesRangesWhoseNudgedEndsAreInfinite) {
  const float largest = std::numeric_limits<float>::max();
  for (const auto& [min, max] : {std::pair{0.0f, largest}, {-largest, 0.0f}}) {
    EXPECT_FALSE(NudgeRange(min, max, 7, "r").ok());
    const auto narrower = NudgeRange(min / 2, max / 2, 7, "r");
    ASSERT_TRUE(narrower.ok());
    EXPECT_THAT(Patterns(*narrower, Signedness::kUnsigned, {-kInfinity, kInfinity}),
                ElementsAre(0, 127));
  }
}

TEST(QuantizeToPatterns, ClampsToTheEndsOfTheRange) {
  const auto range = NudgeRange(-1.0f, 1.55f, 8, "r");  // steps of 0.01
  ASSERT_TRUE(range.ok());
  EXPECT_THAT(Patterns(*range, Signedness::kUnsigned,
                       {-kInfinity, -7.0f, -1.0f, 0.0f, 1.55f, 9.0f, kInfinity}),
              ElementsAre(0, 0, 0, 100, 255, 255, 255));
}

TEST(QuantizeToPatterns, TwosComplementCodesAreShiftedByHalfTheCodes) {
  const auto range = NudgeRange(-1.0f, 1.55f, 8, "r");
  ASSERT_TRUE(range.ok());
  EXPECT_THAT(Patterns(*range, Signedness::kTwosComplement, {-1.0f, 0.0f, 0.28f, 1.55f}),
              ElementsAre(0x80, 0xE4, 0x00, 0x7F));  // -128, -28, 0, 127
  EXPECT_EQ(ZeroPoint(*range, Signedness::kTwosComplement), -28);
  EXPECT_EQ(ZeroPoint(*range, Signedness::kUnsigned), 100);
}

TEST(QuantizeToPatterns, NarrowOperandsUseTheirOwnNumberOfCodes) {
  const auto range = NudgeRange(-1.0f, 2.0f, 2, "r");
  ASSERT_TRUE(range.ok());
  EXPECT_THAT(Patterns(*range, Signedness::kUnsigned, {-9.0f, -1.0f, 0.0f, 1.0f, 2.0f, 9.0f}),
              ElementsAre(0, 0, 1, 2, 3, 3));
  EXPECT_THAT(Patterns(*range, Signedness::kTwosComplement, {-1.0f, 0.0f, 1.0f, 2.0f}),
              ElementsAre(2, 3, 0, 1));
}

TEST(FromPatterns, GivesValuesAndWhatWasClipped) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const Signedness signedness : {Signedness::kUnsigned, Signedness::kTwosComplement}) {
    for (const bool narrow : {false, true}) {
      const auto range = NudgeRange(-2, 5, 4, "input_range", narrow);
      const std::vector<float> values = {-3, range->min, -1, 0, 0.3f, range->max, 6, nan};
      std::vector<uint8_t> patterns(values.size());
      QuantizeToPatterns(*range, signedness, values.data(), 8, patterns.data());
      std::vector<float> meant(values.size());
      bool inside[8];
      FromPatterns(*range, signedness, values.data(), patterns.data(), 8, meant.data(), inside);
      const OperandSpec operand{4, signedness};
      for (size_t i = 0; i < values.size(); ++i) {
        const int64_t steps = operand.ValueOf(patterns[i]) - ZeroPoint(*range, signedness);
        EXPECT_EQ(meant[i], static_cast<float>(steps) * range->scale) << i;
        EXPECT_EQ(inside[i], i != 0 && i < 6) << i;
      }
      EXPECT_EQ(meant[0], range->min);
      EXPECT_EQ(meant[3], 0);
      EXPECT_EQ(meant[5], range->max);
    }
  }
}

TEST(QuantizeToPatterns, ReportsNan) {
  const auto range = NudgeRange(-1.0f, 1.0f, 8, "r");
  ASSERT_TRUE(range.ok());
  const float values[] = {0.0f, std::numeric_limits<float>::quiet_NaN(), 1.0f};
  uint8_t patterns[3];
  EXPECT_FALSE(QuantizeToPatterns(*range, Signedness::kUnsigned, values, 3, patterns));
}

// Every code of every width is reached from the value it stands for.
TEST(QuantizeToPatterns, InvertsTheMeaningOfCodes) {
  for (int width = 1; width <= 8; ++width) {
    const auto range = NudgeRange(-0.37f, 1.9f, width, "r");
    ASSERT_TRUE(range.ok());
    for (int code = 0; code < 1 << width; ++code) {
      const float value = static_cast<float>(code - range->zero_code) * range->scale;
      EXPECT_THAT(Patterns(*range, Signedness::kUnsigned, {value}), ElementsAre(code))
          << "width " << width;
    }
  }
}

}  // namespace
}  // namespace axlut
