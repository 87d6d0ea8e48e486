// SPDX-License-Identifier: MIT
// The linear part of planned convolutions, for every int8 matrix product of gemms.inc that this CPU
// can run and for AMX's on emulated tiles, bit for bit against the reference.
#include "kernels/cpu/terms/term_conv2d.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <ostream>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "kernels/cpu/terms/amx_emulation.h"
#include "kernels/cpu/terms/gemm_int8_amx.h"
#include "kernels/cpu/terms/gemm_int8_avx512vnni.h"
#include "kernels/reference/plan_conv2d.h"
#include "kernels/testing/conv2d_case.h"

#if defined(__x86_64__)
#include "kernels/cpu/terms/gemm_amx_blocks.h"
#endif

namespace axlut {

void PrintTo(const GemmMethod& method, std::ostream* out) { *out << method.name; }

namespace {

using Random = std::mt19937;

int64_t Between(int64_t min, int64_t max, Random* random) {
  return std::uniform_int_distribution<int64_t>(min, max)(*random);
}

template <typename T>
std::vector<T> RandomValues(int64_t count, int64_t min, int64_t max, Random* random) {
  std::vector<T> values(static_cast<size_t>(count));
  for (T& value : values) value = static_cast<T>(Between(min, max, random));
  return values;
}

PlanTerm RandomTerm(int width_a, int width_b, int32_t scale, Random* random) {
  PlanTerm term;
  term.scale = scale;
  term.u = RandomValues<uint8_t>(1 << width_a, 0, 255, random);
  term.v = RandomValues<int8_t>(1 << width_b, -128, 127, random);
  return term;
}

// Nothing like a multiplication.
KernelPlan RandomPlan(int width_a, int width_b, int64_t terms, Random* random) {
  KernelPlan plan;
  plan.width_a = width_a;
  plan.width_b = width_b;
  const int64_t range = Between(0, 1, random) == 0 ? 100 : INT32_MAX;
  plan.offset_a = RandomValues<int32_t>(1 << width_a, -range, range, random);
  plan.offset_b = RandomValues<int32_t>(1 << width_b, -range, range, random);
  if (Between(0, 3, random) == 0) std::fill(plan.offset_a.begin(), plan.offset_a.end(), 7);
  for (int64_t t = 0; t < terms; ++t) {
    const int32_t scales[] = {1, 1, -3, static_cast<int32_t>((*random)())};
    plan.terms.push_back(RandomTerm(width_a, width_b, scales[Between(0, 3, random)], random));
    PlanTerm& term = plan.terms.back();
    if (Between(0, 3, random) == 0) {  // u = a, which may need no mapping
      for (size_t a = 0; a < term.u.size(); ++a) term.u[a] = static_cast<uint8_t>(a);
    }
  }
  return plan;
}

struct Layer {
  Conv2dShape shape;
  std::vector<uint8_t> input, filter;
  std::vector<int64_t> bias;
  std::vector<int32_t> code_factor;
  uint8_t code_flip = 0;
  uint8_t pad_code = 0;
};

Layer RandomLayer(const Conv2dShape& shape, int width_a, Random* random) {
  Layer layer;
  layer.shape = shape;
  layer.input = RandomValues<uint8_t>(shape.InputCount(), 0, 255, random);
  layer.filter = RandomValues<uint8_t>(shape.FilterCount(), 0, 255, random);
  layer.pad_code = static_cast<uint8_t>((*random)());
  switch (Between(0, 3, random)) {
    case 0:  // no bias and no code sums
      break;
    case 1:
      layer.bias = RandomValues<int64_t>(shape.out_c, INT32_MIN, INT32_MAX, random);
      break;
    case 2:
      layer.code_flip = static_cast<uint8_t>(1 << (width_a - 1));
      layer.code_factor.assign(static_cast<size_t>(shape.out_c),
                               static_cast<int32_t>(Between(-255, 255, random)));
      break;
    default:
      layer.bias = RandomValues<int64_t>(shape.out_c, INT32_MIN, INT32_MAX, random);
      layer.code_factor = RandomValues<int32_t>(shape.out_c, -255, 255, random);
      layer.code_flip = Between(0, 1, random) == 0 ? 0 : 1 << (width_a - 1);
  }
  return layer;
}

template <typename Acc>
std::vector<Acc> Expected(const KernelPlan& plan, const Layer& layer) {
  using Wrapping = std::make_unsigned_t<Acc>;
  std::vector<Acc> sums(static_cast<size_t>(layer.shape.OutputCount()));
  std::vector<Acc> code_sums(sums.size());
  PlanConv2dReference(plan, layer.shape, layer.pad_code, layer.input.data(), layer.filter.data(),
                      sums.data());
  KernelPlan codes;  // the plan of a ^ flip
  codes.width_a = plan.width_a;
  codes.offset_b.assign(256, 0);
  for (int32_t a = 0; a < 1 << plan.width_a; ++a) codes.offset_a.push_back(a ^ layer.code_flip);
  if (!layer.code_factor.empty()) {
    PlanConv2dReference(codes, layer.shape, layer.pad_code, layer.input.data(), layer.filter.data(),
                        code_sums.data());
  }
  for (size_t i = 0; i < sums.size(); ++i) {
    const size_t o = i % static_cast<size_t>(layer.shape.out_c);
    auto sum = static_cast<Wrapping>(sums[i]);
    if (!layer.bias.empty()) sum += static_cast<Wrapping>(layer.bias[o]);
    if (!layer.code_factor.empty()) {
      sum += static_cast<Wrapping>(layer.code_factor[o]) * static_cast<Wrapping>(code_sums[i]);
    }
    sums[i] = static_cast<Acc>(sum);
  }
  return sums;
}

// Tiles that cover the output: any numbers of positions, channels in multiples of 16.
std::vector<Conv2dTile> RandomTiles(const Conv2dShape& s, Random* random) {
  std::vector<Conv2dTile> tiles;
  const int64_t positions = s.batch * s.out_h * s.out_w;
  const int64_t max_positions = Between(0, 1, random) == 0 ? positions : Between(1, 40, random);
  for (int64_t p = 0; p < positions;) {
    const int64_t count = std::min(positions - p, Between(1, max_positions, random));
    for (int64_t g = 0; g < s.groups; ++g) {
      for (int64_t o = 0; o < s.GroupOutC();) {
        const int64_t channels = std::min(s.GroupOutC() - o, 16 * Between(1, 6, random));
        tiles.push_back({p, count, g * s.GroupOutC() + o, channels});
        o += channels;
      }
    }
    p += count;
  }
  return tiles;
}

#if defined(__x86_64__)
void MultiplyOnEmulatedTiles(const GemmWork& work) {
  EmulatedTiles tiles;
  MultiplyOnTiles(work, &tiles);
}

// AMX's packing and loops, and AVX-512's maps and stores.
GemmMethod EmulatedAmx() {
  return AmxMethod("amx_emulated", KernelIsa::kAvx512Vbmi, &MultiplyOnEmulatedTiles,
                   &MapCodesAvx512Vbmi, &SumCodesAvx512);
}

// One wrong sum: the last.
void MultiplyWrongly(const GemmWork& work) {
  MultiplyOnEmulatedTiles(work);
  work.out[work.positions * work.out_stride - 1] += 256;
}

TEST(GemmInt8, SelfTestTellsRightFromWrong) {
  if (DetectedKernelIsa() < KernelIsa::kAvx512Vbmi) GTEST_SKIP() << "this CPU has no AVX-512 VBMI";
  GemmMethod method = EmulatedAmx();
  EXPECT_TRUE(PassesSelfTest(method));
  EXPECT_TRUE(PassesSelfTest(kGemmInt8Avx512Vnni));
  method.multiply = &MultiplyWrongly;
  EXPECT_FALSE(PassesSelfTest(method));
}
#endif

TEST(GemmInt8, ChoosesTheBestThatTheInstructionSetAllows) {
  EXPECT_STREQ(ChooseGemmMethod(KernelIsa::kScalar).name, "portable");
  EXPECT_STREQ(ChooseGemmMethod(KernelIsa::kAvx2).name, "avx2");
  EXPECT_STREQ(ChooseGemmMethod(KernelIsa::kAvx512).name, "avx2");
  EXPECT_STREQ(ChooseGemmMethod(KernelIsa::kAvx512Vbmi).name, "avx512vnni");
  // The self test must not fail on a CPU that has AMX.
  EXPECT_STREQ(ChooseGemmMethod(KernelIsa::kAmx).name,
               DetectedKernelIsa() == KernelIsa::kAmx ? "amx" : "avx512vnni");
}

class TermConv2dTest : public testing::TestWithParam<GemmMethod> {
 protected:
  void SetUp() override {
    if (GetParam().isa > DetectedKernelIsa()) {
      GTEST_SKIP() << "this CPU cannot run " << GetParam().name;
    }
  }

  void Check(const KernelPlan& plan, const Layer& layer, const std::vector<Conv2dTile>& tiles) {
    Conv2dWeights weights;
    weights.filter = layer.filter.data();
    if (!layer.bias.empty()) weights.bias = layer.bias.data();
    if (!layer.code_factor.empty()) weights.code_factor = layer.code_factor.data();
    weights.code_flip = layer.code_flip;
    const TermConv2d stage(plan, GetParam(), layer.shape, weights);
    AlignedArray<uint8_t> workspace(stage.WorkspaceBytes());
    CheckSums<int32_t>(stage, plan, layer, tiles, workspace.data());
    CheckSums<int64_t>(stage, plan, layer, tiles, workspace.data());
  }

  template <typename Acc>
  void CheckSums(const TermConv2d& stage, const KernelPlan& plan, const Layer& layer,
                 const std::vector<Conv2dTile>& tiles, uint8_t* workspace) {
    const std::vector<Acc> expected = Expected<Acc>(plan, layer);
    std::vector<Acc> actual(expected.size(), Acc{-77});
    const Conv2dInput input = {layer.input.data(), layer.shape.batch, layer.pad_code};
    for (const Conv2dTile& tile : tiles) {
      // What an earlier tile left must not matter.
      std::fill(workspace, workspace + stage.WorkspaceBytes(), uint8_t{0xa5});
      stage.Run(input, tile, workspace, actual.data());
    }
    for (size_t i = 0; i < expected.size(); ++i) {
      ASSERT_EQ(actual[i], expected[i]) << ProblemString(layer.shape) << "output " << i << " terms "
                                        << plan.terms.size() << " int" << 8 * sizeof(Acc);
    }
  }
};

TEST_P(TermConv2dTest, EqualsTheReferenceForRandomPlansShapesAndTiles) {
  const uint32_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  const auto up_to = [&random](int64_t max) { return Between(1, max, &random); };
  for (int i = 0; i < 200 && !HasFatalFailure(); ++i) {
    Conv2dShape s;
    s.batch = up_to(3);
    s.in_h = up_to(12);
    s.in_w = up_to(12);
    s.groups = i % 3 == 0 ? up_to(6) : 1;
    s.in_c = s.groups * (i % 2 == 0 ? up_to(4) : up_to(40));
    s.out_c = s.groups * up_to(s.groups > 1 ? 40 : 90);
    s.kernel_h = up_to(4);
    s.kernel_w = up_to(4);
    s.stride_h = up_to(3);
    s.stride_w = up_to(3);
    s.dilation_h = up_to(3);
    s.dilation_w = up_to(3);
    s.pad_top = up_to(5) - 1;
    s.pad_left = up_to(5) - 1;
    s.out_h = up_to(10);
    s.out_w = up_to(10);
    const int width_a = i % 4 == 1 ? static_cast<int>(up_to(8)) : 8;
    const int width_b = i % 4 < 2 ? static_cast<int>(up_to(8)) : 8;
    const KernelPlan plan = RandomPlan(width_a, width_b, up_to(6) - 1, &random);
    Check(plan, RandomLayer(s, width_a, &random), RandomTiles(s, &random));
  }
}

// Inside the image, with u = a: activations are read where they are.
TEST_P(TermConv2dTest, UnmappedActivationsWithoutPadding) {
  Random random(31);
  KernelPlan plan = RandomPlan(8, 8, 2, &random);
  for (PlanTerm& term : plan.terms) {
    for (size_t a = 0; a < 256; ++a) term.u[a] = static_cast<uint8_t>(a);
  }
  for (int32_t a = 0; a < 256; ++a) plan.offset_a[static_cast<size_t>(a)] = 5 - 128 * a;
  for (int64_t groups : {1, 2}) {
    for (int64_t kernel : {1, 2, 3}) {
      for (int64_t stride : {1, 2}) {
        for (int64_t channels : {3, 4, 8, 68}) {
          Conv2dShape s;
          s.batch = 2;
          s.in_h = s.in_w = 9;
          s.groups = groups;
          s.in_c = groups * channels;
          s.out_c = groups * 19;
          s.kernel_h = s.kernel_w = kernel;
          s.stride_h = s.stride_w = stride;
          s.dilation_w = kernel == 2 ? 3 : 1;
          s.out_h = (9 - kernel) / stride + 1;
          s.out_w = (9 - (kernel - 1) * s.dilation_w - 1) / stride + 1;
          Check(plan, RandomLayer(s, 8, &random), RandomTiles(s, &random));
        }
      }
    }
  }
}

TEST_P(TermConv2dTest, EveryNumberOfPositionsAndChannels) {
  Random random(32);
  const KernelPlan plan = RandomPlan(8, 8, 2, &random);
  for (int64_t channels = 1; channels <= 130; channels += channels < 70 ? 1 : 7) {
    for (int64_t positions : {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 25, 31, 33}) {
      if (channels % 16 > 2 && positions > 3) continue;
      Conv2dShape s;
      s.in_c = 5;
      s.out_c = channels;
      s.in_w = s.out_w = positions;
      Check(plan, RandomLayer(s, 8, &random), {{0, positions, 0, channels}});
    }
  }
}

TEST_P(TermConv2dTest, EveryDepth) {
  Random random(33);
  const KernelPlan plan = RandomPlan(8, 8, 2, &random);
  for (int64_t depth = 1; depth <= 140; ++depth) {
    Conv2dShape s;
    s.in_c = depth;
    s.out_c = 20;
    s.batch = 3;
    Check(plan, RandomLayer(s, 8, &random), RandomTiles(s, &random));
  }
}

// More positions and pixels than a region takes.
TEST_P(TermConv2dTest, ManySteps) {
  Random random(34);
  const auto shape = [](int64_t batch, int64_t size_h, int64_t size_w, int64_t in_c,
                        int64_t kernel) {
    Conv2dShape s;
    s.batch = batch;
    s.in_h = s.out_h = size_h;
    s.in_w = s.out_w = size_w;
    s.in_c = in_c;
    s.out_c = 3;
    s.kernel_h = s.kernel_w = kernel;
    s.pad_top = s.pad_left = kernel / 2;
    return s;
  };
  for (const Conv2dShape& s :
       {shape(1, 2, 1100, 2, 3), shape(1, 40, 41, 1, 5), shape(1100, 1, 1, 2, 1),
        shape(300, 2, 2, 3, 3), shape(1, 3, 30, 3000, 3), shape(30, 1, 1, 20000, 1),
        shape(2, 20, 21, 64, 1)}) {
    KernelPlan plan = RandomPlan(8, 8, s.in_c > 60 ? 1 : 3, &random);
    if (s.in_c == 64) {  // activations are read where they are
      std::fill(plan.offset_a.begin(), plan.offset_a.end(), 1);
      for (size_t a = 0; a < 256; ++a) plan.terms[0].u[a] = static_cast<uint8_t>(a);
    }
    const Layer layer = RandomLayer(s, 8, &random);
    Check(plan, layer, {{0, s.batch * s.out_h * s.out_w, 0, s.out_c}});
    Check(plan, layer, RandomTiles(s, &random));
  }
}

// All products as large as they can be: int32_t sums of a chunk of the int64_t form must not
// overflow.
TEST_P(TermConv2dTest, LargestProductsAndDepths) {
  Random random(35);
  for (int64_t depth : {65535, 65536, 65537, 65793, 65794, 140000}) {
    for (int64_t terms : {1, 3}) {
      for (int v : {-128, 127}) {
        KernelPlan plan = RandomPlan(8, 8, 0, &random);
        std::fill(plan.offset_a.begin(), plan.offset_a.end(), INT32_MAX);
        for (int64_t t = 0; t < terms; ++t) {
          PlanTerm term;
          term.scale = INT32_MAX;
          term.u.assign(256, 255);
          term.v.assign(256, static_cast<int8_t>(v));
          plan.terms.push_back(term);
        }
        plan.offset_a[3] = INT32_MIN;
        Conv2dShape s;
        s.in_c = depth;
        s.out_c = 2;
        s.batch = 2;
        Layer layer = RandomLayer(s, 8, &random);
        layer.code_factor = {255, -255};
        layer.code_flip = 0;
        Check(plan, layer, {{0, 2, 0, 2}});
      }
    }
  }
}

std::vector<GemmMethod> TestedMethods() {
  std::vector<GemmMethod> methods = GemmMethods();
#if defined(__x86_64__)
  methods.push_back(EmulatedAmx());
#endif
  return methods;
}

INSTANTIATE_TEST_SUITE_P(Methods, TermConv2dTest, testing::ValuesIn(TestedMethods()),
                         [](const testing::TestParamInfo<GemmMethod>& method) {
                           return std::string(method.param.name);
                         });

}  // namespace
}  // namespace axlut
