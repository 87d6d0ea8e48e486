// SPDX-License-Identifier: MIT
#include "runtime/model/network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <random>

#include "runtime/base/npy.h"
#include "runtime/base/subprocess.h"
#include "runtime/model/tflite_reader.h"

namespace axlut {
namespace {

constexpr OperandSpec kSigned8{8, Signedness::kTwosComplement};
constexpr OperandSpec kUnsigned8{8, Signedness::kUnsigned};

std::string ModelFile(const std::string& name) {
  return std::string(AXLUT_SOURCE_DIR) + "/testdata/models/" + name;
}

LayerTable Exact(OperandSpec a, OperandSpec b) {
  return {*LutTable::Create(*ExactTable(a, b)), ToString(a) + " x " + ToString(b)};
}

Result<Network> LoadNetwork(const std::string& path, const LayerTable& table) {
  AXLUT_ASSIGN_OR_RETURN(Graph graph, ReadTflite(path));
  const size_t operators = graph.operators.size();
  return Network::Create(std::move(graph), std::vector<LayerTable>(operators, table));
}

std::vector<uint8_t> RunAll(const Network& network, const std::vector<uint8_t>& input,
                            int threads = 1, int64_t block = 0) {
  const int64_t samples = static_cast<int64_t>(input.size()) / network.input().ByteCount();
  std::vector<uint8_t> output(samples * network.output().ByteCount());
  ThreadPool pool(threads);
  NetworkRunParams params;
  params.samples_per_block = block;
  params.threads = threads;
  std::vector<LayerStats> stats;
  const Result<void> result =
      network.Run(input.data(), samples, output.data(), pool.AsParallelFor(), params, &stats);
  EXPECT_TRUE(result.ok());
  return output;
}

// The models of testdata/models, whose outputs come from TensorFlow Lite's reference kernels.
class ReferenceModel : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    input_ = *ReadNpy(ModelFile(std::string(GetParam()) + "_input.npy"));
    expected_ = *ReadNpy(ModelFile(std::string(GetParam()) + "_output.npy"));
  }
  std::string path() const { return ModelFile(std::string(GetParam()) + ".tflite"); }

  NpyArray input_;
  NpyArray expected_;
};

TEST_P(ReferenceModel, ExactTablesOfAnySignednessEqualTheReferenceKernels) {
  for (const OperandSpec a : {kSigned8, kUnsigned8}) {
    for (const OperandSpec b : {kSigned8, kUnsigned8}) {
      const Result<Network> network = LoadNetwork(path(), Exact(a, b));
      ASSERT_TRUE(network.ok()) << network.error().ToString();
      EXPECT_EQ(RunAll(*network, input_.bytes), expected_.bytes)
          << "activations " << ToString(a) << ", weights " << ToString(b);
    }
  }
}

TEST_P(ReferenceModel, OutputsDoNotDependOnBlocksOrThreads) {
  const Result<Network> network = LoadNetwork(path(), Exact(kUnsigned8, kUnsigned8));
  ASSERT_TRUE(network.ok());
  for (const int64_t block : {0, 1, 3, 8, 100}) {
    for (const int threads : {1, 3, 5, 100}) {
      EXPECT_EQ(RunAll(*network, input_.bytes, threads, block), expected_.bytes)
          << "block " << block << ", threads " << threads;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Models, ReferenceModel,
                         testing::Values("plain_cnn", "depthwise_cnn", "branches", "real_ends",
                                         "all_extremes"),
                         [](const auto& info) { return std::string(info.param); });

TEST(Network, ResNet8EqualsTheReferenceKernelsOn1000Images) {
  const std::string shared = std::string(AXLUT_SHARED_DIR) + "/data/";
  const std::string images = shared + "cifar10/test_batch_first1000.bin.gz";
  const std::string model = shared + "models/mlperf_tiny/pretrainedResnet_quant.tflite";
  if (!std::filesystem::exists(images) || !std::filesystem::exists(model)) {
    GTEST_SKIP() << "needs " << images << " and " << model;
  }
  ProcessOptions options;
  options.output_limit_bytes = 1 << 23;
  const Result<ProcessResult> unpacked = RunProcess({"gzip", "-dc", images}, options);
  ASSERT_TRUE(unpacked.ok() && unpacked->succeeded());
  constexpr int kPixels = 32 * 32;
  constexpr int kRecord = 1 + 3 * kPixels;  // label; red, green, blue plane
  ASSERT_EQ(unpacked->out.size(), 1000 * kRecord);
  std::vector<uint8_t> input;
  for (int image = 0; image < 1000; ++image) {
    const char* planes = unpacked->out.data() + image * kRecord + 1;
    for (int i = 0; i < 3 * kPixels; ++i) {
      // The input's scale is 1, its zero point -128: the code is the pixel - 128.
      input.push_back(static_cast<uint8_t>(planes[i % 3 * kPixels + i / 3]) ^ 0x80);
    }
  }
  const Result<Network> network = LoadNetwork(model, Exact(kSigned8, kSigned8));
  ASSERT_TRUE(network.ok()) << network.error().ToString();
  EXPECT_EQ(network->Macs(), 12501632);
  EXPECT_EQ(RunAll(*network, input, 0), ReadNpy(ModelFile("resnet8_cifar10_output.npy"))->bytes);
}

TEST(Network, TheTableSeesActivationsAsRowsAndWeightsAsColumns) {
  // T[a][b] = a: every sum is the sum of the activations, whatever the weights.
  std::vector<int32_t> products;
  for (int a = 0; a < 256; ++a) products.insert(products.end(), 256, static_cast<int8_t>(a));
  Result<TruthTable> table =
      TruthTable::Create(kSigned8, kSigned8, {16, Signedness::kTwosComplement}, products);
  ASSERT_TRUE(table.ok());
  const LayerTable rows{*LutTable::Create(*std::move(table)), "rows"};
  Result<Graph> graph = ReadTflite(ModelFile("all_extremes.tflite"));
  ASSERT_TRUE(graph.ok());
  // Only the first layer, without bias; its input's zero point is 127, so that sums differ.
  graph->operators.resize(1);
  graph->operators[0].inputs.resize(2);
  graph->output = graph->operators[0].output;
  Tensor& output = graph->tensors[graph->output];
  Tensor& filter = graph->tensors[graph->operators[0].inputs[1]];
  const Tensor& input = graph->tensors[graph->input];
  filter.scales = {1};
  filter.zero_points = {0};
  output.scales = {input.scale()};
  output.zero_points = {0};
  ASSERT_EQ(filter.shape, (std::vector<int64_t>{4, 5, 5, 2}));
  // A weight of 0: the correction zero_a * b vanishes, and T[a][0] = a is left.
  std::fill(filter.data.begin(), filter.data.end(), 0);
  Result<Network> network = Network::Create(*graph, {rows});
  ASSERT_TRUE(network.ok()) << network.error().ToString();
  std::vector<uint8_t> codes(8 * 8 * 2, 1);
  const std::vector<uint8_t> result = RunAll(*network, codes);
  // In the middle 50 taps of 1; in the corner 18 taps of 1 and 32 padded ones of the zero point,
  // 127, clamped.
  EXPECT_EQ(result[(4 * 8 + 4) * 4], 50);
  EXPECT_EQ(result[0], 127);
}

TEST(Network, WeightsThatDoNotFitANarrowOperandAreNamed) {
  const LayerTable narrow = Exact(kUnsigned8, {4, Signedness::kUnsigned});
  const Result<Network> network = LoadNetwork(ModelFile("plain_cnn.tflite"), narrow);
  ASSERT_FALSE(network.ok());
  EXPECT_EQ(network.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(network.error().message(),
              testing::MatchesRegex("operator 0 \\(CONV_2D 't[0-9]+'\\): the weights must fit the "
                                    "4-bit unsigned operand b of table '.*', that is, lie in "
                                    "-8..7; the codes of 't1' lie in -1[0-9][0-9]..1[0-9][0-9]"));
}

TEST(Network, WeightsThatFitANarrowOperandRunThroughIt) {
  Result<Graph> graph = ReadTflite(ModelFile("all_extremes.tflite"));
  ASSERT_TRUE(graph.ok());
  std::mt19937 random(1);
  for (Tensor& tensor : graph->tensors) {
    if (!tensor.is_constant || tensor.type != ElementType::kInt8) continue;
    for (uint8_t& byte : tensor.data)
      byte = static_cast<uint8_t>(static_cast<int>(random() % 16) - 8);
  }
  std::vector<uint8_t> input(graph->tensors[graph->input].ByteCount());
  for (uint8_t& byte : input) byte = static_cast<uint8_t>(random());
  std::vector<std::vector<uint8_t>> outputs;
  for (const OperandSpec b : {kSigned8, OperandSpec{4, Signedness::kTwosComplement},
                              OperandSpec{4, Signedness::kUnsigned}}) {
    const std::vector<LayerTable> tables(graph->operators.size(), Exact(kUnsigned8, b));
    Result<Network> network = Network::Create(*graph, tables);
    ASSERT_TRUE(network.ok()) << network.error().ToString();
    outputs.push_back(RunAll(*network, input));
  }
  EXPECT_EQ(outputs[1], outputs[0]);
  EXPECT_EQ(outputs[2], outputs[0]);
}

TEST(Network, ActivationsNeedAnEightBitOperand) {
  const LayerTable narrow = Exact({6, Signedness::kTwosComplement}, kSigned8);
  const Result<Network> network = LoadNetwork(ModelFile("plain_cnn.tflite"), narrow);
  ASSERT_FALSE(network.ok());
  EXPECT_THAT(network.error().message(),
              testing::HasSubstr("activations are 8-bit codes, but operand a of table"));
}

TEST(Network, SumsThatLeave32BitsWrapAndAreCounted) {
  Result<Graph> graph = ReadTflite(ModelFile("all_extremes.tflite"));
  ASSERT_TRUE(graph.ok());
  graph->operators.resize(1);
  graph->output = graph->operators[0].output;
  Tensor& bias = graph->tensors[graph->operators[0].inputs[2]];
  const int32_t largest = INT32_MAX;
  for (int c = 0; c < 4; ++c) std::memcpy(&bias.data[c * 4], &largest, 4);
  Tensor& filter = graph->tensors[graph->operators[0].inputs[1]];
  std::fill(filter.data.begin(), filter.data.end(), 0xFF);  // -1; codes below 127 give sums > 0
  Result<Network> network = Network::Create(*graph, {Exact(kSigned8, kSigned8)});
  ASSERT_TRUE(network.ok()) << network.error().ToString();
  const std::vector<uint8_t> input(8 * 8 * 2, 126);
  std::vector<uint8_t> output(network->output().ByteCount());
  std::vector<LayerStats> stats;
  ASSERT_TRUE(network->Run(input.data(), 1, output.data(), SerialFor(), {}, &stats).ok());
  EXPECT_EQ(stats[0].wrapped_accumulators, 8 * 8 * 4);
  EXPECT_EQ(static_cast<int8_t>(output[0]), -128);
}

Tensor CodesTensor(std::vector<int64_t> shape, ElementType type = ElementType::kInt8) {
  Tensor tensor;
  tensor.type = type;
  tensor.shape = std::move(shape);
  tensor.scales = {0.05F};
  tensor.zero_points = {type == ElementType::kInt8 ? 3 : 0};
  return tensor;
}

// Constants 0, 1, 2, ... as bytes.
Tensor ConstantTensor(std::vector<int64_t> shape) {
  Tensor tensor = CodesTensor(std::move(shape));
  tensor.zero_points = {0};
  tensor.is_constant = true;
  for (int64_t i = 0; i < tensor.ByteCount(); ++i) tensor.data.push_back(static_cast<uint8_t>(i));
  return tensor;
}

// A residual block: two 3x3 convolutions of `size` x `size` x `channels`, and an addition.
Graph ResidualGraph(int64_t size, int64_t channels) {
  Graph graph;
  const std::vector<int64_t> shape = {1, size, size, channels};
  for (int i = 0; i < 4; ++i) graph.tensors.push_back(CodesTensor(shape));
  graph.tensors.push_back(ConstantTensor({channels, 3, 3, channels}));
  graph.operators = {{OpKind::kConv2d, {0, 4}, 1, ConvOptions{}},
                     {OpKind::kConv2d, {1, 4}, 2, ConvOptions{}},
                     {OpKind::kAdd, {1, 2}, 3, AddOptions{}}};
  graph.input = 0;
  graph.output = 3;
  return graph;
}

// The largest layer's inputs and output three times, for any number of samples.
TEST(Network, MemoryIsBoundedByTheLargestLayer) {
  const Result<Network> network =
      Network::Create(ResidualGraph(32, 16), {3, Exact(kUnsigned8, kUnsigned8)});
  ASSERT_TRUE(network.ok()) << network.error().ToString();
  EXPECT_EQ(network->LargestLayerBytes(), 3 * 32 * 32 * 16);
  for (const int64_t samples : {1, 2, 3, 8, 16, 100}) {
    EXPECT_LE(network->WorkspaceBytes(samples), 3 * samples * network->LargestLayerBytes())
        << samples << " samples";
  }
}

TEST(Network, ThreadsThatShareASampleGetTheSameCodes) {
  const Result<Network> network =
      Network::Create(ResidualGraph(40, 24), {3, Exact(kUnsigned8, kSigned8)});
  ASSERT_TRUE(network.ok()) << network.error().ToString();
  std::vector<uint8_t> input(7 * network->input().ByteCount());
  std::mt19937 rng(5);
  for (uint8_t& code : input) code = static_cast<uint8_t>(rng());
  const std::vector<uint8_t> expected = RunAll(*network, input);
  for (const int threads : {2, 3, 4, 8}) EXPECT_EQ(RunAll(*network, input, threads), expected);
}

// 65,536 products per sum: with unsigned operands of 8 bits sums need 64 bits on the way, with
// signed ones they do not, and both give the same codes.
TEST(Network, SumsOf65536ProductsAreExact) {
  constexpr int64_t kDepth = 65536;
  Graph graph;
  graph.tensors = {CodesTensor({1, kDepth}), ConstantTensor({5, kDepth}), CodesTensor({1, 5})};
  std::mt19937 rng(7);
  for (uint8_t& code : graph.tensors[1].data) code = static_cast<uint8_t>(rng());
  graph.tensors[2].scales = {200.0F};
  graph.operators = {{OpKind::kFullyConnected, {0, 1}, 2, DenseOptions{}}};
  graph.input = 0;
  graph.output = 2;
  // Each sample leans to one end, so that sums become large.
  std::vector<uint8_t> input(3 * kDepth);
  for (size_t i = 0; i < input.size(); ++i) {
    const uint8_t noise = rng() % 16;
    input[i] = static_cast<uint8_t>(i < kDepth       ? 127 - noise
                                    : i < 2 * kDepth ? 128 + noise
                                                     : rng());
  }
  std::vector<uint8_t> expected;
  const FixedPointMultiplier m = *QuantizeMultiplier(double{0.05F} * double{0.05F} / 200.0F);
  for (int64_t sample = 0; sample < 3; ++sample) {
    for (int64_t unit = 0; unit < 5; ++unit) {
      int64_t sum = 0;
      for (int64_t k = 0; k < kDepth; ++k) {
        const int a = static_cast<int8_t>(input[sample * kDepth + k]);
        sum += (a - 3) * static_cast<int8_t>(graph.tensors[1].data[unit * kDepth + k]);
      }
      ASSERT_LE(std::abs(sum), INT32_MAX);
      const int32_t code = MultiplyRoundingOnce(static_cast<int32_t>(sum), m) + 3;
      expected.push_back(static_cast<uint8_t>(Clamp(code, CodeRange{})));
    }
  }
  for (const OperandSpec a : {kSigned8, kUnsigned8}) {
    for (const OperandSpec b : {kSigned8, kUnsigned8}) {
      const Result<Network> network = Network::Create(graph, {Exact(a, b)});
      ASSERT_TRUE(network.ok()) << network.error().ToString();
      EXPECT_EQ(RunAll(*network, input), expected) << ToString(a) << " x " << ToString(b);
      EXPECT_EQ(RunAll(*network, input, 3), expected) << ToString(a) << " x " << ToString(b);
    }
  }
}

// Three 20x30 matrices times their own transposes.
Graph SquaresGraph() {
  Graph graph;
  graph.tensors = {CodesTensor({1, 3, 20, 30}), CodesTensor({1, 3, 20, 20})};
  graph.tensors[1].scales = {1.5F};
  graph.operators = {{OpKind::kBatchMatmul, {0, 0}, 1, BatchMatmulOptions{false, true}}};
  graph.input = 0;
  graph.output = 1;
  return graph;
}

TEST(Network, MatrixProductsTakeTablesOfAnySignedness) {
  std::mt19937 rng(6);
  std::vector<uint8_t> input(5 * 3 * 20 * 30);
  for (uint8_t& code : input) code = static_cast<uint8_t>(rng());
  std::vector<uint8_t> expected;
  for (const OperandSpec a : {kSigned8, kUnsigned8}) {
    for (const OperandSpec b : {kSigned8, kUnsigned8}) {
      const Result<Network> network = Network::Create(SquaresGraph(), {Exact(a, b)});
      ASSERT_TRUE(network.ok()) << network.error().ToString();
      EXPECT_EQ(network->Macs(), 3 * 20 * 30 * 20);
      if (expected.empty()) expected = RunAll(*network, input);
      EXPECT_EQ(RunAll(*network, input, 2), expected);
    }
  }
  EXPECT_LT(std::count(expected.begin(), expected.end(), 127), 1000);  // of 6000: not saturated
}

TEST(Network, RefusesMatricesThatDoNotMatch) {
  const auto message = [](const Graph& graph, const LayerTable& table) {
    const Result<Network> network = Network::Create(graph, {table});
    return network.ok() ? std::string("accepted") : network.error().message();
  };
  const LayerTable exact = Exact(kSigned8, kSigned8);
  Graph graph = SquaresGraph();
  graph.operators[0].options = BatchMatmulOptions{};
  EXPECT_THAT(message(graph, exact), testing::HasSubstr("the inner dimensions of 1x3x20x30"));
  graph = SquaresGraph();
  graph.tensors[1].shape = {1, 3, 20, 21};
  EXPECT_THAT(message(graph, exact), testing::HasSubstr("must have shape 1x3x20x20"));
  graph = SquaresGraph();
  graph.tensors.push_back(ConstantTensor({2, 20, 30}));
  graph.operators[0].inputs = {0, 2};
  EXPECT_THAT(message(graph, exact), testing::HasSubstr("leading dimensions must be the first's"));
  EXPECT_THAT(message(SquaresGraph(), Exact(kSigned8, {4, Signedness::kTwosComplement})),
              testing::HasSubstr("both inputs are 8-bit codes"));
}

TEST(Network, StopsWhenAsked) {
  const Result<Network> network =
      LoadNetwork(ModelFile("branches.tflite"), Exact(kSigned8, kSigned8));
  ASSERT_TRUE(network.ok());
  const std::vector<uint8_t> input(100 * network->input().ByteCount());
  std::vector<uint8_t> output(100 * network->output().ByteCount());
  NetworkRunParams params;
  params.samples_per_block = 1;
  int calls = 0;
  params.on_progress = [&](int64_t) { return ++calls < 3; };
  std::vector<LayerStats> stats;
  const Result<void> result =
      network->Run(input.data(), 100, output.data(), SerialFor(), params, &stats);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kInterrupted);
  EXPECT_EQ(calls, 3);
}

}  // namespace
}  // namespace axlut
