// SPDX-License-Identifier: MIT
// One convolution with everything it needs, and what it must give: for tests that compare kernels.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "kernels/cpu/conv2d_kernel.h"
#include "kernels/cpu/run_conv2d.h"
#include "kernels/reference/conv2d.h"

namespace axlut {

// "n1h5w5c4_k3x3o20s1x1d1x1p1x1g1_oh5ow5".
inline std::string ProblemString(const Conv2dShape& s) {
  const auto pair = [](int64_t y, int64_t x) {
    return std::to_string(y) + "x" + std::to_string(x);
  };
  return "n" + std::to_string(s.batch) + "h" + std::to_string(s.in_h) + "w" +
         std::to_string(s.in_w) + "c" + std::to_string(s.in_c) + "_k" +
         pair(s.kernel_h, s.kernel_w) + "o" + std::to_string(s.out_c) + "s" +
         pair(s.stride_h, s.stride_w) + "d" + pair(s.dilation_h, s.dilation_w) + "p" +
         pair(s.pad_top, s.pad_left) + "g" + std::to_string(s.groups) + "_oh" +
         std::to_string(s.out_h) + "ow" + std::to_string(s.out_w);
}

inline std::vector<uint8_t> RandomCodes(int64_t count, uint8_t mask, std::mt19937* random) {
  std::vector<uint8_t> codes(static_cast<size_t>(count));
  for (uint8_t& code : codes) code = static_cast<uint8_t>((*random)()) & mask;
  return codes;
}

struct Conv2dCase {
  // Random codes, activations & code_mask; if `corrected` also a bias and code sums.
  Conv2dCase(const Conv2dShape& s, int width_a, uint8_t code_mask, bool corrected,
             std::mt19937* random)
      : shape(s),
        input(RandomCodes(s.InputCount(), code_mask, random)),
        filter(RandomCodes(s.FilterCount(), 0xff, random)),
        bias(static_cast<size_t>(s.out_c)),
        code_factor(static_cast<size_t>(s.out_c)),
        pad_code(static_cast<uint8_t>((*random)() & code_mask)) {
    if (!corrected) return;
    std::uniform_int_distribution<int32_t> factor(-255, 255);
    for (int64_t& value : bias) value = static_cast<int32_t>((*random)());
    for (int32_t& value : code_factor) value = factor(*random);
    code_flip = static_cast<uint8_t>((*random)() % 2 == 0 ? 1 << (width_a - 1) : 0);
  }

  Conv2dWeights Weights() const {
    return {filter.data(), bias.data(), code_factor.data(), code_flip, add_to_acc};
  }

  // What the output holds before: to be added to, or to go.
  template <typename Acc>
  std::vector<Acc> Before() const {
    std::vector<Acc> acc(static_cast<size_t>(shape.OutputCount()));
    for (size_t i = 0; i < acc.size(); ++i) acc[i] = static_cast<Acc>(i * 0x9e3779b97f4a7c15u);
    return acc;
  }

  // By the reference: scale * sum of products + bias + code sums; int32_t wraps.
  template <typename Acc>
  std::vector<Acc> Expected(const LutView& lut) const {
    using Wrapping = std::make_unsigned_t<Acc>;
    std::vector<Acc> acc = Before<Acc>();
    std::vector<Acc> sums(acc.size());
    std::vector<Acc> code_sums(acc.size());
    Conv2dReference(lut, shape, pad_code, input.data(), filter.data(), sums.data());
    // The same convolution through the table T[a][b] = a ^ flip.
    std::vector<int32_t> values(size_t{1} << (lut.width_a + lut.width_b));
    for (size_t i = 0; i < values.size(); ++i) {
      values[i] = static_cast<int32_t>(i >> lut.width_b) ^ code_flip;
    }
    const LutView value_lut{values.data(), lut.width_a, lut.width_b};
    Conv2dReference(value_lut, shape, pad_code, input.data(), filter.data(), code_sums.data());
    const auto wrapping_scale = static_cast<Wrapping>(Acc{scale});
    for (size_t i = 0; i < acc.size(); ++i) {
      const size_t o = i % bias.size();
      acc[i] = static_cast<Acc>(
          (add_to_acc ? static_cast<Wrapping>(acc[i]) : 0) +
          wrapping_scale * static_cast<Wrapping>(sums[i]) + static_cast<Wrapping>(bias[o]) +
          static_cast<Wrapping>(code_factor[o]) * static_cast<Wrapping>(code_sums[i]));
    }
    return acc;
  }

  template <typename Acc>
  std::vector<Acc> Run(const Conv2dKernel& kernel) const {
    std::vector<Acc> acc = Before<Acc>();
    AlignedArray<uint8_t> workspace(kernel.WorkspaceBytes());
    RunAllTiles(kernel, {input.data(), shape.batch, pad_code}, &workspace, acc.data());
    return acc;
  }

  Conv2dShape shape;
  std::vector<uint8_t> input;
  std::vector<uint8_t> filter;
  std::vector<int64_t> bias;
  std::vector<int32_t> code_factor;
  uint8_t code_flip = 0;
  uint8_t pad_code = 0;
  int32_t scale = 1;  // of the products; a plan's residual has one
  bool add_to_acc = false;
};

}  // namespace axlut
