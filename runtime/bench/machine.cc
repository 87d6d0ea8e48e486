// SPDX-License-Identifier: MIT
#include "runtime/bench/machine.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "kernels/cpu/isa.h"
#include "runtime/bench/layer_run.h"

namespace axlut {
namespace {

std::string CpuName() {
  std::ifstream file("/proc/cpuinfo");
  std::string name = "unknown CPU";
  std::string details;
  for (std::string line; std::getline(file, line) && !line.empty();) {
    const std::string value = line.substr(std::min(line.find(':') + 2, line.size()));
    if (line.rfind("model name", 0) == 0) name = value;
    if (line.rfind("cpu family", 0) == 0) details += ", family " + value;
    if (line.rfind("model\t", 0) == 0) details += ", model " + value;
  }
  return name + details;
}

// Thread CPU time of a chain of dependent multiplications.
double ChainSeconds(int64_t multiplications) {
  const double begin = ThreadSeconds();
#if defined(__x86_64__)
  int64_t x = 3;
  for (int64_t i = 0; i < multiplications; ++i) asm volatile("imul %0, %0" : "+r"(x));
#endif
  return ThreadSeconds() - begin;
}

}  // namespace

double MeasureGhz() {
#if defined(__x86_64__)
  constexpr int64_t kMultiplications = 3'000'000;
  constexpr double kCycles = 3;  // imul r64: Intel since Nehalem, AMD since Zen
  double least = std::numeric_limits<double>::max();
  for (int i = 0; i < 20; ++i) least = std::min(least, ChainSeconds(kMultiplications));
  return kCycles * static_cast<double>(kMultiplications) / least * 1e-9;
#else
  return 0;
#endif
}

nlohmann::ordered_json DescribeMachine() {
  return {{"cpu", CpuName()},
          {"instruction_set", KernelIsaName(ActiveKernelIsa())},
          {"compiler", __VERSION__}};
}

}  // namespace axlut
