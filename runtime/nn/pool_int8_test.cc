// SPDX-License-Identifier: MIT
#include "runtime/nn/pool_int8.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace axlut {
namespace {

// More channels than a block, windows over every edge, rows in two parts.
TEST(Pool, ChannelsAreIndependentAndRowsMayBeSplit) {
  PoolShape shape;
  shape.in_h = 5;
  shape.in_w = 4;
  shape.channels = 131;
  shape.out_h = 3;
  shape.out_w = 4;
  shape.filter_h = 3;
  shape.filter_w = 2;
  shape.stride_h = 2;
  shape.pad_top = 1;
  shape.clamp = {-100, 90};
  std::mt19937 rng(1);
  std::vector<int8_t> input(shape.in_h * shape.in_w * shape.channels);
  for (int8_t& code : input) code = static_cast<int8_t>(rng());
  std::vector<int8_t> average(shape.out_h * shape.out_w * shape.channels), largest(average.size());
  AveragePoolInt8(shape, 0, 1, input.data(), average.data());
  AveragePoolInt8(shape, 1, 3, input.data(), average.data());
  MaxPoolInt8(shape, 0, 2, input.data(), largest.data());
  MaxPoolInt8(shape, 2, 3, input.data(), largest.data());
  for (int64_t i = 0; i < static_cast<int64_t>(average.size()); ++i) {
    const int64_t c = i % shape.channels;
    const int64_t x = i / shape.channels % shape.out_w;
    const int64_t y = i / shape.channels / shape.out_w;
    std::vector<int> codes;
    for (int64_t in_y = 2 * y - 1; in_y < 2 * y + 2; ++in_y) {
      for (int64_t in_x = x; in_x < x + 2; ++in_x) {
        if (in_y < 0 || in_y >= shape.in_h || in_x >= shape.in_w) continue;
        codes.push_back(input[(in_y * shape.in_w + in_x) * shape.channels + c]);
      }
    }
    double sum = 0;
    for (const int code : codes) sum += code;
    // std::round takes ties away from zero, too.
    const int mean = static_cast<int>(std::round(sum / static_cast<double>(codes.size())));
    ASSERT_EQ(average[i], std::clamp(mean, -100, 90)) << i;
    ASSERT_EQ(largest[i], std::clamp(*std::max_element(codes.begin(), codes.end()), -100, 90)) << i;
  }
}

}  // namespace
}  // namespace axlut
