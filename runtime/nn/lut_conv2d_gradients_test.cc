// SPDX-License-Identifier: MIT
// Both gradients against the references of kernels/reference/conv2d_gradients.h, whose table is the
// one with the corrections in it: no formula of the tuned code is used.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <vector>

#include "kernels/reference/conv2d_gradients.h"
#include "kernels/testing/conv2d_case.h"
#include "runtime/nn/lut_conv2d_filter_gradient.h"
#include "runtime/nn/lut_conv2d_input_gradient.h"

namespace axlut {
namespace {

using testing::HasSubstr;

constexpr OperandSpec kU8{8, Signedness::kUnsigned};
constexpr OperandSpec kS8{8, Signedness::kTwosComplement};

// Not commutative, T[0][0] != 0, padding that adds something.
TruthTable RandomTable(OperandSpec a, OperandSpec b, std::mt19937* random) {
  const OperandSpec product{16, Signedness::kTwosComplement};
  std::uniform_int_distribution<int64_t> any(product.min_value(), product.max_value());
  std::vector<int32_t> products(a.count() * b.count());
  for (int32_t& entry : products) entry = static_cast<int32_t>(any(*random));
  return *TruthTable::Create(a, b, product, std::move(products));
}

std::vector<int32_t> Corrected(const TruthTable& t, int64_t zero_a, int64_t zero_b) {
  std::vector<int32_t> products;
  for (uint32_t a = 0; a < t.a().count(); ++a) {
    for (uint32_t b = 0; b < t.b().count(); ++b) {
      products.push_back(static_cast<int32_t>(t.ProductAt(a, b) - zero_b * t.a().ValueOf(a) -
                                              zero_a * t.b().ValueOf(b) + zero_a * zero_b));
    }
  }
  return products;
}

struct GradientCase {
  GradientCase(TruthTable t, const Conv2dShape& s, int32_t za, int32_t zb, std::mt19937* random)
      : table(*LutTable::Create(std::move(t))),
        shape(s),
        zero_a(za),
        zero_b(zb),
        input(RandomCodes(s.InputCount(), 0xff, random)),
        filter(RandomCodes(s.FilterCount(), 0xff, random)),
        output_gradient(RandomCodes(s.OutputCount(), 0xff, random)) {}

  std::vector<int64_t> ExpectedInputGradient() const {
    const std::vector<int32_t> products = Corrected(table->table(), zero_a, zero_b);
    const LutView lut{products.data(), table->view().width_a, table->view().width_b};
    std::vector<int64_t> out(input.size());
    Conv2dInputGradientReference(lut, shape, output_gradient.data(), filter.data(), out.data());
    return out;
  }

  std::vector<int64_t> ExpectedFilterGradient() const {
    const std::vector<int32_t> products = Corrected(table->table(), zero_a, zero_b);
    const LutView lut{products.data(), table->view().width_a, table->view().width_b};
    std::vector<int64_t> out(filter.size());
    const auto pad_code = static_cast<uint8_t>(table->table().a().PatternOf(zero_a));
    Conv2dFilterGradientReference(lut, shape, pad_code, input.data(), output_gradient.data(),
                                  out.data());
    return out;
  }

  // Outputs are full of other numbers before.
  template <typename Acc>
  std::vector<int64_t> InputGradient(const ParallelFor& parallel_for,
                                     const LutConv2dOptions& options = {}) const {
    const auto gradient =
        LutConv2dInputGradient::Create(table, shape, filter, zero_a, zero_b, options);
    EXPECT_TRUE(gradient.ok()) << gradient.error().ToString();
    std::vector<Acc> out(input.size(), Acc{-7});
    gradient->Run(output_gradient.data(), out.data(), parallel_for);
    return {out.begin(), out.end()};
  }

  template <typename Acc>
  std::vector<int64_t> FilterGradient(const ParallelFor& parallel_for) const {
    const auto gradient = LutConv2dFilterGradient::Create(table, shape, zero_a, zero_b);
    EXPECT_TRUE(gradient.ok()) << gradient.error().ToString();
    std::vector<Acc> out(filter.size(), Acc{-7});
    gradient->Run(input.data(), output_gradient.data(), out.data(), parallel_for);
    return {out.begin(), out.end()};
  }

  void ExpectBoth(const ParallelFor& parallel_for) const {
    const std::vector<int64_t> dx = ExpectedInputGradient(), dw = ExpectedFilterGradient();
    EXPECT_EQ(InputGradient<int64_t>(parallel_for), dx);
    EXPECT_EQ(InputGradient<int32_t>(parallel_for), dx);
    EXPECT_EQ(InputGradient<int64_t>(parallel_for, {"reference"}), dx);
    EXPECT_EQ(FilterGradient<int64_t>(parallel_for), dw);
    EXPECT_EQ(FilterGradient<int32_t>(parallel_for), dw);
  }

  std::shared_ptr<const LutTable> table;
  Conv2dShape shape;
  int32_t zero_a, zero_b;
  std::vector<uint8_t> input, filter, output_gradient;
};

// Output sizes as a framework makes them: every window touches the padded image.
void SetOutput(Conv2dShape* s, int64_t pad_bottom, int64_t pad_right) {
  const auto out = [](int64_t in, int64_t pad, int64_t kernel, int64_t dilation, int64_t stride) {
    return std::max<int64_t>(0, (in + pad - (kernel - 1) * dilation - 1 + stride) / stride);
  };
  s->out_h = out(s->in_h, s->pad_top + pad_bottom, s->kernel_h, s->dilation_h, s->stride_h);
  s->out_w = out(s->in_w, s->pad_left + pad_right, s->kernel_w, s->dilation_w, s->stride_w);
}

Conv2dShape RandomShape(std::mt19937* random) {
  const auto up_to = [random](int64_t max) { return 1 + static_cast<int64_t>((*random)() % max); };
  Conv2dShape s;
  s.batch = up_to(3);
  s.in_h = up_to(12);
  s.in_w = up_to(20);
  s.kernel_h = up_to(4);
  s.kernel_w = up_to(4);
  s.stride_h = up_to(3);
  s.stride_w = up_to(4);
  s.dilation_h = up_to(3);
  s.dilation_w = up_to(4);
  s.groups = (*random)() % 2 == 0 ? 1 : up_to(6);
  s.in_c = s.groups * up_to((*random)() % 3 == 0 ? 50 : 3);  // either way of making rows
  s.out_c = s.groups * up_to((*random)() % 3 == 0 ? 40 : 5);
  s.pad_top = up_to(6) - 1;
  s.pad_left = up_to(9) - 1;
  SetOutput(&s, up_to(5) - 1, up_to(5) - 1);
  return s;
}

TEST(LutConv2dGradients, EqualTheReferenceForRandomShapesTablesAndZeroPoints) {
  std::mt19937 random(21);
  const OperandSpec specs[] = {
      kU8, kS8, {5, Signedness::kUnsigned}, {4, Signedness::kTwosComplement}};
  ThreadPool pool(3);
  for (int trial = 0; trial < 250; ++trial) {
    const OperandSpec a = specs[random() % 4], b = specs[random() % 4];
    const auto zero = [&random](const OperandSpec& spec) {
      return static_cast<int32_t>(spec.min_value() + static_cast<int64_t>(random() % spec.count()));
    };
    const Conv2dShape shape = RandomShape(&random);
    SCOPED_TRACE(ProblemString(shape));
    const GradientCase test(RandomTable(a, b, &random), shape, trial % 4 == 0 ? 0 : zero(a),
                            trial % 4 == 1 ? 0 : zero(b), &random);
    test.ExpectBoth(trial % 2 == 0 ? SerialFor() : pool.AsParallelFor());
    if (HasFailure()) return;  // the first is enough, and small
  }
}

TEST(LutConv2dGradients, EqualTheReferenceForDepthwiseAndManyChannels) {
  std::mt19937 random(22);
  ThreadPool pool(2);
  for (const int64_t multiplier : {1, 2, 9}) {
    for (const int64_t stride : {1, 2}) {
      Conv2dShape s;
      s.batch = 2;
      s.in_h = 9;
      s.in_w = 11;
      s.groups = s.in_c = 70;
      s.out_c = 70 * multiplier;
      s.kernel_h = s.kernel_w = 3;
      s.pad_top = s.pad_left = 1;
      s.stride_h = s.stride_w = stride;
      SetOutput(&s, 1, 1);
      SCOPED_TRACE(ProblemString(s));
      GradientCase(RandomTable(kS8, kU8, &random), s, -3, 130, &random)
          .ExpectBoth(pool.AsParallelFor());
    }
  }
}

// Tiles of positions, the last one not a multiple of 16.
TEST(LutConv2dGradients, ABatchOfMoreThanOneTileIsSummedUp) {
  std::mt19937 random(23);
  Conv2dShape s;
  s.batch = 5;
  s.in_h = s.in_w = 62;
  s.in_c = 2;
  s.out_c = 5;
  s.kernel_h = s.kernel_w = 2;
  SetOutput(&s, 0, 0);
  ASSERT_GT(s.batch * s.out_h * s.out_w, 16384);
  ASSERT_NE(s.batch * s.out_h * s.out_w % 16, 0);
  const GradientCase test(RandomTable(kU8, kU8, &random), s, 77, 3, &random);
  EXPECT_EQ(test.FilterGradient<int64_t>(SerialFor()), test.ExpectedFilterGradient());
}

TEST(LutConv2dGradients, SumsBeyondInt32NeedTheInt64Form) {
  std::mt19937 random(24);
  Conv2dShape s;
  s.batch = 40000;  // products of one weight
  s.out_c = 4;
  GradientCase test(*ExactTable(kU8, kU8), s, 0, 0, &random);
  std::fill(test.input.begin(), test.input.end(), uint8_t{255});
  std::fill(test.output_gradient.begin(), test.output_gradient.end(), uint8_t{255});
  const auto filter_gradient = LutConv2dFilterGradient::Create(test.table, s, 0, 0);
  EXPECT_TRUE(filter_gradient->NeedsInt64());
  EXPECT_EQ(test.FilterGradient<int64_t>(SerialFor()),
            std::vector<int64_t>(4, int64_t{40000} * 255 * 255));
  int32_t narrow[4];
  EXPECT_DEATH(
      filter_gradient->Run(test.input.data(), test.output_gradient.data(), narrow, SerialFor()),
      "NeedsInt64");
  s.batch = 1;
  s.out_c = 40000;  // products of one input
  test = GradientCase(*ExactTable(kU8, kU8), s, 0, 0, &random);
  std::fill(test.filter.begin(), test.filter.end(), uint8_t{255});
  std::fill(test.output_gradient.begin(), test.output_gradient.end(), uint8_t{255});
  const auto input_gradient = LutConv2dInputGradient::Create(test.table, s, test.filter, 0, 0);
  EXPECT_TRUE(input_gradient->NeedsInt64());
  EXPECT_EQ(test.InputGradient<int64_t>(SerialFor()),
            std::vector<int64_t>(1, int64_t{40000} * 255 * 255));
  EXPECT_DEATH(input_gradient->Run(test.output_gradient.data(), narrow, SerialFor()), "NeedsInt64");
}

// 33025 exact products of 255 * 255 fit, 33026 do not.
TEST(LutConv2dGradients, TheLimitOfInt32IsExact) {
  const auto table = *LutTable::Create(*ExactTable(kU8, kU8));
  Conv2dShape s;
  s.batch = 33025;
  EXPECT_FALSE(LutConv2dFilterGradient::Create(table, s, 0, 0)->NeedsInt64());
  s.batch = 33026;
  EXPECT_TRUE(LutConv2dFilterGradient::Create(table, s, 0, 0)->NeedsInt64());
}

TEST(LutConv2dGradients, EmptyTensorsGiveZeros) {
  std::mt19937 random(25);
  Conv2dShape s;
  s.batch = 0;
  s.in_h = s.in_w = s.out_h = s.out_w = 4;
  s.in_c = 3;
  s.out_c = 5;
  GradientCase(RandomTable(kU8, kU8, &random), s, 1, 2, &random).ExpectBoth(SerialFor());
  s.batch = 2;
  s.out_h = 0;  // a window larger than the image
  s.kernel_h = 5;
  GradientCase(RandomTable(kU8, kU8, &random), s, 1, 2, &random).ExpectBoth(SerialFor());
}

// No time or memory for pixels that meet nothing.
TEST(LutConv2dGradients, HugeStridesPaddingsAndDilationsCostNothing) {
  std::mt19937 random(26);
  Conv2dShape s;
  s.in_h = s.in_w = 3;
  s.in_c = 2;
  s.out_c = 4;
  s.kernel_h = s.kernel_w = 2;
  s.stride_h = s.stride_w = INT32_MAX;
  s.dilation_h = s.dilation_w = INT32_MAX - 1;
  s.pad_top = s.pad_left = INT32_MAX;
  s.out_h = s.out_w = 2;
  GradientCase(RandomTable(kU8, kU8, &random), s, 1, 2, &random).ExpectBoth(SerialFor());
  s.stride_h = s.stride_w = 1;
  GradientCase(RandomTable(kU8, kU8, &random), s, 1, 2, &random).ExpectBoth(SerialFor());
}

TEST(LutConv2dGradients, RefuseWhatTheConvolutionRefuses) {
  const auto table = *LutTable::Create(*ExactTable(kU8, kU8));
  Conv2dShape s;
  s.out_c = 2;
  EXPECT_THAT(LutConv2dInputGradient::Create(table, s, {1}, 0, 0).error().message(),
              HasSubstr("needs 2 codes, got 1"));
  EXPECT_THAT(LutConv2dInputGradient::Create(table, s, {1, 2}, 256, 0).error().message(),
              HasSubstr("must be 0..255, got 256"));
  EXPECT_THAT(LutConv2dFilterGradient::Create(table, s, 0, -1).error().message(),
              HasSubstr("output gradient must be 0..255, got -1"));
  s.groups = 2;
  EXPECT_THAT(LutConv2dFilterGradient::Create(table, s, 0, 0).error().message(),
              HasSubstr("multiples of its groups"));
}

}  // namespace
}  // namespace axlut
