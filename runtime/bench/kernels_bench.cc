// SPDX-License-Identifier: MIT
// Time per multiply-accumulate of every kernel of kernels.inc, for shapes of real networks. Results
// are verified before anything is timed; the time is the thread's CPU time, the least of many runs.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "kernels/cpu/dispatch.h"
#include "runtime/bench/layer_run.h"
#include "runtime/bench/machine.h"
#include "runtime/bench/operands.h"
#include "runtime/nn/lut_conv2d.h"

namespace axlut {
namespace {

struct Options {
  double seconds = 0.5;  // per shape and kernel
  std::string kernel;    // "" = all
  std::string shape;     // part of a case's name
  std::string json;      // file name, "" = none
};

struct Case {
  const char* name;
  Conv2dShape shape;
};

struct Measurement {
  std::string shape;
  std::string kernel;
  int64_t macs;
  double ns_per_mac;
  bool is_default;  // the kernel that the dispatch takes
};

// SAME padding, stride 1.
Conv2dShape Conv(int64_t size, int64_t in_c, int64_t kernel, int64_t out_c, int64_t groups = 1) {
  Conv2dShape s;
  s.in_h = s.in_w = s.out_h = s.out_w = size;
  s.in_c = in_c;
  s.out_c = out_c;
  s.kernel_h = s.kernel_w = kernel;
  s.pad_top = s.pad_left = kernel / 2;
  s.groups = groups;
  return s;
}

const std::vector<Case>& Cases() {
  static const std::vector<Case> cases = {
      {"56x56x64, 3x3, 64", Conv(56, 64, 3, 64)},
      {"28x28x128, 3x3, 128", Conv(28, 128, 3, 128)},
      {"14x14x256, 3x3, 256", Conv(14, 256, 3, 256)},
      {"32x32x16, 3x3, 16", Conv(32, 16, 3, 16)},
      {"32x32x3, 3x3, 16", Conv(32, 3, 3, 16)},
      {"28x28x256, 1x1, 512", Conv(28, 256, 1, 512)},
      {"56x56x128, depthwise 3x3", Conv(56, 128, 3, 128, 128)},
      {"7x7x512, depthwise 3x3", Conv(7, 512, 3, 512, 512)},
      {"dense 1024x1024", Conv(1, 1024, 1, 1024)},
  };
  return cases;
}

std::vector<uint8_t> RandomCodes(int64_t count, std::mt19937* random) {
  std::vector<uint8_t> codes(static_cast<size_t>(count));
  for (uint8_t& code : codes) code = static_cast<uint8_t>((*random)());
  return codes;
}

// The time of one layer. With zero points, so that their correction is part of it.
Result<Measurement> Measure(const std::shared_ptr<const LutTable>& table, const Case& test,
                            const std::string& kernel, const Options& options) {
  std::mt19937 random(2);
  const Conv2dShape& shape = test.shape;
  const std::vector<uint8_t> input = RandomCodes(shape.InputCount(), &random);
  const std::vector<uint8_t> filter = RandomCodes(shape.FilterCount(), &random);
  AXLUT_ASSIGN_OR_RETURN(const LutConv2d layer,
                         LutConv2d::Create(table, shape, filter, 3, {128}, {kernel}));
  AXLUT_ASSIGN_OR_RETURN(const LutConv2d reference,
                         LutConv2d::Create(table, shape, filter, 3, {128}, {"reference"}));
  AXLUT_ASSIGN_OR_RETURN(const LutConv2d chosen, LutConv2d::Create(table, shape, filter, 3, {128}));
  std::vector<int32_t> out(static_cast<size_t>(shape.OutputCount()));
  std::vector<int32_t> expected(out.size());
  const ParallelFor serial = SerialFor();
  reference.Run(input.data(), 1, expected.data(), serial);
  double best = 1e9;
  const double start = ThreadSeconds();
  do {
    const double begin = ThreadSeconds();
    layer.Run(input.data(), 1, out.data(), serial);
    best = std::min(best, ThreadSeconds() - begin);
    if (out != expected) {
      return Error(ErrorCode::kInternal,
                   fmt::format("kernel {} differs from the reference for {}", kernel, test.name));
    }
  } while (ThreadSeconds() - start < options.seconds);
  return Measurement{test.name, kernel, shape.Macs(),
                     best * 1e9 / static_cast<double>(shape.Macs()),
                     chosen.kernel_name() == kernel};
}

nlohmann::ordered_json ToJson(const std::vector<Measurement>& measurements) {
  nlohmann::ordered_json json;
  json["schema"] = 1;
  json["what"] =
      "ns per multiply-accumulate, one thread's CPU time, least of many runs; random "
      "8x8-bit table, zero-point corrections included";
  json["machine"] = DescribeMachine();
  for (const Measurement& m : measurements) {
    json["results"].push_back({{"shape", m.shape},
                               {"kernel", m.kernel},
                               {"default", m.is_default},
                               {"macs", m.macs},
                               {"ns_per_mac", std::round(m.ns_per_mac * 1e5) / 1e5}});
  }
  return json;
}

// Returns the exit code.
int Main(const Options& options) {
  const auto table = LutTable::Create(RandomTable());
  if (!table.ok()) {
    fmt::print(stderr, "error: {}\n", table.error().ToString());
    return static_cast<int>(table.error().code());
  }
  std::vector<Measurement> measurements;
  fmt::print("{:<28}{:<24}{:>10}\n", "shape", "kernel (* = default)", "ns/MAC");
  for (const Case& test : Cases()) {
    if (std::string(test.name).find(options.shape) == std::string::npos) continue;
    for (const Conv2dKernelEntry& entry : Conv2dKernels()) {
      if (entry.isa > ActiveKernelIsa()) continue;
      if (!options.kernel.empty() && options.kernel != entry.name) continue;
      auto result = Measure(*table, test, entry.name, options);
      if (!result.ok()) {
        // A kernel that cannot run a shape is no failure; a wrong result is.
        if (result.error().code() == ErrorCode::kUnsupported) continue;
        fmt::print(stderr, "error: {}\n", result.error().ToString());
        return static_cast<int>(result.error().code());
      }
      fmt::print("{:<28}{:<24}{:>10.4f}\n", test.name,
                 std::string(entry.name) + (result->is_default ? " *" : ""), result->ns_per_mac);
      std::fflush(stdout);
      measurements.push_back(*result);
    }
  }
  if (options.json.empty()) return 0;
  std::ofstream file(options.json);
  file << ToJson(measurements).dump(2) << "\n";
  if (file.flush()) return 0;
  fmt::print(stderr, "error: cannot write '{}'\n", options.json);
  return static_cast<int>(ErrorCode::kInvalidInput);
}

}  // namespace
}  // namespace axlut

int main(int argc, char** argv) {
  axlut::Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const std::string value = argument.substr(std::min(argument.size(), argument.find('=') + 1));
    if (argument.rfind("--seconds=", 0) == 0) {
      options.seconds = std::atof(value.c_str());
    } else if (argument.rfind("--kernel=", 0) == 0) {
      options.kernel = value;
    } else if (argument.rfind("--shape=", 0) == 0) {
      options.shape = value;
    } else if (argument.rfind("--json=", 0) == 0) {
      options.json = value;
    } else {
      fmt::print(
          stderr,
          "usage: kernels_bench [--seconds=S] [--kernel=NAME] [--shape=PART] [--json=FILE]\n");
      return argument == "--help" ? 0 : 2;
    }
  }
  return axlut::Main(options);
}
