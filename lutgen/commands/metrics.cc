// SPDX-License-Identifier: MIT
// lutgen metrics: error metrics of a table, circuit, C model or formula.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "lutgen/commands/commands.h"
#include "lutgen/commands/options.h"
#include "lutgen/commands/report.h"
#include "lutgen/error_metrics.h"

namespace axlut {
namespace {

namespace po = cli::po;

constexpr char kDescription[] =
    R"(Compares every product of INPUT with the exact one. INPUT is a table (.axt, .bin, .npy) or
what 'lutgen build' takes; operands may have up to 16 bits, as nothing is stored. Definitions
are EvoApproxLib's, with e = product - a * b over all N operand pairs: MAE mean of |e|, WCE
maximum of |e|, both also in per cent of N; EP% share of wrong products; MSE mean of e^2;
bias mean of e; MRE% and WCRE% mean and maximum of |e| / |a * b| where a * b is not 0.
With --max-... the exit code is 1 if a metric is larger.)";

struct Measured {
  std::string name;
  OperandSpec a, b, product;
  ErrorMetrics metrics;
};

Result<Measured> Measure(const std::string& input, const po::variables_map& values,
                         const cli::Context& context) {
  AXLUT_ASSIGN_OR_RETURN(const auto pool, MakeThreadPool(values));
  if (IsTableFile(input)) {
    AXLUT_ASSIGN_OR_RETURN(const RawFormatHints hints, ReadRawFormatHints(values));
    AXLUT_ASSIGN_OR_RETURN(const StoredTable stored, LoadTable(input, hints));
    const TruthTable& table = stored.table;
    return Measured{stored.info.name, table.a(), table.b(), table.product(),
                    MeasureErrors(table, pool->AsParallelFor())};
  }
  AXLUT_ASSIGN_OR_RETURN(const FrontendOptions options, ReadFrontendOptions(values));
  AXLUT_ASSIGN_OR_RETURN(const MultiplierModel model, ReadMultiplier(input, options));
  AXLUT_ASSIGN_OR_RETURN(
      const ErrorMetrics metrics,
      MeasureErrors(model, MakeSweepOptions(context, "measuring " + model.name, pool.get())));
  return Measured{model.name, model.ports.a.spec, model.ports.b.spec, model.ports.product.spec,
                  metrics};
}

// "max-mae-pct" for "mae_pct".
std::string LimitOption(std::string key) {
  std::replace(key.begin(), key.end(), '_', '-');
  return "max-" + key;
}

// Metrics with an upper limit: all but the bias, whose sign carries meaning.
std::vector<std::string> LimitedMetrics() {
  std::vector<std::string> keys;
  for (const auto& [key, value] : ErrorMetrics{}.Items()) {
    if (key != "bias") keys.push_back(key);
  }
  return keys;
}

Result<std::map<std::string, double>> ReadLimits(const po::variables_map& values) {
  std::map<std::string, double> limits;
  for (const std::string& key : LimitedMetrics()) {
    const std::string option = LimitOption(key);
    if (values.count(option) == 0) continue;
    limits[key] = values[option].as<double>();
    if (std::isnan(limits[key])) return Error::Usage("--" + option + " must be a number, got nan");
  }
  return limits;
}

Result<void> WriteAnswer(const std::string& input, const Measured& measured,
                         const std::map<std::string, double>& limits, bool within_limits,
                         const cli::Context& context) {
  nlohmann::ordered_json answer = NewAnswer();
  answer["input"] = input;
  answer["name"] = measured.name;
  answer["width_a"] = measured.a.width;
  answer["width_b"] = measured.b.width;
  answer["signed"] = measured.a.is_signed() || measured.b.is_signed();
  answer["metrics"] = MetricsJson(measured.metrics.ToMap());
  if (!limits.empty()) {
    answer["limits"] = MetricsJson(limits);
    answer["within_limits"] = within_limits;
  }
  return context.WriteJson(Serialize(answer));
}

Result<int> Run(const po::variables_map& values, const cli::Context& context) {
  const std::string input = values["input"].as<std::string>();
  AXLUT_ASSIGN_OR_RETURN(const auto limits, ReadLimits(values));
  AXLUT_ASSIGN_OR_RETURN(const Measured measured, Measure(input, values, context));
  bool within_limits = true;
  for (const auto& [key, value] : measured.metrics.Items()) {
    const auto limit = limits.find(key);
    if (limit == limits.end() || value <= limit->second) continue;
    within_limits = false;
    context.Note(
        fmt::format("{} is {:.10g}, above the limit of {:.10g}", key, value, limit->second));
  }
  if (context.json()) {
    AXLUT_RETURN_IF_ERROR(WriteAnswer(input, measured, limits, within_limits, context));
  } else {
    context.out << fmt::format("{}: {}\n", measured.name,
                               DescribeOperands(measured.a, measured.b, measured.product))
                << MetricsText(measured.metrics.ToMap()) << std::flush;
  }
  return within_limits ? cli::kExitDone : cli::kExitDiffers;
}

}  // namespace

cli::Subcommand MetricsCommand() {
  cli::Subcommand command;
  command.name = "metrics";
  command.summary = "error metrics of a table, circuit, C model or formula";
  command.synopsis = "INPUT [options]";
  command.description = kDescription;
  command.examples = {"lutgen metrics mul8u_2AC.axt --json",
                      "lutgen metrics mul16u_1A3.v --max-mae 1e6 --max-wce 1e8"};
  for (const std::string& key : LimitedMetrics()) {
    command.options.add_options()(LimitOption(key).c_str(), po::value<double>()->value_name("X"),
                                  ("exit with 1 if " + key + " is larger than X").c_str());
  }
  AddCircuitOptions(&command.options);
  AddOperandOptions(&command.options);
  AddThreadOption(&command.options);
  command.positionals = {{"input"}};
  command.run = Run;
  return command;
}

}  // namespace axlut
