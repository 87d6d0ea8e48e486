// SPDX-License-Identifier: MIT
#include "runtime/bench/machine.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "kernels/cpu/isa.h"

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

}  // namespace

nlohmann::ordered_json DescribeMachine() {
  return {{"cpu", CpuName()},
          {"instruction_set", KernelIsaName(ActiveKernelIsa())},
          {"compiler", __VERSION__}};
}

}  // namespace axlut
