// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "kernels/cpu/isa.h"
#include "runtime/base/cpu_features.h"
#include "runtime/base/parallel_for.h"
#include "runtime/bench/layer_run.h"
#include "runtime/bench/problem.h"
#include "runtime/commands/bench_gpu.h"
#include "runtime/commands/commands.h"

namespace axlut {
namespace {

struct BenchOptions {
  std::vector<std::string> tables;
  std::vector<Conv2dShape> shapes;
  std::string device;  // "cpu", or as OpenGpu takes it
  std::string kernel;  // "" = the best
  CodeDistribution codes = CodeDistribution::kUniform;
  double seconds = 0;  // per case
  int threads = 1;
};

struct BenchResult {
  std::string problem;
  std::string table;
  std::string kernel;
  std::string plan;
  int64_t macs = 0;
  double seconds = 0;  // of one run

  double NsPerMac() const { return seconds * 1e9 / static_cast<double>(macs); }
  double GmacPerSecond() const { return 1 / NsPerMac(); }
};

Result<std::vector<Conv2dShape>> ReadShapes(const cli::po::variables_map& values) {
  std::vector<std::string> problems = DefaultProblems();
  if (values.count("shape") > 0) problems = values["shape"].as<std::vector<std::string>>();
  std::vector<Conv2dShape> shapes;
  for (const std::string& problem : problems) {
    AXLUT_ASSIGN_OR_RETURN(Conv2dShape shape, ParseProblem(problem));
    if (values.count("batch") > 0) shape.batch = values["batch"].as<int64_t>();
    // Once more, because a batch can be too much for a shape that is fine by itself.
    AXLUT_ASSIGN_OR_RETURN(shape, ParseProblem(ProblemString(shape)));
    shapes.push_back(shape);
  }
  return shapes;
}

Result<BenchOptions> ReadOptions(const cli::po::variables_map& values) {
  BenchOptions options;
  options.tables = {"random"};
  if (values.count("table") > 0) options.tables = values["table"].as<std::vector<std::string>>();
  AXLUT_ASSIGN_OR_RETURN(options.shapes, ReadShapes(values));
  options.device = values["device"].as<std::string>();
  if (values.count("kernel") > 0) options.kernel = values["kernel"].as<std::string>();
  AXLUT_ASSIGN_OR_RETURN(options.codes, ParseCodeDistribution(values["codes"].as<std::string>()));
  options.seconds = values["seconds"].as<double>();
  if (!(options.seconds >= 0 && options.seconds <= 3600)) {
    return Error::Usage(fmt::format("--seconds must be 0..3600, found {}", options.seconds));
  }
  options.threads = values["jobs"].as<int>();
  if (options.threads < 0 || options.threads > 1024) {
    return Error::Usage(fmt::format("--jobs must be 0..1024, found {}", options.threads));
  }
  return options;
}

Result<BenchResult> Measure(const BenchTable& table, const Conv2dShape& shape,
                            const BenchOptions& options, ThreadPool& pool) {
  AXLUT_ASSIGN_OR_RETURN(LayerRun run,
                         LayerRun::Create(table, shape, options.codes, {.kernel = options.kernel}));
  const ParallelFor parallel_for = pool.AsParallelFor();
  AXLUT_RETURN_IF_ERROR(run.Verify(parallel_for));
  BenchResult result;
  result.problem = ProblemString(shape);
  result.table = table.name;
  result.kernel = run.kernel_name();
  result.plan = run.plan_name();
  result.macs = shape.Macs();
  const auto clock = pool.threads() == 1 ? &ThreadSeconds : &WallSeconds;
  result.seconds = LeastSeconds(clock, options.seconds, [&] { run.Run(parallel_for); });
  return result;
}

constexpr char kLine[] = "{:<28}  {:<14}  {:>13}  {:>8}  {:>8}  {:<36}  {}\n";

std::string Header() {
  return fmt::format(kLine, "problem", "table", "MACs", "ns/MAC", "GMAC/s", "kernel", "plan");
}

std::string ToText(const BenchResult& r) {
  return fmt::format(kLine, r.problem, r.table, r.macs, fmt::format("{:.4f}", r.NsPerMac()),
                     fmt::format("{:.2f}", r.GmacPerSecond()), r.kernel, r.plan);
}

nlohmann::ordered_json ToJson(const BenchResult& result) {
  return {{"problem", result.problem},
          {"table", result.table},
          {"kernel", result.kernel},
          {"plan", result.plan},
          {"macs", result.macs},
          {"seconds", result.seconds},
          {"ns_per_mac", result.NsPerMac()},
          {"gmac_per_s", result.GmacPerSecond()}};
}

std::string ToJson(const std::vector<BenchResult>& results, const BenchOptions& options,
                   int threads) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const BenchResult& result : results) rows.push_back(ToJson(result));
  const nlohmann::ordered_json answer = {{"schema", 1},
                                         {"isa", Name(ActiveIsa())},
                                         {"threads", threads},
                                         {"clock", threads == 1 ? "thread CPU time" : "wall clock"},
                                         {"codes", Name(options.codes)},
                                         {"results", rows}};
  return answer.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Result<int> RunBench(const cli::po::variables_map& values, const cli::Context& context) {
  AXLUT_RETURN_IF_ERROR(CheckMaxIsa());
  AXLUT_ASSIGN_OR_RETURN(const BenchOptions options, ReadOptions(values));
  std::vector<BenchTable> tables;
  for (const std::string& name : options.tables) {
    AXLUT_ASSIGN_OR_RETURN(BenchTable table, LoadBenchTable(name));
    tables.push_back(std::move(table));
  }
  if (options.device != "cpu") {
    return RunGpuBench(
        {options.device, options.shapes, options.kernel, options.codes, options.seconds}, tables,
        context);
  }
  ThreadPool pool(options.threads);
  std::vector<BenchResult> results;
  for (const Conv2dShape& shape : options.shapes) {
    for (const BenchTable& table : tables) {
      if (cli::Interrupted()) return Error(ErrorCode::kInterrupted, "interrupted");
      AXLUT_ASSIGN_OR_RETURN(const BenchResult r, Measure(table, shape, options, pool));
      if (!context.json()) {
        if (results.empty()) context.out << Header();
        context.out << ToText(r) << std::flush;
      }
      results.push_back(r);
    }
  }
  if (context.json()) {
    AXLUT_RETURN_IF_ERROR(context.WriteJson(ToJson(results, options, pool.threads())));
  }
  return cli::kExitDone;
}

}  // namespace

cli::Subcommand BenchCommand() {
  namespace po = cli::po;
  cli::Subcommand command;
  command.name = "bench";
  command.summary = "Measures how quickly layers run through tables";
  command.synopsis = "[TABLE ...] [options]";
  command.description =
      "A TABLE is 'random' (the default: no structure that a kernel could use), 'exact' or the "
      "path of a table. Every case is verified against the reference kernel before it is timed. "
      "The time is that of a whole layer: packing, zero-point corrections and output included, "
      "packing of the weights not; the least of many runs, of the thread's CPU time, or of the "
      "wall clock with more than one thread.\n"
      "\n"
      "A shape is written n1h56w56c64_k3o64s1: batch n, height h, width w, channels c; kernel k, "
      "output channels o, stride s, and if wanted dilation d, groups g, padding p on every side "
      "(else as TensorFlow's SAME). Left out, n, h, k, s, d and g are 1 and w is h: a dense layer "
      "is n32c1024_o1024.\n"
      "\n"
      "On a GPU (--device gpu) every variant that can run the layer is measured by the device's "
      "clock, operands being in its memory, beside cuDNN's exact convolutions if libcudnn.so.9 is "
      "installed. --device emulated runs the same kernels on a model of a GPU: they are verified, "
      "but there is nothing to time.\n"
      "\n"
      "Exit code 0 done, 2 usage, 3 a table cannot be read, 4 not supported, 5 no GPU or its "
      "driver failed, 70 a kernel is wrong.";
  command.examples = {"lutrun bench",
                      "lutrun bench exact mul8u_2AC.axt --shape "
                      "n1h28w28c128_k3o128s1 --batch 8 -j 2 --json",
                      "lutrun bench --device gpu --json=gpu.json"};
  command.options.add_options()("shape",
                                po::value<std::vector<std::string>>()->composing()->value_name("P"),
                                "problem to run, may be given again; default: seven layers of real "
                                "networks")("batch", po::value<int64_t>()->value_name("N"),
                                            "batch of all shapes instead of their own")(
      "device", po::value<std::string>()->value_name("D")->default_value("cpu"),
      "cpu, gpu, gpu:N, or emulated, emulated:sm_N: a model of a GPU on the CPU")(
      "kernel", po::value<std::string>()->value_name("NAME"),
      "kernel to run, of 'lutrun devices'; default: the best, on a GPU all")(
      "codes", po::value<std::string>()->value_name("KIND")->default_value("uniform"),
      "operands: uniform, small (activations in the lower half) or half-normal")(
      "seconds", po::value<double>()->value_name("S")->default_value(0.3, "0.3"),
      "time to spend per case")("jobs,j", po::value<int>()->value_name("N")->default_value(1, "1"),
                                "threads; 0: one per hardware thread");
  command.positionals = {{"table", false, true}};
  command.run = RunBench;
  return command;
}

}  // namespace axlut
