// SPDX-License-Identifier: MIT
// Time of whole networks: network_bench MODEL.tflite TABLE|exact [THREADS]. Random samples; the
// least wall-clock time of many runs per image, for one sample at a time and for many.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "runtime/base/file_io.h"
#include "runtime/model/network.h"
#include "runtime/model/tflite_reader.h"
#include "runtime/table/stored_table.h"

namespace axlut {
namespace {

constexpr double kSeconds = 2;  // per line

Result<LayerTable> ReadTable(const std::string& name) {
  const OperandSpec code{8, Signedness::kTwosComplement};
  Result<TruthTable> truth = ExactTable(code, code);
  if (name != "exact") {
    AXLUT_ASSIGN_OR_RETURN(StoredTable stored, LoadTable(name));
    truth = std::move(stored.table);
  }
  AXLUT_ASSIGN_OR_RETURN(auto table, LutTable::Create(*std::move(truth)));
  return LayerTable{table, name};
}

Result<void> Measure(const Network& network, int64_t samples, int threads) {
  std::mt19937 random(1);
  std::vector<uint8_t> input(samples * network.input().ByteCount());
  for (uint8_t& code : input) code = static_cast<uint8_t>(random());
  std::vector<uint8_t> output(samples * network.output().ByteCount());
  ThreadPool pool(threads);
  NetworkRunParams params;
  params.threads = threads;
  using Clock = std::chrono::steady_clock;
  const auto seconds_since = [](Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  double least = 1e9;
  for (const Clock::time_point begin = Clock::now(); seconds_since(begin) < kSeconds;) {
    std::vector<LayerStats> stats;
    const Clock::time_point start = Clock::now();
    AXLUT_RETURN_IF_ERROR(
        network.Run(input.data(), samples, output.data(), pool.AsParallelFor(), params, &stats));
    least = std::min(least, seconds_since(start));
  }
  std::puts(fmt::format("{:>4} samples  {} threads  {:>8.4f} ms/image", samples, threads,
                        least * 1e3 / static_cast<double>(samples))
                .c_str());
  return {};
}

Result<void> Run(const std::string& model, const std::string& table_name, int most_threads) {
  AXLUT_ASSIGN_OR_RETURN(Graph graph, ReadTflite(model));
  AXLUT_ASSIGN_OR_RETURN(const LayerTable table, ReadTable(table_name));
  const size_t operators = graph.operators.size();
  AXLUT_ASSIGN_OR_RETURN(const Network network,
                         Network::Create(std::move(graph), {operators, table}));
  std::puts(fmt::format("workspace of one sample {} bytes, 3 x the largest layer {} bytes",
                        network.WorkspaceBytes(1), 3 * network.LargestLayerBytes())
                .c_str());
  for (const int64_t samples : {1, 8, 256}) {
    for (int threads = 1; threads <= most_threads; ++threads) {
      AXLUT_RETURN_IF_ERROR(Measure(network, samples, threads));
    }
  }
  return {};
}

}  // namespace
}  // namespace axlut

int main(int argc, char** argv) {
  if (argc < 3) {
    std::puts("usage: network_bench MODEL.tflite TABLE|exact [THREADS]");
    return 2;
  }
  const axlut::Result<void> result =
      axlut::Run(argv[1], argv[2], argc > 3 ? std::max(1, std::atoi(argv[3])) : 1);
  if (!result.ok()) std::puts(result.error().ToString().c_str());
  return result.ok() ? 0 : 1;
}
