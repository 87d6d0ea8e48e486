// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "runtime/commands/commands.h"
#include "runtime/commands/emulate_report.h"
#include "runtime/commands/table_choice.h"
#include "runtime/model/network.h"
#include "runtime/model/tflite_reader.h"

namespace axlut {
namespace {

using Json = nlohmann::ordered_json;

Json TensorToJson(const Tensor& tensor) {
  return {{"name", tensor.name},
          {"type", tensor.type_name},
          {"shape", tensor.shape},
          {"scales", tensor.scales},
          {"zero_points", tensor.zero_points}};
}

std::string QuantizationText(const Tensor& tensor) {
  if (tensor.scales.empty()) return "";
  if (tensor.scales.size() > 1) return fmt::format("{} scales", tensor.scales.size());
  return fmt::format("scale {:.6g}, zero point {}", tensor.scale(), tensor.zero_point());
}

std::string EndText(const char* role, const Tensor& tensor) {
  return fmt::format("{:<9} '{}' {} {}  {}\n", role, tensor.name, ShapeToString(tensor.shape),
                     tensor.type_name, QuantizationText(tensor));
}

std::string ToText(const Network& network) {
  const Graph& graph = network.graph();
  std::string text = EndText("input", network.input()) + EndText("output", network.output());
  text += fmt::format("{:<9} {} per sample\n\n", "MACs", WithThousands(network.Macs()));
  text += fmt::format("{:>3}  {:<17}  {:>14}  {:>13}  {:<38}  {}\n", "#", "operator", "shape",
                      "MACs", "output's quantization", "output");
  for (size_t i = 0; i < graph.operators.size(); ++i) {
    const Operator& op = graph.operators[i];
    const Tensor& output = graph.tensors[op.output];
    const int64_t macs = network.layer(i).Macs();
    text += fmt::format("{:>3}  {:<17}  {:>14}  {:>13}  {:<38}  {}\n", i, ToString(op.kind),
                        ShapeToString(output.shape), macs > 0 ? WithThousands(macs) : "",
                        QuantizationText(output), output.name);
  }
  return text;
}

std::string ToJson(const std::string& path, const Network& network) {
  const Graph& graph = network.graph();
  Json layers = Json::array();
  for (size_t i = 0; i < graph.operators.size(); ++i) {
    const Operator& op = graph.operators[i];
    layers.push_back({{"index", i},
                      {"operator", ToString(op.kind)},
                      {"inputs", op.inputs},
                      {"output", TensorToJson(graph.tensors[op.output])},
                      {"macs_per_image", network.layer(i).Macs()}});
  }
  const Json answer = {{"schema", 1},
                       {"model", path},
                       {"input", TensorToJson(network.input())},
                       {"output", TensorToJson(network.output())},
                       {"macs_per_image", network.Macs()},
                       {"layers", layers}};
  return answer.dump(2, ' ', false, Json::error_handler_t::replace);
}

Result<int> RunInfo(const cli::po::variables_map& values, const cli::Context& context) {
  const std::string path = values["model"].as<std::string>();
  AXLUT_ASSIGN_OR_RETURN(Graph graph, ReadTflite(path));
  AXLUT_ASSIGN_OR_RETURN(const std::vector<LayerTable> tables, ChooseTables(graph, {"exact"}));
  Result<Network> network = Network::Create(std::move(graph), tables);
  if (!network.ok()) {
    return Error(network.error().code(), network.error().message()).At({path, 0, 0});
  }
  if (context.json()) {
    AXLUT_RETURN_IF_ERROR(context.WriteJson(ToJson(path, *network)));
  } else {
    context.out << ToText(*network);
  }
  return cli::kExitDone;
}

}  // namespace

cli::Subcommand InfoCommand() {
  cli::Subcommand command;
  command.name = "info";
  command.summary = "Lists the layers of an int8 .tflite network";
  command.synopsis = "MODEL.tflite [options]";
  command.description =
      "Shows input, output and every operator with its index, shape, multiplications and "
      "quantization: what 'lutrun emulate --table LAYER=T' takes as LAYER. A model that AxLUT "
      "cannot run is refused with the reason.";
  command.examples = {"lutrun info resnet8.tflite", "lutrun info resnet8.tflite --json"};
  command.positionals = {{"model", true, false}};
  command.run = RunInfo;
  return command;
}

}  // namespace axlut
