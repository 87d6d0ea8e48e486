// SPDX-License-Identifier: MIT
// Random layers, plans and tables for differential fuzzing of kernels against the reference.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "kernels/conv2d.h"
#include "kernels/plan/plan.h"

namespace axlut {

using Random = std::mt19937;

inline int64_t UpTo(int64_t max, Random* random) {
  return std::uniform_int_distribution<int64_t>(1, max)(*random);
}

inline bool OneIn(int64_t count, Random* random) { return UpTo(count, random) == 1; }

// Small sizes are common, large ones reach every block size of the kernels.
inline int64_t Size(int64_t max, Random* random) {
  return UpTo(OneIn(4, random) ? max : 1 + max / 8, random);
}

inline Conv2dShape RandomShape(Random* random) {
  Conv2dShape s;
  s.batch = UpTo(3, random);
  s.in_h = Size(40, random);
  s.in_w = Size(70, random);
  s.groups = OneIn(3, random) ? Size(80, random) : 1;
  s.in_c = s.groups * (OneIn(3, random) ? 1 : Size(s.groups > 8 ? 6 : 140, random));
  s.out_c = s.groups * Size(s.groups > 1 ? 20 : 140, random);
  s.kernel_h = UpTo(5, random);
  s.kernel_w = UpTo(5, random);
  s.stride_h = OneIn(2, random) ? 1 : UpTo(3, random);
  s.stride_w = OneIn(2, random) ? s.stride_h : UpTo(3, random);
  s.dilation_h = OneIn(2, random) ? 1 : UpTo(3, random);
  s.dilation_w = OneIn(2, random) ? s.dilation_h : UpTo(3, random);
  s.pad_top = UpTo(5, random) - 1;
  s.pad_left = UpTo(5, random) - 1;
  s.out_h = Size(40, random);
  s.out_w = Size(70, random);
  if (OneIn(4, random)) {  // dense, perhaps deep
    const int64_t batch = Size(80, random);
    const int64_t depth = Size(3000, random);
    s = Conv2dShape{};
    s.batch = batch;
    s.in_c = depth;
    s.out_c = Size(200, random);
  }
  return s;
}

// Codes to classes, all of which occur if there are codes enough.
inline std::vector<uint8_t> RandomClasses(int width, int32_t* count, Random* random) {
  constexpr int32_t kCounts[] = {1, 2, 12, 16, 31, 63, 64, 65, 120, 128, 129, 256};
  *count = std::min(kCounts[UpTo(12, random) - 1], 1 << width);
  std::vector<uint8_t> classes(size_t{1} << width);
  for (size_t i = 0; i < classes.size(); ++i) {
    classes[i] = static_cast<uint8_t>(
        i < static_cast<size_t>(*count) ? i : static_cast<size_t>(UpTo(*count, random) - 1));
  }
  std::shuffle(classes.begin(), classes.end(), *random);
  return classes;
}

inline PlanResidual RandomResidual(int width_a, int width_b, Random* random) {
  constexpr int32_t kMax[] = {1, 63, 64, 127, 128, 255, 256, 16383, 65535};
  constexpr int32_t kScales[] = {1, 1, 2, 64, -3};
  PlanResidual residual;
  residual.scale = kScales[UpTo(5, random) - 1];
  residual.class_a = RandomClasses(width_a, &residual.count_a, random);
  residual.class_b = RandomClasses(width_b, &residual.count_b, random);
  const int32_t max = kMax[UpTo(9, random) - 1];
  const bool separable = OneIn(3, random);
  std::vector<int64_t> high(256), low(256);
  for (int64_t& value : high) value = UpTo(max / 2 + 1, random) - 1;
  for (int64_t& value : low) value = UpTo(max / 2 + 1, random) - 1;
  for (int32_t a = 0; a < residual.count_a; ++a) {
    for (int32_t b = 0; b < residual.count_b; ++b) {
      const int64_t sum = high[static_cast<size_t>((a >> 4) * 16 + b % 16)] +
                          low[static_cast<size_t>((a & 15) * 16 + b % 16)];
      const int64_t entry = separable ? std::min<int64_t>(sum, max) : UpTo(max + 1, random) - 1;
      residual.entries.push_back(static_cast<uint16_t>(entry));
    }
  }
  return residual;
}

// A plan first; its table follows from it. So the plan is exact, whatever the numbers are.
inline KernelPlan RandomPlan(Random* random) {
  KernelPlan plan;
  plan.width_a = OneIn(3, random) ? static_cast<int>(UpTo(8, random)) : 8;
  plan.width_b = OneIn(3, random) ? static_cast<int>(UpTo(8, random)) : 8;
  const size_t count_a = size_t{1} << plan.width_a;
  const size_t count_b = size_t{1} << plan.width_b;
  plan.offset_a.assign(count_a, 0);
  plan.offset_b.assign(count_b, 0);
  if (OneIn(2, random)) {
    for (int32_t& value : plan.offset_a) value = static_cast<int16_t>((*random)());
    for (int32_t& value : plan.offset_b) value = static_cast<int16_t>((*random)());
  }
  constexpr int32_t kScales[] = {1, 1, 1, 4, -7, 256};
  for (int64_t terms = UpTo(5, random) - 1; terms > 0; --terms) {
    PlanTerm term;
    term.scale = kScales[UpTo(6, random) - 1];
    const int64_t largest_u = OneIn(2, random) ? 127 : 255;
    for (size_t a = 0; a < count_a; ++a) {
      term.u.push_back(static_cast<uint8_t>(UpTo(largest_u + 1, random) - 1));
    }
    for (size_t b = 0; b < count_b; ++b) {
      term.v.push_back(static_cast<int8_t>(UpTo(256, random) - 129));
    }
    plan.terms.push_back(std::move(term));
  }
  if (plan.terms.empty() || !OneIn(3, random)) {
    plan.residual = RandomResidual(plan.width_a, plan.width_b, random);
  }
  return plan;
}

inline std::vector<int32_t> ProductsOf(const KernelPlan& plan) {
  std::vector<int32_t> products;
  for (size_t a = 0; a < plan.offset_a.size(); ++a) {
    for (size_t b = 0; b < plan.offset_b.size(); ++b) {
      products.push_back(static_cast<int32_t>(PlanProduct(plan, a, b)));
    }
  }
  return products;
}

// The smallest shape, by halving one size at a time, that still fails.
// fails: bool(const Conv2dShape&).
template <typename Fails>
Conv2dShape SmallestFailing(Conv2dShape shape, const Fails& fails) {
  constexpr int64_t Conv2dShape::*kSizes[] = {
      &Conv2dShape::batch,    &Conv2dShape::in_h,       &Conv2dShape::in_w,
      &Conv2dShape::out_h,    &Conv2dShape::out_w,      &Conv2dShape::kernel_h,
      &Conv2dShape::kernel_w, &Conv2dShape::stride_h,   &Conv2dShape::stride_w,
      &Conv2dShape::pad_top,  &Conv2dShape::dilation_h, &Conv2dShape::dilation_w,
      &Conv2dShape::pad_left, &Conv2dShape::in_c,       &Conv2dShape::out_c};
  for (bool smaller = true; smaller;) {
    smaller = false;
    for (const auto size : kSizes) {
      Conv2dShape half = shape;
      half.*size /= 2;
      const bool is_valid =
          (half.*size > 0 || size == &Conv2dShape::pad_top || size == &Conv2dShape::pad_left) &&
          half.*size != shape.*size && half.in_c % half.groups == 0 &&
          half.out_c % half.groups == 0;
      if (!is_valid || !fails(half)) continue;
      shape = half;
      smaller = true;
    }
  }
  return shape;
}

// AXLUT_FUZZ_SECONDS (10 by default; continuous integration sets 120) and AXLUT_FUZZ_SEED (random
// by default).
struct FuzzBudget {
  FuzzBudget() {
    const char* const seconds_text = std::getenv("AXLUT_FUZZ_SECONDS");
    const char* const seed_text = std::getenv("AXLUT_FUZZ_SEED");
    if (seconds_text != nullptr) seconds = std::atof(seconds_text);
    seed = seed_text == nullptr ? std::random_device{}()
                                : static_cast<uint32_t>(std::strtoul(seed_text, nullptr, 10));
  }
  double seconds = 10;
  uint32_t seed;
};

// Calls fuzz(seed) with seed + 1, seed + 2, ... until the time is over or a test fails. The number
// of calls.
template <typename Fuzz>
int64_t FuzzFor(const FuzzBudget& budget, double seconds, const Fuzz& fuzz) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  int64_t cases = 0;
  do {
    fuzz(budget.seed + static_cast<uint32_t>(++cases));
  } while (std::chrono::steady_clock::now() < end && !::testing::Test::HasFatalFailure());
  ::testing::Test::RecordProperty("cases", std::to_string(cases));
  return cases;
}

}  // namespace axlut
