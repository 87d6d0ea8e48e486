// SPDX-License-Identifier: MIT
#include "runtime/nn/lut_conv2d.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "kernels/cpu/dispatch.h"

namespace axlut {
namespace {

using testing::HasSubstr;

std::shared_ptr<const LutTable> MakeTable(TruthTable table) {
  auto result = LutTable::Create(std::move(table));
  EXPECT_TRUE(result.ok()) << result.error().ToString();
  return *result;
}

TruthTable Exact(OperandSpec a, OperandSpec b) { return *ExactTable(a, b); }

// Not commutative, T[0][0] != 0, not monotonous: nothing that a kernel could get right by luck.
TruthTable RandomTable(OperandSpec a, OperandSpec b, OperandSpec product, std::mt19937* random) {
  std::uniform_int_distribution<int64_t> any(product.min_value(), product.max_value());
  std::vector<int32_t> products(a.count() * b.count());
  for (int32_t& entry : products) entry = static_cast<int32_t>(any(*random));
  return *TruthTable::Create(a, b, product, std::move(products));
}

std::vector<uint8_t> RandomCodes(int64_t count, std::mt19937* random) {
  std::vector<uint8_t> codes(static_cast<size_t>(count));
  for (uint8_t& code : codes) code = static_cast<uint8_t>((*random)());
  return codes;
}

// The definition in lut_conv2d.h, product by product.
std::vector<int64_t> Expected(const TruthTable& t, const Conv2dShape& s,
                              const std::vector<uint8_t>& filter, int64_t zero_a,
                              const std::vector<int32_t>& zero_b, const std::vector<uint8_t>& input,
                              int64_t batch) {
  std::vector<int64_t> out;
  for (int64_t n = 0; n < batch; ++n) {
    for (int64_t y = 0; y < s.out_h; ++y) {
      for (int64_t x = 0; x < s.out_w; ++x) {
        for (int64_t o = 0; o < s.out_c; ++o) {
          const int64_t zb = zero_b[zero_b.size() == 1 ? 0 : static_cast<size_t>(o)];
          int64_t sum = 0;
          for (int64_t k = 0; k < s.Depth(); ++k) {
            const int64_t c = k % s.GroupInC() + o / s.GroupOutC() * s.GroupInC();
            const int64_t j = k / s.GroupInC() % s.kernel_w;
            const int64_t i = k / s.GroupInC() / s.kernel_w;
            const int64_t in_y = y * s.stride_h + i * s.dilation_h - s.pad_top;
            const int64_t in_x = x * s.stride_w + j * s.dilation_w - s.pad_left;
            const bool inside = in_y >= 0 && in_y < s.in_h && in_x >= 0 && in_x < s.in_w;
            const uint32_t a = inside ? input[static_cast<size_t>(
                                            ((n * s.in_h + in_y) * s.in_w + in_x) * s.in_c + c)] &
                                            t.a().mask()
                                      : t.a().PatternOf(zero_a);
            const uint32_t b = filter[static_cast<size_t>(k * s.out_c + o)] & t.b().mask();
            sum +=
                t.ProductAt(a, b) - zb * t.a().ValueOf(a) - zero_a * t.b().ValueOf(b) + zero_a * zb;
          }
          out.push_back(sum);
        }
      }
    }
  }
  return out;
}

Conv2dShape SmallConv() {
  Conv2dShape shape;
  shape.in_h = 9;
  shape.in_w = 8;
  shape.in_c = 6;
  shape.out_c = 10;
  shape.kernel_h = 3;
  shape.kernel_w = 2;
  shape.stride_h = 2;
  shape.dilation_w = 3;
  shape.pad_top = 1;
  shape.pad_left = 2;
  shape.out_h = 5;
  shape.out_w = 9;
  return shape;
}

// Names of the kernels that this process may use and that take the table.
std::vector<std::string> Kernels(const TruthTable& table) {
  const PreparedLut lut(LutView{table.products().data(), table.a().width, table.b().width});
  std::vector<std::string> names;
  for (const Conv2dKernelEntry& entry : Conv2dKernels()) {
    if (entry.isa <= ActiveKernelIsa() && entry.supports(lut, Conv2dShape{})) {
      names.emplace_back(entry.name);
    }
  }
  return names;
}

TEST(LutConv2d, EqualsItsDefinitionForEverySignednessAndZeroPoint) {
  std::mt19937 random(11);
  const Signedness kinds[] = {Signedness::kUnsigned, Signedness::kTwosComplement};
  for (Signedness kind_a : kinds) {
    for (Signedness kind_b : kinds) {
      const OperandSpec a{8, kind_a};
      const OperandSpec b{6, kind_b};
      const TruthTable table = RandomTable(a, b, {15, Signedness::kTwosComplement}, &random);
      for (int64_t groups : {1, 2}) {
        Conv2dShape shape = SmallConv();
        shape.groups = groups;
        const std::vector<uint8_t> filter = RandomCodes(shape.FilterCount(), &random);
        const std::vector<uint8_t> input = RandomCodes(2 * shape.InputCount(), &random);
        std::vector<int32_t> per_channel;
        for (int64_t o = 0; o < shape.out_c; ++o) {
          per_channel.push_back(static_cast<int32_t>(b.min_value() + o * 3));
        }
        const auto zero_a = static_cast<int32_t>(a.min_value() + 100);
        for (const std::vector<int32_t>& zero_b :
             {std::vector<int32_t>{0}, std::vector<int32_t>{7}, per_channel}) {
          const auto expected = Expected(table, shape, filter, zero_a, zero_b, input, 2);
          for (const std::string& kernel : Kernels(table)) {
            auto layer =
                LutConv2d::Create(MakeTable(table), shape, filter, zero_a, zero_b, {kernel});
            ASSERT_TRUE(layer.ok()) << layer.error().ToString();
            EXPECT_EQ(layer->kernel_name(), kernel);
            std::vector<int64_t> out(static_cast<size_t>(2 * shape.OutputCount()));
            std::vector<int32_t> out32(out.size());
            layer->Run(input.data(), 2, out.data(), SerialFor());
            layer->Run(input.data(), 2, out32.data(), SerialFor());
            EXPECT_EQ(out, expected) << kernel;
            EXPECT_EQ(std::vector<int64_t>(out32.begin(), out32.end()), out) << kernel;
          }
        }
      }
    }
  }
}

// A defect of others: depthwise corrections summed over all channels, or with the wrong sign.
TEST(LutConv2d, DepthwiseCorrectionsArePerChannel) {
  std::mt19937 random(12);
  const OperandSpec u8{8, Signedness::kUnsigned};
  const TruthTable table = Exact(u8, u8);
  Conv2dShape shape = SmallConv();
  shape.in_c = shape.groups = 70;  // more groups than the correction holds at a time
  shape.out_c = 140;
  const std::vector<uint8_t> filter = RandomCodes(shape.FilterCount(), &random);
  const std::vector<uint8_t> input = RandomCodes(shape.InputCount(), &random);
  std::vector<int32_t> zero_b;
  for (int i = 0; i < 140; ++i) zero_b.push_back(100 + i);
  auto layer = LutConv2d::Create(MakeTable(table), shape, filter, 128, zero_b);
  ASSERT_TRUE(layer.ok());
  std::vector<int64_t> out(static_cast<size_t>(shape.OutputCount()));
  layer->Run(input.data(), 1, out.data(), SerialFor());
  EXPECT_EQ(out, Expected(table, shape, filter, 128, zero_b, input, 1));
}

TEST(LutConv2d, ExactTableGivesZeroForConstantZeroPointInput) {
  const OperandSpec s8{8, Signedness::kTwosComplement};
  Conv2dShape shape = SmallConv();
  const std::vector<uint8_t> filter(static_cast<size_t>(shape.FilterCount()), 0xf3);
  const std::vector<uint8_t> input(static_cast<size_t>(shape.InputCount()), 0x85);  // -123
  auto layer = LutConv2d::Create(MakeTable(Exact(s8, s8)), shape, filter, -123, {5});
  ASSERT_TRUE(layer.ok());
  std::vector<int32_t> out(static_cast<size_t>(shape.OutputCount()), 1);
  layer->Run(input.data(), 1, out.data(), SerialFor());
  EXPECT_EQ(out, std::vector<int32_t>(out.size(), 0));
}

TEST(LutConv2d, SumsBeyondInt32NeedTheInt64Form) {
  const OperandSpec u1{1, Signedness::kUnsigned};
  const OperandSpec wide{32, Signedness::kTwosComplement};
  const TruthTable table =
      *TruthTable::Create(u1, u1, wide, {INT32_MAX, INT32_MIN, INT32_MAX, INT32_MIN});
  Conv2dShape shape;
  shape.in_c = 1000;
  shape.out_c = 2;
  std::vector<uint8_t> filter(2000, 0);
  for (size_t i = 1; i < filter.size(); i += 2) filter[i] = 1;
  auto layer = LutConv2d::Create(MakeTable(table), shape, filter, 0, {0});
  ASSERT_TRUE(layer.ok());
  EXPECT_TRUE(layer->NeedsInt64());
  const std::vector<uint8_t> input(1000, 1);
  int64_t out[2];
  layer->Run(input.data(), 1, out, SerialFor());
  EXPECT_EQ(out[0], 1000 * int64_t{INT32_MAX});
  EXPECT_EQ(out[1], 1000 * int64_t{INT32_MIN});
  int32_t narrow[2];
  EXPECT_DEATH(layer->Run(input.data(), 1, narrow, SerialFor()), "NeedsInt64");
}

// The limit is exact: 33025 products of 255 * 255 are the first that can leave int32_t.
TEST(LutConv2d, Int64IsAskedForOnlyWhenASumCanLeaveInt32) {
  const OperandSpec u8{8, Signedness::kUnsigned};
  const auto table = MakeTable(Exact(u8, u8));
  for (int64_t depth : {4608, 33025, 33026}) {
    Conv2dShape shape;
    shape.in_c = depth;
    auto layer =
        LutConv2d::Create(table, shape, std::vector<uint8_t>(static_cast<size_t>(depth)), 0, {0});
    ASSERT_TRUE(layer.ok());
    EXPECT_EQ(layer->NeedsInt64(), depth * 65025 > INT32_MAX) << depth;
  }
}

TEST(LutConv2d, EmptyBatchesAndOutputsAreNoOperation) {
  const OperandSpec u8{8, Signedness::kUnsigned};
  const auto table = MakeTable(Exact(u8, u8));
  Conv2dShape shape = SmallConv();
  const std::vector<uint8_t> filter(static_cast<size_t>(shape.FilterCount()));
  const std::vector<uint8_t> input(static_cast<size_t>(shape.InputCount()));
  auto layer = LutConv2d::Create(table, shape, filter, 1, {1});
  int32_t untouched = 42;
  layer->Run(nullptr, 0, &untouched, SerialFor());
  shape.out_h = 0;
  auto flat = LutConv2d::Create(table, shape, filter, 1, {1});
  flat->Run(input.data(), 1, &untouched, SerialFor());
  EXPECT_EQ(untouched, 42);
}

TEST(LutConv2d, AnEmptyImageIsAllPadding) {
  std::mt19937 random(13);
  const OperandSpec u8{8, Signedness::kUnsigned};
  const TruthTable table = RandomTable(u8, u8, {16, Signedness::kUnsigned}, &random);
  Conv2dShape shape = SmallConv();
  shape.in_h = 0;
  const std::vector<uint8_t> filter = RandomCodes(shape.FilterCount(), &random);
  auto layer = LutConv2d::Create(MakeTable(table), shape, filter, 9, {3});
  std::vector<int64_t> out(static_cast<size_t>(shape.OutputCount()));
  layer->Run(nullptr, 1, out.data(), SerialFor());
  EXPECT_EQ(out, Expected(table, shape, filter, 9, {3}, {}, 1));
}

TEST(LutConv2d, ThreadCountsAndConcurrentRunsGiveTheSameBytes) {
  std::mt19937 random(14);
  const OperandSpec u8{8, Signedness::kUnsigned};
  const auto table = MakeTable(RandomTable(u8, u8, {16, Signedness::kUnsigned}, &random));
  Conv2dShape shape = SmallConv();
  shape.in_h = shape.out_h = 40;
  shape.stride_h = 1;
  shape.out_c = 40;
  const std::vector<uint8_t> filter = RandomCodes(shape.FilterCount(), &random);
  const std::vector<uint8_t> input = RandomCodes(3 * shape.InputCount(), &random);
  std::vector<int32_t> expected(static_cast<size_t>(3 * shape.OutputCount()));
  LutConv2d::Create(table, shape, filter, 9, {3}, {"reference"})
      ->Run(input.data(), 3, expected.data(), SerialFor());
  for (const std::string& kernel : Kernels(table->table())) {
    auto layer = LutConv2d::Create(table, shape, filter, 9, {3}, {kernel});
    ASSERT_TRUE(layer.ok());
    for (int threads : {1, 2, 3, 7}) {
      ThreadPool pool(threads);
      std::vector<int32_t> out(expected.size());
      layer->Run(input.data(), 3, out.data(), pool.AsParallelFor());
      EXPECT_EQ(out, expected) << kernel << ", " << threads << " threads";
    }
    std::vector<std::vector<int32_t>> outs(4, std::vector<int32_t>(expected.size()));
    std::vector<std::thread> callers;
    for (std::vector<int32_t>& out : outs) {
      callers.emplace_back([&] { layer->Run(input.data(), 3, out.data(), SerialFor()); });
    }
    for (std::thread& caller : callers) caller.join();
    for (const std::vector<int32_t>& out : outs) EXPECT_EQ(out, expected) << kernel;
  }
}

// Every result comes in one block, whose buffer holds nothing else of the output.
TEST(LutConv2d, BlocksCoverTheOutputOnce) {
  std::mt19937 random(17);
  const OperandSpec u8{8, Signedness::kUnsigned};
  const auto table = MakeTable(RandomTable(u8, u8, {16, Signedness::kUnsigned}, &random));
  Conv2dShape shape = SmallConv();
  shape.in_h = shape.out_h = 40;
  shape.stride_h = 1;
  shape.out_c = 40;
  for (const int64_t groups : {1, 2}) {
    shape.groups = groups;
    const std::vector<uint8_t> filter = RandomCodes(shape.FilterCount(), &random);
    const std::vector<uint8_t> input = RandomCodes(3 * shape.InputCount(), &random);
    for (const std::string& kernel : Kernels()) {
      auto layer = LutConv2d::Create(table, shape, filter, 9, {3}, {kernel});
      ASSERT_TRUE(layer.ok());
      std::vector<int32_t> expected(static_cast<size_t>(3 * shape.OutputCount()));
      layer->Run(input.data(), 3, expected.data(), SerialFor());
      std::vector<int32_t> out(expected.size());
      std::vector<int> times(expected.size());
      const SumSink<int32_t> sink = [&](const SumBlock<int32_t>& block) {
        EXPECT_LE(block.positions * shape.out_c * 4, layer->BlockBytes(3)) << kernel;
        for (int64_t p = 0; p < block.positions; ++p) {
          for (int64_t c = 0; c < block.channels; ++c) {
            const int64_t at = (block.first_position + p) * shape.out_c + block.first_channel + c;
            out[at] = block.sums[p * block.stride + c];
            ++times[at];
          }
        }
      };
      ThreadPool pool(3);
      layer->RunBlocks(input.data(), 3, sink, pool.AsParallelFor());
      EXPECT_EQ(out, expected) << kernel;
      EXPECT_EQ(times, std::vector<int>(times.size(), 1)) << kernel;
    }
  }
}

// The forms of a table are made when the first layer asks for them: that may be several at once.
TEST(LutConv2d, LayersOfOneTableCanBeMadeConcurrently) {
  std::mt19937 random(15);
  const OperandSpec u8{8, Signedness::kUnsigned};
  const auto table = MakeTable(RandomTable(u8, u8, {16, Signedness::kUnsigned}, &random));
  const Conv2dShape shape = SmallConv();
  const std::vector<uint8_t> filter = RandomCodes(shape.FilterCount(), &random);
  const std::vector<uint8_t> input = RandomCodes(shape.InputCount(), &random);
  std::vector<std::vector<int32_t>> outs(
      8, std::vector<int32_t>(static_cast<size_t>(shape.OutputCount())));
  std::vector<std::thread> makers;
  for (std::vector<int32_t>& out : outs) {
    makers.emplace_back([&] {
      auto layer = LutConv2d::Create(table, shape, filter, 9, {3});
      layer->Run(input.data(), 1, out.data(), SerialFor());
    });
  }
  for (std::thread& maker : makers) maker.join();
  for (const std::vector<int32_t>& out : outs) EXPECT_EQ(out, outs.front());
}

// A defect of others: the range of quantization, and so one image's result, depends on its batch.
TEST(LutConv2d, BatchesOfAnySizeGiveTheSameResults) {
  std::mt19937 random(16);
  const OperandSpec u8{8, Signedness::kUnsigned};
  const auto table = MakeTable(Exact(u8, u8));
  Conv2dShape shape = SmallConv();
  shape.batch = 7;
  const std::vector<uint8_t> filter = RandomCodes(shape.FilterCount(), &random);
  const std::vector<uint8_t> input = RandomCodes(shape.InputCount(), &random);
  std::vector<int32_t> together(static_cast<size_t>(shape.OutputCount()));
  std::vector<int32_t> alone(together.size());
  auto layer = LutConv2d::Create(table, shape, filter, 200, {100});
  ASSERT_TRUE(layer.ok());
  layer->Run(input.data(), 7, together.data(), SerialFor());
  for (int64_t n = 0; n < 7; ++n) {
    layer->Run(input.data() + n * shape.InputCount() / 7, 1,
               alone.data() + n * shape.OutputCount() / 7, SerialFor());
  }
  EXPECT_EQ(alone, together);
}

TEST(LutConv2d, RefusesWhatContradictsItself) {
  const OperandSpec u8{8, Signedness::kUnsigned};
  const auto table = MakeTable(Exact(u8, u8));
  const Conv2dShape good = SmallConv();
  const std::vector<uint8_t> filter(static_cast<size_t>(good.FilterCount()));
  const auto message = [&](const Conv2dShape& shape, const std::vector<uint8_t>& codes,
                           int32_t zero_a, const std::vector<int32_t>& zero_b,
                           const std::string& kernel) {
    const auto result = LutConv2d::Create(table, shape, codes, zero_a, zero_b, {kernel});
    return result.ok() ? std::string("accepted") : result.error().message();
  };
  Conv2dShape bad = good;
  bad.groups = 4;
  EXPECT_THAT(message(bad, filter, 0, {0}, ""), HasSubstr("6 input and 10 output channels in 4"));
  bad = good;
  bad.stride_w = 0;
  EXPECT_THAT(message(bad, filter, 0, {0}, ""), HasSubstr("stride_w of a convolution must be 1.."));
  bad = good;
  bad.pad_top = -1;
  EXPECT_THAT(message(bad, filter, 0, {0}, ""), HasSubstr("got -1"));
  bad = good;
  bad.out_h = bad.out_w = INT32_MAX;
  EXPECT_THAT(message(bad, filter, 0, {0}, ""), HasSubstr("at most 1e+15 elements"));
  EXPECT_THAT(message(good, {1, 2}, 0, {0}, ""), HasSubstr("needs 360 codes, got 2"));
  EXPECT_THAT(message(good, filter, 0, {0, 1}, ""), HasSubstr("needs 1 or 10 zero points, got 2"));
  EXPECT_THAT(message(good, filter, 256, {0}, ""),
              HasSubstr("8-bit unsigned activation must be 0..255, got 256"));
  EXPECT_THAT(message(good, filter, 0, {-1}, ""),
              HasSubstr("8-bit unsigned filter must be 0..255, got -1"));
  EXPECT_THAT(message(good, filter, 0, {0}, "fastest"), HasSubstr("no convolution kernel"));
  EXPECT_EQ(message(good, filter, 0, {0}, "row_stationary"), "accepted");
}

TEST(LutTable, RefusesOperandsWiderThanAByte) {
  const OperandSpec wide{9, Signedness::kUnsigned};
  const auto result = LutTable::Create(Exact(wide, wide));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(result.error().message(), HasSubstr("got 9x9 bits"));
}

}  // namespace
}  // namespace axlut
