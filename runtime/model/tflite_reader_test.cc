// SPDX-License-Identifier: MIT
#include "runtime/model/tflite_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <random>

#include "runtime/base/file_io.h"
#include "runtime/model/network.h"

namespace axlut {
namespace {

std::vector<uint8_t> ModelBytes(const std::string& name) {
  return *ReadFile(std::string(AXLUT_SOURCE_DIR) + "/testdata/models/" + name + ".tflite");
}

const char* const kModels[] = {"plain_cnn", "depthwise_cnn", "branches", "real_ends",
                               "all_extremes"};

LayerTable ExactSigned() {
  const OperandSpec code{8, Signedness::kTwosComplement};
  static const auto table = *LutTable::Create(*ExactTable(code, code));
  return {table, "exact"};
}

// Reads the bytes and, if they pass for a model, runs one sample of zeros. Damage need not be
// noticed (a weight may have changed), but nothing may crash, hang or eat the memory.
bool ReadAndRun(const std::vector<uint8_t>& bytes) {
  Result<Graph> graph = ParseTflite(bytes, "damaged.tflite");
  if (!graph.ok()) {
    EXPECT_THAT(graph.error().ToString(), testing::StartsWith("damaged.tflite: error: "));
    return false;
  }
  const std::vector<LayerTable> tables(graph->operators.size(), ExactSigned());
  Result<Network> network = Network::Create(*std::move(graph), tables);
  if (!network.ok()) {
    EXPECT_FALSE(network.error().message().empty());
    return false;
  }
  constexpr int64_t kLargestRun = int64_t{1} << 24;
  if (network->Macs() > kLargestRun || network->WorkspaceBytes(1) > kLargestRun) return true;
  const std::vector<uint8_t> input(network->input().ByteCount());
  std::vector<uint8_t> output(network->output().ByteCount());
  std::vector<LayerStats> stats;
  EXPECT_TRUE(network->Run(input.data(), 1, output.data(), SerialFor(), {}, &stats).ok());
  return true;
}

TEST(TfliteReader, ReadsOperatorsAndQuantization) {
  const Result<Graph> graph = ParseTflite(ModelBytes("plain_cnn"), "m");
  ASSERT_TRUE(graph.ok());
  ASSERT_EQ(graph->operators.size(), 10U);
  const Operator& first = graph->operators[0];
  EXPECT_EQ(first.kind, OpKind::kConv2d);
  EXPECT_EQ(std::get<ConvOptions>(first.options).activation, Activation::kRelu);
  const Operator& second = graph->operators[1];
  EXPECT_EQ(std::get<ConvOptions>(second.options).dilation_h, 2);
  EXPECT_EQ(std::get<ConvOptions>(second.options).dilation_w, 3);
  const Tensor& input = graph->tensors[graph->input];
  EXPECT_EQ(input.shape, (std::vector<int64_t>{1, 12, 10, 3}));
  EXPECT_EQ(input.scale(), 0.02F);
  EXPECT_EQ(input.zero_point(), -7);
  EXPECT_EQ(graph->tensors[first.inputs[1]].scales.size(), 8U);
  EXPECT_EQ(graph->operators[9].kind, OpKind::kSoftmax);
}

TEST(TfliteReader, SoundModelsPassTheDamageTest) {
  for (const char* name : kModels) EXPECT_TRUE(ReadAndRun(ModelBytes(name))) << name;
}

TEST(TfliteReader, EveryTruncationIsRefused) {
  for (const char* name : kModels) {
    const std::vector<uint8_t> bytes = ModelBytes(name);
    for (size_t size = 0; size < bytes.size(); size += 1 + size / 512) {
      const std::vector<uint8_t> cut(bytes.begin(), bytes.begin() + size);
      Result<Graph> graph = ParseTflite(cut, "cut.tflite");
      // The last bytes may be padding or a tensor's tail that nothing points at.
      if (size + 16 < bytes.size()) {
        EXPECT_FALSE(graph.ok()) << name << " cut to " << size << " of " << bytes.size();
      }
    }
  }
}

TEST(TfliteReader, RandomDamageNeverCrashes) {
  const uint32_t seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  int refused = 0;
  constexpr int kTries = 4000;
  for (int i = 0; i < kTries; ++i) {
    std::vector<uint8_t> bytes = ModelBytes(kModels[i % 5]);
    for (int changes = 1 + static_cast<int>(random() % 6); changes > 0; --changes) {
      const size_t at = random() % bytes.size();
      switch (random() % 4) {
        case 0:
          bytes[at] ^= static_cast<uint8_t>(1U << random() % 8);
          break;
        case 1:
          bytes[at] = static_cast<uint8_t>(random());
          break;
        case 2:  // numbers that are likely to hurt
          for (size_t k = 0; k < 4 && at / 4 * 4 + k < bytes.size(); ++k) {
            constexpr uint32_t kNumbers[] = {0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x10000};
            bytes[at / 4 * 4 + k] = static_cast<uint8_t>(kNumbers[random() % 6] >> (8 * k));
          }
          break;
        default:
          bytes.resize(std::max<size_t>(at, bytes.size() - random() % 64));
      }
    }
    refused += !ReadAndRun(bytes);
  }
  // A reader that accepts everything, or nothing, would make this test empty.
  EXPECT_GT(refused, kTries / 10);
  EXPECT_LT(refused, kTries);
}

TEST(TfliteReader, SaysWhatIsNotAModel) {
  const Result<Graph> empty = ParseTflite({}, "x.tflite");
  ASSERT_FALSE(empty.ok());
  EXPECT_EQ(empty.error().ToString(),
            "x.tflite: error: not a TensorFlow Lite model: bytes 4 to 7 must be 'TFL3'");
  std::vector<uint8_t> cut = ModelBytes("branches");
  cut.resize(cut.size() / 2);
  EXPECT_THAT(ParseTflite(cut, "x.tflite").error().message(),
              testing::StartsWith("damaged TensorFlow Lite model: the flatbuffer of "));
}

// Changes of a sound graph that Network::Create must refuse, and the words of the refusal.
struct BadGraph {
  const char* model;
  std::function<void(Graph&)> damage;
  const char* message;
};

TEST(Network, RefusesWhatAnOperatorCannotRun) {
  const BadGraph cases[] = {
      {"plain_cnn", [](Graph& g) { g.tensors[g.input].shape[0] = 2; }, "leading dimension of 1"},
      {"plain_cnn", [](Graph& g) { std::get<ConvOptions>(g.operators[0].options).stride_h = 0; },
       "operator 0 (CONV_2D 't3'): filter size, stride and dilation must be positive"},
      {"plain_cnn", [](Graph& g) { std::get<ConvOptions>(g.operators[0].options).stride_w = 2; },
       "must have shape 1x12x5x8, found 1x12x10x8"},
      {"plain_cnn", [](Graph& g) { g.tensors[g.operators[0].inputs[1]].zero_points[3] = 1; },
       "zero points of the filter 't1' must be 0, found 1"},
      {"plain_cnn", [](Graph& g) { g.tensors[g.operators[0].inputs[1]].quantized_axis = 3; },
       "along dimension 3"},
      {"plain_cnn", [](Graph& g) { g.operators[0].inputs.resize(1); },
       "filter (input 1) is missing"},
      {"plain_cnn", [](Graph& g) { g.tensors[g.operators[0].output].scales.clear(); },
       "must have one scale, found 0"},
      {"plain_cnn", [](Graph& g) { g.tensors[g.operators[0].output].scales = {0}; },
       "must have a positive scale, found 0"},
      {"plain_cnn", [](Graph& g) { g.tensors[g.output].zero_points = {0}; },
       "scale 1/256 and zero point -128"},
      {"plain_cnn", [](Graph& g) { std::get<PoolOptions>(g.operators[2].options).filter_h = -1; },
       "operator 2 (MAX_POOL_2D"},
      {"branches",
       [](Graph& g) { std::get<ConcatenationOptions>(g.operators[5].options).axis = 4; },
       "axis must lie in -4..3, found 4"},
      {"branches",
       [](Graph& g) { std::get<MeanOptions>(g.operators[6].options).keep_dims = false; },
       "must have shape 1x12, found 1x1x1x12"},
      {"depthwise_cnn",
       [](Graph& g) {
         Tensor& paddings = g.tensors[g.operators[1].inputs[1]];
         paddings.data[8] = 0xFF;
         paddings.data[11] = 0xFF;
       },
       "paddings must lie in 0..2^31-1"},
      {"real_ends", [](Graph& g) { g.tensors[g.output].type = ElementType::kInt32; },
       "the output 't"},
  };
  for (const BadGraph& bad : cases) {
    Result<Graph> graph = ParseTflite(ModelBytes(bad.model), "m");
    ASSERT_TRUE(graph.ok());
    bad.damage(*graph);
    const std::vector<LayerTable> tables(graph->operators.size(), ExactSigned());
    const Result<Network> network = Network::Create(*std::move(graph), tables);
    ASSERT_FALSE(network.ok()) << bad.message;
    EXPECT_THAT(network.error().message(), testing::HasSubstr(bad.message));
  }
}

}  // namespace
}  // namespace axlut
