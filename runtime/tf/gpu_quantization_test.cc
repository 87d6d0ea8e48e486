// SPDX-License-Identifier: MIT
// What GPU kernels make of floats and of their ranges is what nudged_range.h makes of them, bit for
// bit: both have their own code for it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <vector>

#include "kernels/cuda/gpu_conv2d.h"
#include "kernels/cuda/gpu_ranges.h"
#include "kernels/cuda/host/host_gpu.h"
#include "kernels/cuda/launches.h"
#include "runtime/tf/nudged_range.h"

namespace axlut {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kLargest = std::numeric_limits<float>::max();
constexpr float kSmallestNormal = std::numeric_limits<float>::min();
constexpr float kSmallest = std::numeric_limits<float>::denorm_min();

float FloatOf(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

uint32_t BitsOf(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

struct Ends {
  float min, max;
};

// Ends of all magnitudes, in order or not; and such as networks have.
std::vector<Ends> ManyRanges(int count, std::mt19937* random) {
  std::vector<Ends> ranges = {{0, 0},
                              {-0.0f, 0},
                              {0, 1},
                              {-1, 1},
                              {2, 2},
                              {-3, -3},
                              {2, 10},
                              {-10, -2},
                              {-1.5f, 1.5f},
                              {0, kSmallest},
                              {0, kSmallestNormal},
                              {0, 255 * kSmallestNormal},
                              {0, std::nextafter(255 * kSmallestNormal, 0.0f)},
                              {-kSmallestNormal, 15 * kSmallestNormal},
                              {0, kLargest},
                              {-kLargest, 0},
                              {-kLargest / 2, kLargest / 2},
                              {-kLargest, kLargest},
                              {1, -1},
                              {kNan, 1},
                              {0, kNan},
                              {0, kInfinity},
                              {-kInfinity, 0}};
  std::uniform_int_distribution<uint32_t> bits;
  std::normal_distribution<float> normal(0, 3);
  while (static_cast<int>(ranges.size()) < count) {
    const float x = normal(*random), y = normal(*random);
    ranges.push_back({std::min(x, y), std::max(x, y)});
    ranges.push_back({FloatOf(bits(*random)), FloatOf(bits(*random))});
    ranges.push_back({-std::fabs(FloatOf(bits(*random))), std::fabs(FloatOf(bits(*random)))});
  }
  return ranges;
}

// Values in and around the range: on the borders between codes, next to them, and anywhere.
std::vector<float> ManyValues(const NudgedRange& range, size_t count, std::mt19937* random) {
  std::vector<float> values = {0.0f,      -0.0f,      range.min,       range.max,
                               kInfinity, -kInfinity, kLargest,        -kLargest,
                               kSmallest, -kSmallest, kSmallestNormal, -kSmallestNormal};
  std::uniform_int_distribution<int> code(0, (1 << range.width) - 1);
  std::uniform_real_distribution<float> step(-1.0f, static_cast<float>(1 << range.width));
  std::uniform_int_distribution<uint32_t> bits;
  while (values.size() < count) {
    const double border = (code(*random) - range.zero_code + 0.5) * double{range.scale};
    const auto at = static_cast<float>(border);
    values.insert(values.end(),
                  {at, std::nextafter(at, -kInfinity), std::nextafter(at, kInfinity)});
    values.push_back((step(*random) - static_cast<float>(range.zero_code)) * range.scale);
    const float any = FloatOf(bits(*random));
    values.push_back(std::isnan(any) ? 1.0f : any);
  }
  values.resize(count);
  return values;
}

class GpuQuantizationTest : public ::testing::Test {
 protected:
  GpuBuffer Buffer(size_t bytes) {
    GpuBuffer buffer;
    EXPECT_TRUE(GpuBuffer::Create(&gpu_, bytes, "test", &buffer).ok());
    return buffer;
  }
  template <typename T>
  GpuBuffer Uploaded(const std::vector<T>& values) {
    GpuBuffer buffer = Buffer(values.size() * sizeof(T));
    EXPECT_TRUE(gpu_.CopyToDevice(buffer.data(), values.data(), buffer.bytes(), nullptr).ok());
    return buffer;
  }
  template <typename T>
  std::vector<T> Downloaded(const GpuBuffer& buffer) {
    std::vector<T> values(buffer.bytes() / sizeof(T));
    EXPECT_TRUE(gpu_.CopyToHost(values.data(), buffer.data(), buffer.bytes(), nullptr).ok());
    EXPECT_TRUE(gpu_.Synchronize(nullptr).ok());
    return values;
  }

  HostGpu gpu_;
  std::mt19937 random_{1};
};

void ExpectEqual(const GpuRange& range, const NudgedRange& expected, const Ends& ends) {
  EXPECT_EQ(BitsOf(range.min), BitsOf(expected.min)) << ends.min << ", " << ends.max;
  EXPECT_EQ(BitsOf(range.max), BitsOf(expected.max)) << ends.min << ", " << ends.max;
  EXPECT_EQ(BitsOf(range.scale), BitsOf(expected.scale)) << ends.min << ", " << ends.max;
  EXPECT_EQ(range.zero_code, expected.zero_code) << ends.min << ", " << ends.max;
}

TEST_F(GpuQuantizationTest, RangesAreNudgedAlike) {
  const GpuBuffer quantization = Buffer(sizeof(GpuQuantization));
  int index = 0, refusals = 0;
  const std::vector<Ends> ranges = ManyRanges(20000, &random_);
  for (size_t i = 0; i + 1 < ranges.size(); ++i) {
    const Ends a = ranges[i], b = ranges[i + 1];
    const int width_a = 1 + index % 8, width_b = 8 - (index / 8) % 8;
    const bool is_signed = ++index % 3 == 0;
    const GpuBuffer ends = Uploaded<float>({a.min, a.max, b.min, b.max});
    const float* const device = ends.As<float>();
    ASSERT_TRUE(LaunchNudgeRanges(&gpu_, {device, device + 1, width_a, is_signed},
                                  {device + 2, device + 3, width_b, !is_signed}, nullptr,
                                  quantization.As<GpuQuantization>())
                    .ok());
    const GpuQuantization got = Downloaded<GpuQuantization>(quantization)[0];
    const auto expected_a = NudgeRange(a.min, a.max, width_a, "a");
    const auto expected_b = NudgeRange(b.min, b.max, width_b, "b");
    refusals += expected_a.ok() ? 0 : 1;
    EXPECT_EQ(got.a.width, width_a);
    EXPECT_EQ(got.a.code_flip, is_signed ? 1 << (width_a - 1) : 0);
    EXPECT_EQ(got.b.code_flip, is_signed ? 0 : 1 << (width_b - 1));
    for (const auto& [range, expected, ends_of] :
         {std::tuple{got.a, &expected_a, a}, std::tuple{got.b, &expected_b, b}}) {
      if (expected->ok()) {
        ExpectEqual(range, **expected, ends_of);
      } else {
        EXPECT_TRUE(std::isnan(range.scale)) << ends_of.min << ", " << ends_of.max;
      }
    }
    if (HasFailure()) return;
  }
  EXPECT_GT(refusals, 1000);
  EXPECT_LT(refusals, 15000);
}

// Kernels hand out what they read: a table that gives a's pattern, or b's, whatever the other is.
class PatternsTest : public GpuQuantizationTest {
 protected:
  PatternsTest() {
    for (const bool is_of_a : {true, false}) {
      std::vector<int32_t> products;
      for (int i = 0; i < 1 << 16; ++i) products.push_back(is_of_a ? i >> 8 : i & 255);
      EXPECT_TRUE(GpuTable::Create(&gpu_, {products.data(), 8, 8}, {}, &tables_[is_of_a]).ok());
    }
  }

  // As one operand of a 1x1 convolution of `channels` channels in as many groups.
  std::vector<int32_t> Patterns(const GpuRange& range, const std::vector<float>& values,
                                bool is_of_a, int64_t channels, GpuVariant variant) {
    Conv2dShape shape;
    const auto count = static_cast<int64_t>(values.size());
    shape.in_c = shape.groups = is_of_a ? channels : 1;
    shape.out_c = is_of_a ? channels : count;
    shape.in_w = shape.out_w = is_of_a ? count / channels : 1;
    shape.in_h = shape.out_h = shape.kernel_h = shape.kernel_w = 1;
    GpuConv2d conv2d;
    EXPECT_TRUE(
        GpuConv2d::Create(tables_[is_of_a].get(), shape, GpuRole::kForward, variant, &conv2d).ok());
    const GpuBuffer floats = Uploaded(values);
    const GpuBuffer others = Uploaded(std::vector<uint8_t>(static_cast<size_t>(channels)));
    const GpuBuffer out = Buffer(values.size() * sizeof(int32_t));
    GpuCall call;
    (is_of_a ? call.a : call.b) = {floats.data(), true};
    (is_of_a ? call.b : call.a) = {others.data(), false};
    (is_of_a ? call.quantization.a : call.quantization.b) = range;
    call.subtract_zero_points = false;
    call.out = out.data();
    EXPECT_EQ(conv2d.WorkspaceBytes(call), 0u);
    EXPECT_TRUE(conv2d.Run(call).ok());
    return Downloaded<int32_t>(out);
  }

  // Ranges that are refused are skipped.
  void CheckPatterns(const Ends& ends, int width, bool is_signed, bool is_of_a, int64_t channels,
                     GpuVariant variant) {
    const auto range = NudgeRange(ends.min, ends.max, width, "r");
    if (!range.ok()) return;
    const std::vector<float> values = ManyValues(*range, 600, &random_);
    std::vector<uint8_t> expected(values.size());
    const Signedness signedness = is_signed ? Signedness::kTwosComplement : Signedness::kUnsigned;
    ASSERT_TRUE(QuantizeToPatterns(*range, signedness, values.data(),
                                   static_cast<int64_t>(values.size()), expected.data()));
    const GpuRange device{range->min,       range->max, range->scale,
                          range->zero_code, width,      is_signed ? 1 << (width - 1) : 0};
    const std::vector<int32_t> got = Patterns(device, values, is_of_a, channels, variant);
    for (size_t i = 0; i < values.size(); ++i) {
      ASSERT_EQ(got[i], expected[i])
          << "value " << values[i] << " of the range " << ends.min << ", " << ends.max << ", scale "
          << range->scale << ", width " << width;
    }
  }

  std::unique_ptr<GpuTable> tables_[2];  // of b, of a
};

TEST_F(PatternsTest, FloatsAreQuantizedAlike) {
  int index = 0;
  for (const Ends& ends : ManyRanges(1500, &random_)) {
    const int width = 1 + index % 8;
    const bool is_signed = (index / 8) % 2 == 1, is_of_a = (index / 16) % 2 == 1;
    const int64_t channels = is_of_a && (index / 32) % 2 == 1 ? 3 : 1;  // 3: depthwise kernels
    constexpr GpuVariant kVariants[] = {GpuVariant::kTexture, GpuVariant::kL1};
    CheckPatterns(ends, width, is_signed, is_of_a, channels, kVariants[(index / 64) % 2]);
    if (HasFailure()) return;
    ++index;
  }
}

TEST_F(PatternsTest, NanIsTheLowerEnd) {
  const GpuRange range{-1, 1.55f, 0.01f, 100, 8, 0};
  for (const bool is_of_a : {true, false}) {
    EXPECT_THAT(Patterns(range, {kNan, 0.0f, -kNan}, is_of_a, 1, GpuVariant::kTexture),
                ::testing::ElementsAre(0, 100, 0));
  }
}

}  // namespace
}  // namespace axlut
