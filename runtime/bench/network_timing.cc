// SPDX-License-Identifier: MIT
// Time of a whole network with all layers through one table, on one thread: whole and per layer,
// one sample at a time and many together. scripts/bench_networks.py sets it beside TensorFlow
// Lite's. Random samples (time does not depend on them); results are not looked at here.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "runtime/bench/layer_run.h"
#include "runtime/bench/machine.h"
#include "runtime/bench/operands.h"
#include "runtime/model/network.h"
#include "runtime/model/tflite_reader.h"

namespace axlut {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kSeconds = 1.0;  // per batch
constexpr int64_t kBatches[] = {1, 32};

// "exact" is what lutrun emulate means by it: signed operands.
Result<LayerTable> ReadTable(const std::string& name) {
  if (name != "exact") {
    AXLUT_ASSIGN_OR_RETURN(BenchTable table, LoadBenchTable(name));
    return LayerTable{std::move(table.lut), table.name};
  }
  const OperandSpec code{8, Signedness::kTwosComplement};
  AXLUT_ASSIGN_OR_RETURN(TruthTable exact, ExactTable(code, code));
  AXLUT_ASSIGN_OR_RETURN(auto lut, LutTable::Create(std::move(exact)));
  return LayerTable{std::move(lut), name};
}

// Bytes of the activations that the most demanding layer reads and writes.
int64_t LargestLayerBytes(const Graph& graph) {
  int64_t largest = 0;
  for (const Operator& op : graph.operators) {
    int64_t bytes = graph.tensors[op.output].ByteCount();
    for (int input : op.inputs) {
      if (input >= 0 && !graph.tensors[input].is_constant)
        bytes += graph.tensors[input].ByteCount();
    }
    largest = std::max(largest, bytes);
  }
  return largest;
}

Result<Json> Measure(const Network& network, int64_t batch) {
  std::mt19937 random(1);
  std::vector<uint8_t> input(static_cast<size_t>(batch * network.input().ByteCount()));
  for (uint8_t& code : input) code = static_cast<uint8_t>(random());
  std::vector<uint8_t> output(static_cast<size_t>(batch * network.output().ByteCount()));
  const size_t operators = network.graph().operators.size();
  std::vector<double> layer_least(operators, std::numeric_limits<double>::max());
  Result<void> done;
  const double least = LeastSeconds(ThreadSeconds, kSeconds, [&] {
    std::vector<LayerStats> stats;
    done = network.Run(input.data(), batch, output.data(), SerialFor(), {}, &stats);
    for (size_t i = 0; i < stats.size(); ++i) {
      layer_least[i] = std::min(layer_least[i], stats[i].thread_seconds);
    }
  });
  AXLUT_RETURN_IF_ERROR(done);
  const auto per_image_ms = [batch](double seconds) {
    return seconds * 1e3 / static_cast<double>(batch);
  };
  Json layers = Json::array();
  for (size_t i = 0; i < operators; ++i) {
    const Layer& layer = network.layer(i);
    layers.push_back({{"operator", ToString(network.graph().operators[i].kind)},
                      {"macs", layer.Macs()},
                      {"kernel", layer.KernelName()},
                      {"ms_per_image", per_image_ms(layer_least[i])}});
  }
  return Json{{"batch", batch},
              {"ms_per_image", per_image_ms(least)},
              {"workspace_bytes", network.WorkspaceBytes(batch)},
              {"layers", layers}};
}

Result<Json> Run(const std::string& model, const std::string& table_name) {
  AXLUT_ASSIGN_OR_RETURN(Graph graph, ReadTflite(model));
  AXLUT_ASSIGN_OR_RETURN(const LayerTable table, ReadTable(table_name));
  const std::vector<LayerTable> tables(graph.operators.size(), table);
  AXLUT_ASSIGN_OR_RETURN(const Network network, Network::Create(std::move(graph), tables));
  Json answer = {{"machine", DescribeMachine()},
                 {"table", table.name},
                 {"macs_per_image", network.Macs()},
                 {"workspace_bytes_per_sample", network.WorkspaceBytes(1)},
                 {"largest_layer_bytes", LargestLayerBytes(network.graph())}};
  for (const int64_t batch : kBatches) {
    AXLUT_ASSIGN_OR_RETURN(const Json measured, Measure(network, batch));
    answer["batches"].push_back(measured);
  }
  return answer;
}

}  // namespace
}  // namespace axlut

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: network_timing MODEL.tflite TABLE|exact\n");
    return 2;
  }
  const auto answer = axlut::Run(argv[1], argv[2]);
  if (answer.ok()) {
    fmt::print("{}\n", answer->dump(1));
    return 0;
  }
  fmt::print(stderr, "{}\n", answer.error().ToString());
  return static_cast<int>(answer.error().code());
}
