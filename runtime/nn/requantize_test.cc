// SPDX-License-Identifier: MIT
#include "runtime/nn/requantize.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "runtime/nn/softmax_int8.h"

namespace axlut {
namespace {

TEST(Requantize, FirstRoundingTakesTiesUpAndTheSecondAwayFromZero) {
  constexpr int32_t kHalf = 1 << 30;  // 1/2 as a fraction of 2^31
  EXPECT_EQ(RoundingDoublingHighMul(5, kHalf), 3);
  EXPECT_EQ(RoundingDoublingHighMul(-5, kHalf), -2);
  EXPECT_EQ(RoundingDoublingHighMul(INT32_MIN, INT32_MIN), INT32_MAX);
  EXPECT_EQ(RoundingDivideByPowerOfTwo(5, 1), 3);
  EXPECT_EQ(RoundingDivideByPowerOfTwo(-5, 1), -3);
  EXPECT_EQ(RoundingDivideByPowerOfTwo(-5, 0), -5);
  EXPECT_EQ(RoundingDivideByPowerOfTwo(INT32_MIN, 31), -1);
}

TEST(Requantize, RoundingOnceAndTwiceDiffer) {
  const FixedPointMultiplier quarter{1 << 30, -1};
  EXPECT_EQ(MultiplyRoundingOnce(5, quarter), 1);           // 1.25
  EXPECT_EQ(MultiplyByQuantizedMultiplier(5, quarter), 2);  // 2.5 -> 3, 1.5 -> 2
}

TEST(Requantize, MultipliersAreRoundedTo31Bits) {
  const FixedPointMultiplier one = *QuantizeMultiplier(1);
  EXPECT_EQ(one.mantissa, 1 << 30);
  EXPECT_EQ(one.shift, 1);
  // Rounds up to the next power of two.
  const FixedPointMultiplier almost_one = *QuantizeMultiplier(1 - 0x1p-40);
  EXPECT_EQ(almost_one.mantissa, 1 << 30);
  EXPECT_EQ(almost_one.shift, 1);
  EXPECT_EQ(QuantizeMultiplier(0x1p-40)->mantissa, 0);
  EXPECT_EQ(QuantizeMultiplier(0)->mantissa, 0);
  for (const double bad : {-1.0, 0x1p31, std::numeric_limits<double>::infinity(),
                           std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_FALSE(QuantizeMultiplier(bad).ok()) << bad;
  }
}

TEST(Requantize, ActivationsLimitTheCodes) {
  const CodeRange relu6 = *ActivationCodes(Activation::kRelu6, 0.1F, -100);
  EXPECT_EQ(relu6.min, -100);
  EXPECT_EQ(relu6.max, -40);
  const CodeRange both = *ActivationCodes(Activation::kReluN1To1, 0.5F, 3);
  EXPECT_EQ(both.min, 1);
  EXPECT_EQ(both.max, 5);
  EXPECT_FALSE(ActivationCodes(Activation::kRelu6, 1e-30F, 0).ok());
}

TEST(Softmax, RowsOfEqualCodesShareTheProbability) {
  const SoftmaxParams params = *MakeSoftmaxParams(1, 0.1F);
  for (const int64_t depth : {1, 2, 4, 64, 511, 600, 10000}) {
    const std::vector<int8_t> input(depth, 17);
    std::vector<int8_t> output(depth);
    SoftmaxInt8(params, input.data(), 1, depth, output.data());
    const int expected = static_cast<int>(std::lround(256.0 / static_cast<double>(depth))) - 128;
    for (const int8_t code : output) EXPECT_EQ(code, std::min(expected, 127)) << depth;
  }
}

}  // namespace
}  // namespace axlut
