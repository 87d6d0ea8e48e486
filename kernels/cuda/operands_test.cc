// SPDX-License-Identifier: MIT
// Device functions, called as plain functions.
#include "kernels/cuda/operands.cuh"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "kernels/cuda/testing/conv2d_on_gpu.h"

namespace axlut {
namespace {

// The quantizer has no division; wherever codes change it must give what a division gives. Scales
// down to the smallest and up to the largest that NudgeRange makes.
TEST(FloatQuantizer, GivesTheCodesOfADivision) {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> mantissa(1, 2);
  for (int exponent = -126; exponent <= 119; ++exponent) {
    for (int i = 0; i < 20; ++i) {
      const int width = 1 + i % 8;
      const int max_code = (1 << width) - 1;
      const float all_ones = std::nextafter(2.0f, 0.0f);
      const float scale = std::ldexp(i == 0   ? 1.0f
                                     : i == 1 ? all_ones
                                              : mantissa(random),
                                     exponent);
      const int zero_code = static_cast<int>(random()) & max_code;
      const GpuRange range = SomeRange(width, i % 2 == 0, zero_code, scale);
      const on_host::FloatQuantizer quantizer(range);
      for (int code = -1; code <= max_code + 1; ++code) {
        // Where the code changes, and the neighbours of that float.
        float value = (static_cast<float>(code - zero_code) - 0.5f) * scale;
        value = std::nextafter(value, -std::numeric_limits<float>::infinity());
        for (int neighbour = 0; neighbour < 3; ++neighbour) {
          ASSERT_EQ(quantizer.Pattern(value), QuantizedPattern(range, value))
              << "scale " << scale << " zero code " << zero_code << " value " << value;
          value = std::nextafter(value, std::numeric_limits<float>::infinity());
        }
      }
    }
  }
}

uint32_t Pattern(const GpuRange& range, float value) {
  return on_host::FloatQuantizer(range).Pattern(value);
}

TEST(FloatQuantizer, GivesAPatternForEveryRangeAndValue) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  const GpuRange range = SomeRange(4, true, 5, 0.5f);
  EXPECT_EQ(Pattern(range, nan), 0u ^ 8u);
  EXPECT_EQ(Pattern(range, -infinity), 0u ^ 8u);
  EXPECT_EQ(Pattern(range, infinity), 15u ^ 8u);
  EXPECT_EQ(Pattern(range, -0.0f), 5u ^ 8u);
  GpuRange empty;  // holds nothing but 0.0
  for (const float value : {0.0f, 3.0f, -3.0f, infinity, nan}) {
    EXPECT_EQ(Pattern(empty, value), 0u);
  }
  empty.scale = nan;  // refused by NudgeRanges
  for (const float value : {0.0f, 3.0f, -3.0f, infinity, nan}) {
    EXPECT_EQ(Pattern(empty, value), 0u);
  }
}

}  // namespace
}  // namespace axlut
