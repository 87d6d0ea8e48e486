// SPDX-License-Identifier: MIT
// The plain twins: loops over the header's sums, in the header's order, so that floats are equal.
#include "runtime/nn/conv2d_slope_gradients.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "kernels/testing/conv2d_case.h"

namespace axlut {
namespace {

std::vector<float> RandomFloats(int64_t count, float scale, std::mt19937* random) {
  std::uniform_real_distribution<float> any(-scale, scale);
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) value = any(*random);
  return values;
}

// 16 partial sums, added pairwise.
struct Partial {
  float sums[16] = {};
  void Add(int64_t lane, float value) {
    volatile float sum = sums[lane % 16] + value;  // volatile: rounded, never fused
    sums[lane % 16] = sum;
  }
  float Total() const {
    std::vector<float> level(sums, sums + 16);
    while (level.size() > 1) {
      std::vector<float> next;
      for (size_t i = 0; i < level.size() / 2; ++i) {
        next.push_back(level[i] + level[i + level.size() / 2]);
      }
      level = next;
    }
    return level[0];
  }
};

float Term(float gradient, float slope, float zero) {
  volatile float difference = slope - zero;
  volatile float term = gradient * difference;
  return term;
}

struct SlopeCase {
  SlopeCase(const Conv2dShape& shape, int a, int b, std::mt19937* random)
      : s(shape),
        width_a(a),
        width_b(b),
        slopes(RandomFloats(int64_t{1} << (a + b), 300, random)),
        input(RandomCodes(s.InputCount(), 0xff, random)),
        filter(RandomCodes(s.FilterCount(), 0xff, random)),
        zero_b(RandomFloats(s.out_c, 200, random)),
        gradient(RandomFloats(s.OutputCount(), 1, random)),
        zero_a(static_cast<float>((*random)() % 256)),
        pad_code(static_cast<uint8_t>((*random)())) {}

  float Slope(uint8_t a, uint8_t b) const {
    const size_t row = a & ((1u << width_a) - 1), column = b & ((1u << width_b) - 1);
    return slopes[(row << width_b) | column];
  }
  SlopeView view() const { return {slopes.data(), width_a, width_b}; }

  std::vector<float> InputTwin() const {
    std::vector<float> out;
    for (int64_t p = 0; p < s.batch * s.in_h * s.in_w; ++p) {
      const int64_t n = p / s.in_w / s.in_h, h = p / s.in_w % s.in_h, w = p % s.in_w;
      for (int64_t c = 0; c < s.in_c; ++c) {
        Partial sum;
        for (int64_t i = 0; i < s.kernel_h; ++i) {
          for (int64_t j = 0; j < s.kernel_w; ++j) {
            for (int64_t y = 0; y < s.out_h; ++y) {
              for (int64_t x = 0; x < s.out_w; ++x) {
                if (y * s.stride_h + i * s.dilation_h - s.pad_top != h ||
                    x * s.stride_w + j * s.dilation_w - s.pad_left != w) {
                  continue;
                }
                for (int64_t o = 0; o < s.GroupOutC(); ++o) {
                  const int64_t channel = c / s.GroupInC() * s.GroupOutC() + o;
                  const uint8_t weight =
                      filter[((i * s.kernel_w + j) * s.GroupInC() + c % s.GroupInC()) * s.out_c +
                             channel];
                  sum.Add(o, Term(gradient[((n * s.out_h + y) * s.out_w + x) * s.out_c + channel],
                                  Slope(input[p * s.in_c + c], weight), zero_b[channel]));
                }
              }
            }
          }
        }
        out.push_back(sum.Total());
      }
    }
    return out;
  }

  std::vector<float> FilterTwin() const {
    std::vector<float> out;
    const int64_t total = s.batch * s.out_h * s.out_w;
    for (int64_t index = 0; index < s.FilterCount(); ++index) {
      const int64_t o = index % s.out_c, c = index / s.out_c % s.GroupInC();
      const int64_t j = index / s.out_c / s.GroupInC() % s.kernel_w;
      const int64_t i = index / s.out_c / s.GroupInC() / s.kernel_w;
      const int64_t channel = o / s.GroupOutC() * s.GroupInC() + c;
      float weight_gradient = 0;
      for (int64_t first = 0; first < total; first += kSlopeTile) {
        Partial sum;
        for (int64_t p = first; p < std::min(first + kSlopeTile, total); ++p) {
          const int64_t n = p / s.out_w / s.out_h;
          const int64_t y = p / s.out_w % s.out_h * s.stride_h + i * s.dilation_h - s.pad_top;
          const int64_t x = p % s.out_w * s.stride_w + j * s.dilation_w - s.pad_left;
          const bool inside = y >= 0 && y < s.in_h && x >= 0 && x < s.in_w;
          const uint8_t a =
              inside ? input[((n * s.in_h + y) * s.in_w + x) * s.in_c + channel] : pad_code;
          sum.Add(p - first, Term(gradient[p * s.out_c + o], Slope(a, filter[index]), zero_a));
        }
        weight_gradient += sum.Total();
      }
      out.push_back(weight_gradient);
    }
    return out;
  }

  void ExpectTwins(const ParallelFor& parallel_for) const {
    const std::vector<float> dx = InputTwin(), dw = FilterTwin();
    for (const KernelIsa isa : {KernelIsa::kScalar, KernelIsa::kAvx2, KernelIsa::kAvx512}) {
      if (isa > ActiveKernelIsa()) continue;
      std::vector<float> out(dx.size(), NAN);
      Conv2dSlopeInputGradient(s, view(), input.data(), filter.data(), zero_b.data(),
                               gradient.data(), out.data(), parallel_for, isa);
      EXPECT_EQ(out, dx) << KernelIsaName(isa);
      out.assign(dw.size(), NAN);
      Conv2dSlopeFilterGradient(s, view(), pad_code, input.data(), filter.data(), zero_a,
                                gradient.data(), out.data(), parallel_for, isa);
      EXPECT_EQ(out, dw) << KernelIsaName(isa);
    }
  }

  Conv2dShape s;
  int width_a, width_b;
  std::vector<float> slopes;
  std::vector<uint8_t> input, filter;
  std::vector<float> zero_b, gradient;
  float zero_a;
  uint8_t pad_code;
};

TEST(Conv2dSlopeGradients, EqualTheirTwinsForRandomShapesWidthsAndThreads) {
  std::mt19937 random(31);
  ThreadPool pool(3);
  const auto up_to = [&random](int64_t max) { return 1 + static_cast<int64_t>(random() % max); };
  for (int trial = 0; trial < 60; ++trial) {
    Conv2dShape s;
    s.batch = up_to(3);
    s.in_h = up_to(6);
    s.in_w = up_to(9);
    s.kernel_h = up_to(3);
    s.kernel_w = up_to(3);
    s.stride_h = up_to(2);
    s.stride_w = up_to(3);
    s.dilation_h = up_to(2);
    s.dilation_w = up_to(3);
    s.pad_top = up_to(3) - 1;
    s.pad_left = up_to(4) - 1;
    s.out_h = up_to(6);
    s.out_w = up_to(6);
    s.groups = random() % 2 == 0 ? 1 : up_to(3);
    s.in_c = s.groups * up_to(4);
    s.out_c = s.groups * up_to(trial % 3 == 0 ? 40 : 5);
    SCOPED_TRACE(ProblemString(s));
    SlopeCase(s, trial % 4 == 0 ? static_cast<int>(up_to(8)) : 8,
              trial % 5 == 0 ? static_cast<int>(up_to(8)) : 8, &random)
        .ExpectTwins(trial % 2 == 0 ? SerialFor() : pool.AsParallelFor());
    if (HasFailure()) return;
  }
}

TEST(Conv2dSlopeGradients, TilesOfPositionsAreAddedInOrder) {
  std::mt19937 random(32);
  Conv2dShape s;
  s.batch = 3;
  s.in_h = s.in_w = 41;
  s.out_h = s.out_w = 41;
  s.in_c = 2;
  s.out_c = 3;
  ASSERT_GT(s.batch * s.out_h * s.out_w, 2 * kSlopeTile);
  SlopeCase(s, 8, 8, &random).ExpectTwins(SerialFor());
}

TEST(Conv2dSlopeGradients, EqualTheirTwinsForDepthwise) {
  std::mt19937 random(34);
  for (const int64_t multiplier : {1, 2}) {
    Conv2dShape s;
    s.in_h = s.in_w = s.out_h = s.out_w = 5;
    s.kernel_h = s.kernel_w = 3;
    s.pad_top = s.pad_left = 1;
    s.in_c = s.groups = 19;
    s.out_c = 19 * multiplier;
    SlopeCase(s, 7, 6, &random).ExpectTwins(SerialFor());
  }
}

TEST(Conv2dSlopeGradients, EmptyBatchesGiveZeros) {
  std::mt19937 random(33);
  Conv2dShape s;
  s.batch = 0;
  s.in_c = s.out_c = 3;
  SlopeCase(s, 8, 8, &random).ExpectTwins(SerialFor());
}

}  // namespace
}  // namespace axlut
