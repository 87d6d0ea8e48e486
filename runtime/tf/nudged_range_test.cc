// SPDX-License-Identifier: MIT
// Equality with TensorFlow itself is tested in runtime/python/tests/test_quantization.py.
#include "runtime/tf/nudged_range.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
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
                        Case{nan, 1.0f,
                             "input_range must be finite; it is [nan, 1] (if it was not given: the "
                             "tensor's own)"},
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

// Ranges with 0.0 anywhere, of every width; values in and outside, ties, infinities; every tail.
TEST(QuantizeToPatterns, VectorFormsEqualTheScalarOne) {
  std::mt19937 rng(1);
  const auto uniform = [&rng](float low, float high) {
    return std::uniform_real_distribution<float>(low, high)(rng);
  };
  for (int trial = 0; trial < 2000; ++trial) {
    const int count = static_cast<int>(rng() % 80);
    const int width = 1 + static_cast<int>(rng() % 8);
    const bool narrow = width > 1 && rng() % 2 == 0;
    const Signedness signedness =
        rng() % 2 == 0 ? Signedness::kUnsigned : Signedness::kTwosComplement;
    const float size = std::exp2(uniform(-100, 100));
    std::vector<NudgedRange> ranges;
    std::vector<float> values;
    for (int i = 0; i < count + 3; ++i) {
      const float end = uniform(-1, 1) * size;
      ranges.push_back(rng() % 9 == 0
                           ? *NudgeRange(0, 0, width, "r", narrow)
                           : *NudgeRange(end, end + uniform(0, 2) * size, width, "r", narrow));
    }
    for (int i = 0; i < count; ++i) {
      const NudgedRange& range = ranges[static_cast<size_t>(rng() % 2 == 0 ? 0 : i + 3)];
      const float steps = static_cast<float>(rng() % 1024) * 0.5f - 128.0f;
      values.push_back(rng() % 3 == 0    ? uniform(-3, 3) * size
                       : rng() % 20 == 0 ? (rng() % 2 == 0 ? kInfinity : -kInfinity)
                                         : steps * range.scale);
    }
    if (count > 0 && rng() % 8 == 0) {
      values[rng() % values.size()] = std::numeric_limits<float>::quiet_NaN();
    }
    const ChannelRanges channels(ranges, signedness);
    const size_t size_of_output = values.size() + 1;  // one more: must not be written
    std::vector<uint8_t> expected(size_of_output, 0xA5), of_channels(size_of_output, 0xA5);
    const bool are_numbers = QuantizeToPatterns(ranges[0], signedness, values.data(), count,
                                                expected.data(), KernelIsa::kScalar);
    EXPECT_EQ(channels.Quantize(values.data(), 3, count, of_channels.data(), KernelIsa::kScalar),
              are_numbers);
    for (const KernelIsa isa : {KernelIsa::kAvx2, KernelIsa::kAvx512}) {
      if (isa > DetectedKernelIsa()) continue;
      std::vector<uint8_t> got(size_of_output, 0xA5);
      EXPECT_EQ(QuantizeToPatterns(ranges[0], signedness, values.data(), count, got.data(), isa),
                are_numbers);
      EXPECT_EQ(channels.Quantize(values.data(), 3, count, got.data(), isa), are_numbers);
      if (!are_numbers) continue;  // the pattern of a NaN is any
      EXPECT_EQ(got, of_channels) << "trial " << trial;
      QuantizeToPatterns(ranges[0], signedness, values.data(), count, got.data(), isa);
      ASSERT_EQ(got, expected) << "trial " << trial;
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
