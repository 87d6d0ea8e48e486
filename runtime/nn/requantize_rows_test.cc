// SPDX-License-Identifier: MIT
#include "runtime/nn/requantize_rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "runtime/nn/elementwise_int8.h"

namespace axlut {
namespace {

constexpr KernelIsa kVectorIsas[] = {KernelIsa::kAvx2, KernelIsa::kAvx512};

// Numbers of every size, the ends of int32_t, and ties of right shifts.
int32_t AnyInt32(std::mt19937& rng) {
  const uint32_t bits = static_cast<uint32_t>(rng());
  switch (rng() % 5) {
    case 0:
      return static_cast<int32_t>(bits);
    case 1:
      return static_cast<int32_t>(bits) >> (rng() % 32);
    case 2:
      return static_cast<int32_t>((bits % 5) + (rng() % 2 ? 0x7FFFFFFEu : 0xFFFFFFFEu));
    case 3:
      return static_cast<int32_t>(1u << (rng() % 32)) * (rng() % 2 ? 1 : -1);
    default:
      return static_cast<int32_t>(bits % 200001) - 100000;
  }
}

FixedPointMultiplier AnyMultiplier(std::mt19937& rng) {
  if (rng() % 16 == 0) return {};
  FixedPointMultiplier m;
  m.mantissa = rng() % 4 == 0 ? 1 << 30 : static_cast<int32_t>((1u << 30) + rng() % (1u << 30));
  m.shift = rng() % 2 == 0 ? -static_cast<int>(rng() % 16) : static_cast<int>(rng() % 63) - 31;
  return m;
}

Requantizer AnyRequantizer(std::mt19937& rng, int64_t channels, Rounding rounding) {
  std::vector<int32_t> bias(channels);
  std::vector<FixedPointMultiplier> multipliers(channels);
  for (int32_t& b : bias) b = AnyInt32(rng);
  for (FixedPointMultiplier& m : multipliers) m = AnyMultiplier(rng);
  const int32_t zero = static_cast<int32_t>(rng() % 256) - 128;
  CodeRange clamp;
  if (rng() % 2) clamp.min = zero;
  if (rng() % 2) clamp.max = std::min(127, zero + 50);
  return Requantizer(bias, multipliers, rounding, zero, clamp);
}

TEST(Requantizer, VectorFormsEqualTheScalarOne) {
  std::mt19937 rng(1);
  for (int trial = 0; trial < 3000; ++trial) {
    const int64_t channels = 1 + static_cast<int64_t>(rng() % (trial % 10 == 0 ? 300 : 40));
    const Rounding rounding = rng() % 3 == 0 ? Rounding::kOnce : Rounding::kTwice;
    const Requantizer requantizer = AnyRequantizer(rng, channels, rounding);
    RequantizeBlock block;
    block.rows = static_cast<int64_t>(rng() % 9);
    if (rng() % 2) {
      block.channels = block.sum_stride = block.output_stride = channels;
    } else {
      block.first_channel = static_cast<int64_t>(rng()) % channels;
      block.channels = 1 + static_cast<int64_t>(rng()) % (channels - block.first_channel);
      block.sum_stride = block.channels + static_cast<int64_t>(rng() % 3);
      block.output_stride = channels;
    }
    std::vector<int32_t> sums(block.rows * block.sum_stride);
    for (int32_t& sum : sums) sum = AnyInt32(rng);
    std::vector<int8_t> expected(block.rows * block.output_stride + 1, 99);
    const int64_t wrapped =
        requantizer.Run(sums.data(), block, expected.data(), KernelIsa::kScalar);
    for (const KernelIsa isa : kVectorIsas) {
      if (isa > DetectedKernelIsa()) continue;
      std::vector<int8_t> actual(expected.size(), 99);
      EXPECT_EQ(requantizer.Run(sums.data(), block, actual.data(), isa), wrapped);
      ASSERT_EQ(actual, expected) << KernelIsaName(isa) << " trial " << trial << " channels "
                                  << channels << " block " << block.rows << "x" << block.channels;
    }
    // Sums of 64 bits that fit 32 are the same sums.
    const std::vector<int64_t> wide(sums.begin(), sums.end());
    std::vector<int8_t> actual(expected.size(), 99);
    EXPECT_EQ(requantizer.Run(wide.data(), block, actual.data()), wrapped);
    ASSERT_EQ(actual, expected);
  }
}

TEST(Requantizer, WideSumsWrapAndAreCounted) {
  const Requantizer requantizer({5}, {{1 << 30, 1}}, Rounding::kTwice, -3, {});
  const std::vector<int64_t> sums = {(int64_t{1} << 32) + 7, -(int64_t{1} << 40), 20,
                                     std::numeric_limits<int64_t>::max()};
  std::vector<int8_t> codes(4);
  EXPECT_EQ(requantizer.Run(sums.data(), {4, 0, 1, 1, 1}, codes.data()), 3);
  EXPECT_EQ(codes, (std::vector<int8_t>{9, 2, 22, 1}));
}

TEST(Add, VectorFormsEqualTheScalarOne) {
  std::mt19937 rng(2);
  std::uniform_real_distribution<float> exponent(-9, 3);
  for (int trial = 0; trial < 500; ++trial) {
    const auto zero = [&] { return static_cast<int32_t>(rng() % 256) - 128; };
    const auto scale = [&] { return std::exp2(exponent(rng)); };
    const CodeRange clamp = rng() % 2 ? CodeRange{} : CodeRange{-20, 77};
    const Result<AddParams> params =
        MakeAddParams(scale(), zero(), scale(), zero(), scale(), zero(), clamp);
    ASSERT_TRUE(params.ok()) << params.error().ToString();
    const int64_t count = static_cast<int64_t>(rng() % 100);
    std::vector<int8_t> a(count), b(count), expected(count), actual(count);
    for (int64_t i = 0; i < count; ++i) {
      a[i] = static_cast<int8_t>(rng());
      b[i] = static_cast<int8_t>(rng());
    }
    AddInt8(*params, a.data(), b.data(), count, expected.data(), KernelIsa::kScalar);
    for (const KernelIsa isa : kVectorIsas) {
      if (isa > DetectedKernelIsa()) continue;
      AddInt8(*params, a.data(), b.data(), count, actual.data(), isa);
      ASSERT_EQ(actual, expected) << KernelIsaName(isa) << " trial " << trial;
    }
  }
}

}  // namespace
}  // namespace axlut
