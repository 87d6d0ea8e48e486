// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "kernels/cuda/gpu_ranges.h"
#include "kernels/cuda/host/host_gpu.h"
#include "kernels/cuda/launches.h"

namespace axlut {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kLargest = std::numeric_limits<float>::max();
constexpr float kSmallest = std::numeric_limits<float>::min();

TEST(SumsToFloat, RoundsTheExactProductOfScalesAndSum) {
  HostGpuOptions gpu_options;
  gpu_options.multiprocessors = 1;
  HostGpu gpu(gpu_options);
  std::vector<int64_t> sums = {0, 1, -1, INT64_MAX, INT64_MIN, (int64_t{1} << 53) + 1, 16777217};
  std::mt19937_64 random(1);
  while (sums.size() < 3001) sums.push_back(static_cast<int64_t>(random()) >> (random() % 60));
  const std::vector<float> scales = {0.5f, 0.0123f, 1e-20f};
  GpuBuffer device_sums, device_scales, device_quantization, out;
  ASSERT_TRUE(GpuBuffer::Create(&gpu, sums.size() * 8, "sums", &device_sums).ok());
  ASSERT_TRUE(GpuBuffer::Create(&gpu, scales.size() * 4, "scales", &device_scales).ok());
  ASSERT_TRUE(
      GpuBuffer::Create(&gpu, sizeof(GpuQuantization), "ranges", &device_quantization).ok());
  ASSERT_TRUE(GpuBuffer::Create(&gpu, sums.size() * 4, "out", &out).ok());
  GpuCall call;
  call.quantization.a.scale = 0.37f;
  call.quantization.b.scale = 0.0191f;
  GpuQuantization on_device = call.quantization;
  on_device.a.scale = 0.73f;
  ASSERT_TRUE(gpu.CopyToDevice(device_sums.data(), sums.data(), sums.size() * 8, nullptr).ok());
  ASSERT_TRUE(gpu.CopyToDevice(device_scales.data(), scales.data(), 12, nullptr).ok());
  ASSERT_TRUE(
      gpu.CopyToDevice(device_quantization.data(), &on_device, sizeof(on_device), nullptr).ok());
  for (const bool per_channel : {false, true}) {
    for (const bool is_on_device : {false, true}) {
      call.scales_b = per_channel ? device_scales.As<float>() : nullptr;
      call.device_quantization = is_on_device ? device_quantization.As<GpuQuantization>() : nullptr;
      std::vector<float> floats(sums.size());
      ASSERT_TRUE(LaunchSumsToFloat(&gpu, call, device_sums.As<int64_t>(),
                                    static_cast<int64_t>(sums.size()), 3, out.As<float>())
                      .ok());
      ASSERT_TRUE(gpu.CopyToHost(floats.data(), out.data(), floats.size() * 4, nullptr).ok());
      ASSERT_TRUE(gpu.Synchronize(nullptr).ok());
      for (size_t i = 0; i < sums.size(); ++i) {
        const float scale_a = is_on_device ? 0.73f : 0.37f;
        const float scale_b = per_channel ? scales[i % 3] : 0.0191f;
        EXPECT_EQ(floats[i], static_cast<float>(double{scale_a} * double{scale_b} *
                                                static_cast<double>(sums[i])));
      }
    }
  }
  EXPECT_TRUE(LaunchSumsToFloat(&gpu, call, nullptr, 0, 3, nullptr).ok());
}

// NudgeRange (runtime/tf/nudged_range.cc) once more; false: refused.
bool PlainNudgeRange(float min, float max, int width, GpuRange* range) {
  if (!std::isfinite(min) || !std::isfinite(max) || min > max) return false;
  if (min == max) {
    min = std::min(min, 0.0f);
    max = std::max(max, 0.0f);
  }
  const float max_code = static_cast<float>((1 << width) - 1);
  const float scale = (max - min) / max_code;
  *range = GpuRange();
  range->width = width;
  if (scale < kSmallest) return true;
  const float zero_from_min = -min / scale;
  range->zero_code =
      static_cast<int32_t>(std::round(std::min(std::max(zero_from_min, 0.0f), max_code)));
  range->scale = scale;
  range->min = static_cast<float>(-range->zero_code) * scale;
  range->max = (max_code - static_cast<float>(range->zero_code)) * scale;
  return std::isfinite(range->max - range->min);
}

class NudgeRanges : public ::testing::Test {
 protected:
  NudgeRanges() {
    EXPECT_TRUE(GpuBuffer::Create(&gpu_, 4 * sizeof(float), "ends", &ends_).ok());
    EXPECT_TRUE(GpuBuffer::Create(&gpu_, sizeof(GpuQuantization), "ranges", &quantization_).ok());
  }

  GpuQuantization Nudge(const float (&ends)[4], int width_a, int width_b, bool is_signed_a,
                        bool is_signed_b) {
    GpuQuantization quantization;
    EXPECT_TRUE(gpu_.CopyToDevice(ends_.data(), ends, sizeof(ends), nullptr).ok());
    const float* const on_device = ends_.As<float>();
    EXPECT_TRUE(LaunchNudgeRanges(&gpu_, {on_device, on_device + 1, width_a, is_signed_a},
                                  {on_device + 2, on_device + 3, width_b, is_signed_b}, nullptr,
                                  quantization_.As<GpuQuantization>())
                    .ok());
    EXPECT_TRUE(
        gpu_.CopyToHost(&quantization, quantization_.data(), sizeof(quantization), nullptr).ok());
    EXPECT_TRUE(gpu_.Synchronize(nullptr).ok());
    return quantization;
  }

  static void ExpectSame(const GpuRange& actual, const GpuRange& expected, bool is_signed) {
    EXPECT_EQ(std::bit_cast<uint32_t>(actual.min), std::bit_cast<uint32_t>(expected.min));
    EXPECT_EQ(std::bit_cast<uint32_t>(actual.max), std::bit_cast<uint32_t>(expected.max));
    EXPECT_EQ(std::bit_cast<uint32_t>(actual.scale), std::bit_cast<uint32_t>(expected.scale));
    EXPECT_EQ(actual.zero_code, expected.zero_code);
    EXPECT_EQ(actual.width, expected.width);
    EXPECT_EQ(actual.code_flip, is_signed ? 1 << (expected.width - 1) : 0);
  }

  HostGpu gpu_;
  GpuBuffer ends_, quantization_;
};

TEST_F(NudgeRanges, EqualsTheHostToTheLastBit) {
  std::vector<std::pair<float, float>> ranges = {{0, 0},
                                                 {-0.0f, 0.0f},
                                                 {1, 1},
                                                 {-1, -1},
                                                 {0, 1},
                                                 {-1, 0},
                                                 {2, 3},
                                                 {-3, -2},
                                                 {-1, 255},
                                                 {-1.5f, 254.5f},
                                                 {0, kSmallest},
                                                 {0, 300 * kSmallest},
                                                 {0, 1e-45f},
                                                 {-1e-38f, 0},
                                                 {0, kLargest / 2},
                                                 {-kLargest / 4, kLargest / 4}};
  std::mt19937 random(3);
  std::uniform_real_distribution<float> exponent(-100, 100);
  for (int i = 0; i < 200; ++i) {
    const float x = std::exp2(exponent(random)) * (i % 2 == 0 ? -1.0f : 1.0f);
    const float y = i % 3 == 0 ? x * exponent(random) : std::exp2(exponent(random));
    ranges.emplace_back(std::min(x, y), std::max(x, y));
  }
  for (size_t i = 0; i < ranges.size(); ++i) {
    const auto& [min_a, max_a] = ranges[i];
    const auto& [min_b, max_b] = ranges[(i * 7 + 1) % ranges.size()];
    const int width_a = 1 + static_cast<int>(i % 8);
    const int width_b = 8 - static_cast<int>(i % 5);
    SCOPED_TRACE(std::to_string(min_a) + " " + std::to_string(max_a));
    GpuQuantization expected;
    ASSERT_TRUE(PlainNudgeRange(min_a, max_a, width_a, &expected.a));
    ASSERT_TRUE(PlainNudgeRange(min_b, max_b, width_b, &expected.b));
    const float ends[4] = {min_a, max_a, min_b, max_b};
    const GpuQuantization actual = Nudge(ends, width_a, width_b, i % 2 == 0, i % 3 == 0);
    ExpectSame(actual.a, expected.a, i % 2 == 0);
    ExpectSame(actual.b, expected.b, i % 3 == 0);
  }
}

TEST_F(NudgeRanges, GivesRefusedRangesNoScale) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::pair<float, float> wrong[] = {{nan, 1},
                                           {0, nan},
                                           {-kInfinity, 0},
                                           {0, kInfinity},
                                           {2, 1},
                                           {kInfinity, kInfinity},
                                           {-kLargest, kLargest}};
  for (const auto& [min, max] : wrong) {
    SCOPED_TRACE(std::to_string(min) + " " + std::to_string(max));
    for (int which = 1; which <= 3; ++which) {
      const bool is_a_wrong = (which & 1) != 0;
      const bool is_b_wrong = (which & 2) != 0;
      const float ends[4] = {is_a_wrong ? min : -1, is_a_wrong ? max : 3, is_b_wrong ? min : -1,
                             is_b_wrong ? max : 3};
      const GpuQuantization quantization = Nudge(ends, 8, 4, true, false);
      EXPECT_EQ(std::isnan(quantization.a.scale), is_a_wrong);
      EXPECT_EQ(std::isnan(quantization.b.scale), is_b_wrong);
      EXPECT_EQ(quantization.a.zero_code, is_a_wrong ? 0 : 64);
      EXPECT_EQ(quantization.b.zero_code, is_b_wrong ? 0 : 4);
      EXPECT_EQ(quantization.a.width, 8);
      EXPECT_EQ(quantization.b.width, 4);
    }
  }
}

TEST(FakeQuantize, GivesWhatTheCodesStandForAndWhoWasInside) {
  HostGpuOptions gpu_options;
  gpu_options.multiprocessors = 1;
  HostGpu gpu(gpu_options);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  // Codes 0 .. 7 stand for -1.5 .. 2, in steps of 0.5.
  const GpuRange usual{-1.5f, 2.0f, 0.5f, 3, 3, 4};
  const GpuRange refused{0, 0, nan, 0, 3, 0};
  const struct {
    float value, quantized;
    bool is_inside;
  } cases[] = {{-kInfinity, -1.5f, false}, {-1.51f, -1.5f, false}, {-1.5f, -1.5f, true},
               {-0.2f, 0.0f, true},        {0.0f, 0.0f, true},     {0.26f, 0.5f, true},
               {2.0f, 2.0f, true},         {2.01f, 2.0f, false},   {kInfinity, 2.0f, false},
               {nan, -1.5f, false}};
  std::vector<float> values;  // more than the threads of the grid
  while (values.size() < 8 * 256 + 7) values.push_back(cases[values.size() % 10].value);
  const auto count = static_cast<int64_t>(values.size());
  GpuBuffer device_values, ranges, quantized, inside;
  ASSERT_TRUE(GpuBuffer::Create(&gpu, values.size() * sizeof(float), "in", &device_values).ok());
  ASSERT_TRUE(GpuBuffer::Create(&gpu, 2 * sizeof(GpuRange), "ranges", &ranges).ok());
  ASSERT_TRUE(GpuBuffer::Create(&gpu, values.size() * sizeof(float), "out", &quantized).ok());
  ASSERT_TRUE(GpuBuffer::Create(&gpu, values.size(), "inside", &inside).ok());
  const GpuRange both[] = {usual, refused};
  ASSERT_TRUE(
      gpu.CopyToDevice(device_values.data(), values.data(), device_values.bytes(), nullptr).ok());
  ASSERT_TRUE(gpu.CopyToDevice(ranges.data(), both, sizeof(both), nullptr).ok());
  for (const bool is_refused : {false, true}) {
    std::vector<float> floats(values.size());
    std::vector<uint8_t> flags(values.size());
    ASSERT_TRUE(LaunchFakeQuantize(&gpu, device_values.As<float>(), count,
                                   ranges.As<GpuRange>() + (is_refused ? 1 : 0), nullptr,
                                   quantized.As<float>(), inside.As<bool>())
                    .ok());
    ASSERT_TRUE(gpu.CopyToHost(floats.data(), quantized.data(), quantized.bytes(), nullptr).ok());
    ASSERT_TRUE(gpu.CopyToHost(flags.data(), inside.data(), inside.bytes(), nullptr).ok());
    ASSERT_TRUE(gpu.Synchronize(nullptr).ok());
    for (size_t i = 0; i < values.size(); ++i) {
      if (is_refused) {
        EXPECT_TRUE(std::isnan(floats[i]));
      } else {
        EXPECT_EQ(floats[i], cases[i % 10].quantized) << values[i];
        EXPECT_EQ(flags[i], cases[i % 10].is_inside ? 1 : 0) << values[i];
      }
    }
  }
  EXPECT_TRUE(LaunchFakeQuantize(&gpu, nullptr, 0, nullptr, nullptr, nullptr, nullptr).ok());
}

}  // namespace
}  // namespace axlut
