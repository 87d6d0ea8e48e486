// SPDX-License-Identifier: MIT
// Depthwise layers through every kernel of kernels.inc that takes any table, bit for bit against
// DepthwiseReference: what the cut into planes, phases and lanes could get wrong.
#include <gtest/gtest.h>

#include <cstdint>
#include <ostream>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "kernels/cpu/dispatch.h"
#include "kernels/cpu/run_conv2d.h"
#include "kernels/reference/depthwise.h"

namespace axlut {

void PrintTo(const Conv2dKernelEntry& entry, std::ostream* out) { *out << entry.name; }

namespace {

// A layer of random codes, weights, bias and code factors.
struct Layer {
  Layer(const Conv2dShape& s, bool corrected, std::mt19937* random) : shape(s) {
    const auto fill = [random](std::vector<uint8_t>* codes, int64_t count) {
      codes->resize(static_cast<size_t>(count));
      for (uint8_t& code : *codes) code = static_cast<uint8_t>((*random)());
    };
    fill(&input, shape.InputCount());
    fill(&filter, shape.FilterCount());
    pad_code = static_cast<uint8_t>((*random)());
    const auto channels = static_cast<size_t>(shape.out_c);
    bias.assign(channels, 0);
    code_factor.assign(channels, 0);
    if (!corrected) return;
    for (int64_t& value : bias) value = static_cast<int32_t>((*random)());
    for (int32_t& value : code_factor) value = static_cast<int32_t>((*random)() % 511) - 255;
    code_flip = static_cast<uint8_t>(pad_code & 0x80);
  }

  Conv2dShape shape;
  std::vector<uint8_t> input;
  std::vector<uint8_t> filter;
  std::vector<int64_t> bias;
  std::vector<int32_t> code_factor;
  uint8_t code_flip = 0;
  uint8_t pad_code = 0;
};

template <typename Acc>
std::vector<Acc> Expected(const LutView& view, const Layer& layer) {
  using Wrapping = std::make_unsigned_t<Acc>;
  std::vector<Acc> sums(static_cast<size_t>(layer.shape.OutputCount()));
  std::vector<Acc> code_sums(sums.size());
  DepthwiseReference(view, layer.shape, layer.pad_code, layer.input.data(), layer.filter.data(),
                     sums.data());
  // The same through the table T[a][b] = a ^ flip.
  std::vector<int32_t> values(size_t{1} << (view.width_a + 1));
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<int32_t>(i >> 1) ^ layer.code_flip;
  }
  DepthwiseReference(LutView{values.data(), view.width_a, 1}, layer.shape, layer.pad_code,
                     layer.input.data(), layer.filter.data(), code_sums.data());
  for (size_t i = 0; i < sums.size(); ++i) {
    const size_t o = i % layer.bias.size();
    sums[i] = static_cast<Acc>(
        static_cast<Wrapping>(sums[i]) + static_cast<Wrapping>(layer.bias[o]) +
        static_cast<Wrapping>(layer.code_factor[o]) * static_cast<Wrapping>(code_sums[i]));
  }
  return sums;
}

class DepthwiseTest : public testing::TestWithParam<Conv2dKernelEntry> {
 protected:
  void SetUp() override {
    if (GetParam().isa > DetectedKernelIsa()) {
      GTEST_SKIP() << "this CPU cannot run " << GetParam().name;
    }
    products_.resize(65536);
    for (int32_t& product : products_) product = static_cast<int32_t>(random_() & 0xffff);
    products_[1] = 65535;
    products_[2] = 0;
  }

  // In turn with and without corrections.
  void Check(const Conv2dShape& shape) {
    Check(PreparedLut(LutView{products_.data(), 8, 8}), shape);
  }

  // products_ are those of `lut`.
  void Check(const PreparedLut& lut, const Conv2dShape& shape) {
    if (HasFatalFailure()) return;
    const LutView view{products_.data(), 8, 8};
    if (!GetParam().supports(lut, shape)) return;
    ++checked_;
    const Layer layer(shape, checked_ % 2 == 0, &random_);
    const auto kernel = GetParam().make(
        lut, shape,
        {layer.filter.data(), layer.bias.data(), layer.code_factor.data(), layer.code_flip});
    CheckSums<int32_t>(*kernel, view, layer);
    CheckSums<int64_t>(*kernel, view, layer);
  }

  template <typename Acc>
  void CheckSums(const Conv2dKernel& kernel, const LutView& view, const Layer& layer) {
    const Conv2dShape& s = layer.shape;
    const std::vector<Acc> expected = Expected<Acc>(view, layer);
    std::vector<Acc> actual(expected.size(), Acc{-77});
    AlignedArray<uint8_t> workspace(kernel.WorkspaceBytes());
    RunAllTiles(kernel, {layer.input.data(), s.batch, layer.pad_code}, &workspace, actual.data());
    ASSERT_EQ(actual, expected) << "n" << s.batch << " h" << s.in_h << " w" << s.in_w << " c"
                                << s.in_c << " o" << s.out_c << " k" << s.kernel_h << "x"
                                << s.kernel_w << " s" << s.stride_h << "x" << s.stride_w << " d"
                                << s.dilation_h << "x" << s.dilation_w << " p" << s.pad_top << ","
                                << s.pad_left << " out " << s.out_h << "x" << s.out_w << " int"
                                << 8 * sizeof(Acc);
  }

  std::mt19937 random_{31};
  std::vector<int32_t> products_;
  int checked_ = 0;
};

Conv2dShape Depthwise(int64_t size, int64_t channels, int64_t multiplier, int64_t kernel) {
  Conv2dShape s;
  s.in_h = s.in_w = s.out_h = s.out_w = size;
  s.in_c = s.groups = channels;
  s.out_c = channels * multiplier;
  s.kernel_h = s.kernel_w = kernel;
  s.pad_top = s.pad_left = kernel / 2;
  return s;
}

TEST_P(DepthwiseTest, EveryKernelSizeStrideAndDilation) {
  for (int64_t kernel = 1; kernel <= 7; ++kernel) {
    for (int64_t stride = 1; stride <= 3; ++stride) {
      for (int64_t dilation = 1; dilation <= 3; ++dilation) {
        Conv2dShape s = Depthwise(12, 5, 1, kernel);
        s.kernel_w = 8 - kernel;
        s.stride_h = stride;
        s.stride_w = 4 - stride;
        s.dilation_h = dilation;
        s.dilation_w = 4 - dilation;
        s.out_h = 12 / stride;
        s.out_w = 13 / s.stride_w;
        Check(s);
      }
    }
  }
  EXPECT_EQ(checked_, 63);
}

TEST_P(DepthwiseTest, EveryNumberOfChannels) {
  for (int64_t multiplier : {1, 2, 3, 17}) {
    for (int64_t channels : {1, 2, 15, 16, 17, 31, 33, 63, 64, 65, 80, 129}) {
      Check(Depthwise(4, channels, multiplier, 3));
    }
  }
  EXPECT_EQ(checked_, 48);
}

TEST_P(DepthwiseTest, EveryNumberOfPositions) {
  for (int64_t width : {1, 2, 15, 16, 17, 60, 61, 62, 63, 64, 65, 66, 127, 128, 254, 257, 1030}) {
    for (int64_t height : {1, 2, 5}) {
      Conv2dShape s = Depthwise(width, 3, 1, 3);
      s.in_h = s.out_h = height;
      Check(s);
    }
  }
  EXPECT_EQ(checked_, 51);
}

// Small images share vectors, in blocks that a batch need not fill.
TEST_P(DepthwiseTest, EveryBatchOfSmallImages) {
  for (int64_t size : {1, 2, 4, 7}) {
    for (int64_t batch : {1, 2, 3, 16, 17, 50}) {
      Conv2dShape s = Depthwise(size, 18, 1, 3);
      s.batch = batch;
      Check(s);
    }
  }
  EXPECT_EQ(checked_, 24);
}

// Planes that exceed their budget are cut: many rows, far reach, long rows.
TEST_P(DepthwiseTest, LargeImages) {
  Conv2dShape s = Depthwise(112, 70, 1, 3);
  Check(s);
  s.stride_h = s.stride_w = 2;
  s.out_h = s.out_w = 56;
  Check(s);
  s = Depthwise(65, 20, 2, 3);
  s.dilation_h = s.dilation_w = 18;
  s.pad_top = s.pad_left = 18;
  Check(s);
  s = Depthwise(1, 20, 1, 1);  // a sequence
  s.in_w = 3000;
  s.kernel_w = 9;
  s.out_w = 2992;
  Check(s);
  s.stride_w = 3;
  s.out_w = 997;
  s.in_h = s.out_h = 2;
  Check(s);
  EXPECT_EQ(checked_, 5);
}

// 16-bit parts of sums are flushed in between.
TEST_P(DepthwiseTest, LargeFilters) {
  for (int32_t product : {65535, -32768}) {
    products_.assign(65536, product);
    products_[1] = product < 0 ? 32767 : 0;  // so that T - min spans 16 bits
    for (int64_t kernel : {11, 12, 15, 16, 17, 23}) {
      Check(Depthwise(9, 3, 2, kernel));
      Check(Depthwise(9, 3, 1, kernel));
    }
  }
  EXPECT_EQ(checked_, 24);
}

// What a plan leaves over: fewer classes than codes, of one or two bytes, scaled.
TEST_P(DepthwiseTest, ResidualsOfPlans) {
  for (const int32_t classes : {3, 64, 65, 128, 200}) {
    for (const uint32_t largest : {63u, 255u, 65535u}) {
      PlanResidual residual;
      residual.scale = classes == 64 ? 1 : -77;
      residual.count_a = residual.count_b = classes;
      for (int32_t i = 0; i < classes * classes; ++i) {
        residual.entries.push_back(static_cast<uint16_t>(random_() % (largest + 1)));
      }
      for (int code = 0; code < 256; ++code) {
        residual.class_a.push_back(
            static_cast<uint8_t>(random_() % static_cast<uint32_t>(classes)));
        residual.class_b.push_back(
            static_cast<uint8_t>(random_() % static_cast<uint32_t>(classes)));
      }
      for (size_t a = 0; a < 256; ++a) {
        for (size_t b = 0; b < 256; ++b) {
          const size_t entry =
              residual.class_a[a] * static_cast<size_t>(classes) + residual.class_b[b];
          products_[a << 8 | b] = residual.scale * residual.entries[entry];
        }
      }
      const PreparedLut lut(residual, 8, 8);
      for (int64_t size : {3, 13}) {  // little and enough for tables of its own
        Check(lut, Depthwise(size, 19, 2, 3));
        Check(lut, Depthwise(size, 19, 1, 13));
        Check(lut, Depthwise(size, 2, 1, 3));
      }
    }
  }
  EXPECT_TRUE(checked_ == 90 || std::string(GetParam().name) == "reference") << checked_;
}

TEST_P(DepthwiseTest, PaddingBeyondTheFilterAndTheImage) {
  for (int64_t stride : {1, 2, 5}) {
    for (int64_t pad : {4, 9, 30}) {
      Conv2dShape s = Depthwise(3, 18, 1, 2);
      s.pad_top = pad;
      s.pad_left = pad + 1;
      s.stride_h = s.stride_w = stride;
      s.out_h = s.out_w = 2 * pad / stride + 2;
      Check(s);
      s.in_h = 0;  // nothing but padding
      Check(s);
    }
  }
  EXPECT_EQ(checked_, 18);
}

std::vector<Conv2dKernelEntry> DepthwiseKernels() {
  std::vector<int32_t> products(65536);  // without structure that a special kernel could use
  std::mt19937 random(1);
  for (int32_t& product : products) product = static_cast<int32_t>(random() & 0xffff);
  const PreparedLut lut(LutView{products.data(), 8, 8});
  std::vector<Conv2dKernelEntry> kernels;
  for (const Conv2dKernelEntry& kernel : Conv2dKernels()) {
    if (kernel.supports(lut, Depthwise(4, 2, 1, 3))) kernels.push_back(kernel);
  }
  return kernels;
}

INSTANTIATE_TEST_SUITE_P(Kernels, DepthwiseTest, testing::ValuesIn(DepthwiseKernels()),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace axlut
