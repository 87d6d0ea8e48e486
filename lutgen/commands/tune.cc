// SPDX-License-Identifier: MIT
// lutgen tune: weights that the multiplier gets badly wrong are replaced by better ones.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "lutgen/commands/commands.h"
#include "lutgen/commands/options.h"
#include "lutgen/commands/plans.h"
#include "lutgen/commands/report.h"
#include "lutgen/error_metrics.h"
#include "runtime/base/file_io.h"
#include "runtime/base/npy.h"
#include "runtime/table/weight_tuning.h"

namespace axlut {
namespace {

namespace po = cli::po;

constexpr char kDescription[] =
    R"(Writes a table whose column for every weight w is that of the weight w' that multiplies most
like w: the one with the smallest sum over all activations a of h(a) |a w - T[a][w']|, and of equals
w itself, else the lowest. A network that runs through OUT computes what it would with its weights
replaced by w' through TABLE, so the circuit stays the same and nothing is retrained (ALWANN,
ICCAD 2019). h is how often an activation occurs: equally often, or as the histogram says.

--histogram is a .npy array of one number per bit pattern of the activation; axlut.tune_layer
writes such counts from sample data. --map writes w' for every bit pattern of a weight as a .npy
array of 16-bit numbers, for tools that replace the weights themselves.)";

template <typename T>
std::vector<double> AsDoubles(const NpyArray& array) {
  const T* const values = array.Data<T>();
  return std::vector<double>(values, values + array.ElementCount());
}

std::vector<double> AsDoubles(const NpyArray& array) {
  switch (array.type) {
    case NpyType::kInt8:
      return AsDoubles<int8_t>(array);
    case NpyType::kUint8:
      return AsDoubles<uint8_t>(array);
    case NpyType::kInt16:
      return AsDoubles<int16_t>(array);
    case NpyType::kUint16:
      return AsDoubles<uint16_t>(array);
    case NpyType::kInt32:
      return AsDoubles<int32_t>(array);
    case NpyType::kUint32:
      return AsDoubles<uint32_t>(array);
    case NpyType::kInt64:
      return AsDoubles<int64_t>(array);
    case NpyType::kUint64:
      return AsDoubles<uint64_t>(array);
    case NpyType::kFloat32:
      return AsDoubles<float>(array);
    case NpyType::kFloat64:
      return AsDoubles<double>(array);
  }
  return {};
}

Result<WeightTuning> Tune(const po::variables_map& values, const TruthTable& table) {
  AXLUT_ASSIGN_OR_RETURN(const auto pool, MakeThreadPool(values));
  WeightTuningOptions options;
  options.parallel_for = pool->AsParallelFor();
  if (values.count("histogram") == 0) return TuneWeights(table, options);
  const std::string path = values["histogram"].as<std::string>();
  AXLUT_ASSIGN_OR_RETURN(const NpyArray array, ReadNpy(path));
  options.histogram = AsDoubles(array);
  if (options.histogram.empty()) {  // would mean: none given
    return Error::InvalidInput("the histogram has no entries").At({path, 0, 0});
  }
  Result<WeightTuning> tuning = TuneWeights(table, options);
  if (!tuning.ok()) return std::move(tuning).error().At({path, 0, 0});
  return tuning;
}

Result<void> CheckMapPath(const std::string& path, const std::string& output) {
  if (FileExtension(path) != ".npy") {
    return Error::Usage(fmt::format("--map writes a .npy file, got '{}'", path));
  }
  if (path != output) return {};
  return Error::Usage(fmt::format("--map and -o must name two files, got '{}' twice", path));
}

Result<void> WriteMap(const std::string& path, const std::vector<uint32_t>& map) {
  const std::vector<uint16_t> patterns(map.begin(), map.end());
  NpyArray array;
  array.type = NpyType::kUint16;
  array.shape = {static_cast<int64_t>(map.size())};
  array.bytes.resize(2 * map.size());
  std::memcpy(array.bytes.data(), patterns.data(), array.bytes.size());
  return WriteNpy(path, array);
}

int64_t ReplacedCount(const std::vector<uint32_t>& map) {
  int64_t count = 0;
  for (uint32_t w = 0; w < map.size(); ++w) count += map[w] != w;
  return count;
}

Result<void> WriteAnswer(const TableOutput& output, const WeightTuning& tuning,
                         const cli::Context& context) {
  if (!context.json()) {
    context.out << fmt::format("replaced {} of {} weights\nMAE    {:.10g} -> {:.10g}\n",
                               ReplacedCount(tuning.map), tuning.map.size(), tuning.mae_before,
                               tuning.mae_after);
    return {};
  }
  nlohmann::ordered_json answer = NewAnswer();
  answer["output"] = output.path;
  answer["format"] = output.format;
  answer["replaced"] = ReplacedCount(tuning.map);
  answer["mae_before"] = tuning.mae_before;
  answer["mae_after"] = tuning.mae_after;
  answer["map"] = tuning.map;
  return context.WriteJson(Serialize(answer));
}

Result<int> Run(const po::variables_map& values, const cli::Context& context) {
  const std::string input = values["input"].as<std::string>();
  AXLUT_ASSIGN_OR_RETURN(const TableOutput output, ReadTableOutput(values, input, context));
  if (output.path == "-") return Error::Usage("the tuned table needs a file: -o OUT");
  const bool has_map = values.count("map") > 0;
  if (has_map) {
    AXLUT_RETURN_IF_ERROR(CheckMapPath(values["map"].as<std::string>(), output.path));
  }
  AXLUT_ASSIGN_OR_RETURN(const RawFormatHints hints, ReadRawFormatHints(values));
  AXLUT_ASSIGN_OR_RETURN(const StoredTable stored, LoadTable(input, hints));
  AXLUT_ASSIGN_OR_RETURN(const WeightTuning tuning, Tune(values, stored.table));
  StoredTable tuned = TunedTable(stored, tuning.map);
  tuned.info.metrics = MeasureErrors(tuned.table).ToMap();
  AXLUT_RETURN_IF_ERROR(AnalyzeTable(values, output.format, context, &tuned));
  AXLUT_RETURN_IF_ERROR(SaveTable(output.path, tuned, output.format));
  if (has_map) AXLUT_RETURN_IF_ERROR(WriteMap(values["map"].as<std::string>(), tuning.map));
  AXLUT_RETURN_IF_ERROR(WriteAnswer(output, tuning, context));
  return cli::kExitDone;
}

}  // namespace

cli::Subcommand TuneCommand() {
  cli::Subcommand command;
  command.name = "tune";
  command.summary = "a table with every weight replaced by the one that multiplies most like it";
  command.synopsis = "TABLE -o OUT [options]";
  command.description = kDescription;
  command.examples = {"lutgen tune mul8u_7C1.axt -o mul8u_7C1_tuned.axt --map weights.npy",
                      "lutgen tune mul8u_7C1.axt -o conv1.axt --histogram conv1_codes.npy --json"};
  command.options.add_options()("histogram", po::value<std::string>()->value_name("FILE.npy"),
                                "how often each activation occurs (default: all equally often)");
  command.options.add_options()("map", po::value<std::string>()->value_name("FILE.npy"),
                                "write the weights that replace the weights");
  AddOutputOptions(&command.options);
  AddAnalyzeOption(&command.options);
  AddOperandOptions(&command.options);
  AddThreadOption(&command.options);
  command.positionals = {{"input"}};
  command.run = Run;
  return command;
}

}  // namespace axlut
