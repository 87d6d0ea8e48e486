// SPDX-License-Identifier: MIT
// What grows with what: time with the number of products, set-up of a layer against one run of it,
// speed with threads. Measurements for docs/performance.md.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "runtime/base/parallel_for.h"
#include "runtime/bench/layer_run.h"
#include "runtime/bench/machine.h"
#include "runtime/bench/problem.h"
#include "runtime/nn/layer_cache.h"

namespace axlut {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kSeconds = 0.3;  // per measurement
constexpr const char* kTables[] = {"random", "exact"};

// Sizes of the image and numbers of channels, 0.2 to 1850 million products.
constexpr const char* kSweep[] = {
    "h7c16_k3o32",  "h14c16_k3o32",  "h28c16_k3o32",   "h28c32_k3o64",   "h56c32_k3o64",
    "h56c64_k3o64", "h56c64_k3o128", "h56c128_k3o128", "h112c64_k3o128", "h112c128_k3o128",
};
// 10.2 million products.
constexpr const char* kSetUpProblem = "h14c72_k3o80";
constexpr const char* kThreadProblems[] = {"n1h56c64_k3o64", "n8h56c64_k3o64", "n1h14c256_k3o256",
                                           "n8h14c256_k3o256"};

double Rounded(double value) { return std::round(value * 1e5) / 1e5; }

Result<LayerRun> VerifiedRun(const BenchTable& table, const std::string& problem) {
  AXLUT_ASSIGN_OR_RETURN(const Conv2dShape shape, ParseProblem(problem));
  AXLUT_ASSIGN_OR_RETURN(LayerRun run,
                         LayerRun::Create(table, shape, CodeDistribution::kUniform, {}));
  AXLUT_RETURN_IF_ERROR(run.Verify(SerialFor()));
  return run;
}

Result<Json> Sweep(const BenchTable& table) {
  Json rows = Json::array();
  for (const char* problem : kSweep) {
    AXLUT_ASSIGN_OR_RETURN(LayerRun run, VerifiedRun(table, problem));
    const double seconds = LeastSeconds(ThreadSeconds, kSeconds, [&] { run.Run(SerialFor()); });
    const auto macs = static_cast<double>(run.shape().Macs());
    rows.push_back({{"problem", ProblemString(run.shape())},
                    {"table", table.name},
                    {"kernel", run.kernel_name()},
                    {"macs", run.shape().Macs()},
                    {"ns_per_mac", Rounded(seconds * 1e9 / macs)}});
    fmt::print("{:<28}{:<10}{:>9.4f} ns/MAC\n", problem, table.name, seconds * 1e9 / macs);
  }
  return rows;
}

// Set-up: all of LutConv2d::Create, the table being there already; and what a TensorFlow op pays
// per call from then on, to find that its weights are still those.
Result<Json> SetUp(const BenchTable& table) {
  AXLUT_ASSIGN_OR_RETURN(LayerRun run, VerifiedRun(table, kSetUpProblem));
  const Conv2dShape shape = run.shape();
  const LayerOperands operands =
      MakeOperands(table.lut->table(), shape, CodeDistribution::kUniform);
  const double run_seconds = LeastSeconds(ThreadSeconds, kSeconds, [&] { run.Run(SerialFor()); });
  bool all_made = true;
  const double set_up_seconds = LeastSeconds(ThreadSeconds, kSeconds, [&] {
    all_made &=
        LutConv2d::Create(table.lut, shape, operands.filter, operands.zero_a, {operands.zero_b})
            .ok();
  });
  LayerCache cache;
  const double found_seconds = LeastSeconds(ThreadSeconds, kSeconds, [&] {
    all_made &=
        cache.Get(table.lut, shape, operands.filter.data(), operands.zero_a, {operands.zero_b})
            .ok();
  });
  if (!all_made) return Error(ErrorCode::kInternal, "a layer was made once, then not");
  fmt::print("set-up of {} with {}: {:.1f} us, found again in {:.1f} us, one run {:.1f} us\n",
             kSetUpProblem, table.name, set_up_seconds * 1e6, found_seconds * 1e6,
             run_seconds * 1e6);
  return Json{{"problem", ProblemString(shape)},
              {"table", table.name},
              {"kernel", run.kernel_name()},
              {"macs", shape.Macs()},
              {"set_up_us", Rounded(set_up_seconds * 1e6)},
              {"found_us", Rounded(found_seconds * 1e6)},
              {"run_us", Rounded(run_seconds * 1e6)},
              {"set_up_of_run", Rounded(set_up_seconds / run_seconds)},
              {"found_of_run", Rounded(found_seconds / run_seconds)}};
}

// Wall-clock time with one and with two threads, in turns.
Result<Json> Threads(const BenchTable& table) {
  ThreadPool pools[] = {ThreadPool(1), ThreadPool(2)};
  Json rows = Json::array();
  for (const char* problem : kThreadProblems) {
    AXLUT_ASSIGN_OR_RETURN(LayerRun run, VerifiedRun(table, problem));
    double least[2] = {std::numeric_limits<double>::max(), std::numeric_limits<double>::max()};
    for (int round = 0; round < 5; ++round) {
      for (int i = 0; i < 2; ++i) {
        const ParallelFor parallel_for = pools[i].AsParallelFor();
        least[i] =
            std::min(least[i], LeastSeconds(WallSeconds, kSeconds, [&] { run.Run(parallel_for); }));
      }
    }
    rows.push_back({{"problem", ProblemString(run.shape())},
                    {"table", table.name},
                    {"kernel", run.kernel_name()},
                    {"one_thread_ms", Rounded(least[0] * 1e3)},
                    {"two_threads_ms", Rounded(least[1] * 1e3)},
                    {"speed_up", Rounded(least[0] / least[1])}});
    fmt::print("{:<28}{:<10}{:>7.2f} times as fast with 2 threads\n", problem, table.name,
               least[0] / least[1]);
  }
  return rows;
}

Result<void> Run(const std::string& path) {
  Json answer = {{"schema", 1}, {"machine", DescribeMachine()}};
  for (const char* name : kTables) {
    AXLUT_ASSIGN_OR_RETURN(const BenchTable table, LoadBenchTable(name));
    AXLUT_ASSIGN_OR_RETURN(const Json sweep, Sweep(table));
    for (const Json& row : sweep) answer["sweep"].push_back(row);
    AXLUT_ASSIGN_OR_RETURN(const Json set_up, SetUp(table));
    answer["set_up"].push_back(set_up);
    AXLUT_ASSIGN_OR_RETURN(const Json threads, Threads(table));
    for (const Json& row : threads) answer["threads"].push_back(row);
  }
  if (path.empty()) return {};
  std::ofstream file(path);
  file << answer.dump(1) << "\n";
  if (file.flush()) return {};
  return Error::InvalidInput(fmt::format("cannot write '{}'", path));
}

}  // namespace
}  // namespace axlut

int main(int argc, char** argv) {
  const std::string argument = argc > 1 ? argv[1] : "";
  if (argc > 2 || (argc == 2 && !argument.starts_with("--json="))) {
    fmt::print(stderr, "usage: scaling_bench [--json=FILE]\n");
    return argument == "--help" ? 0 : 2;
  }
  const auto done = axlut::Run(argument.substr(std::min<size_t>(argument.size(), 7)));
  if (done.ok()) return 0;
  fmt::print(stderr, "{}\n", done.error().ToString());
  return static_cast<int>(done.error().code());
}
