// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "kernels/cpu/dispatch.h"
#include "runtime/base/cpu_features.h"
#include "runtime/commands/commands.h"

namespace axlut {
namespace {

struct Kernel {
  std::string name;
  KernelIsa isa;

  bool IsUsable() const { return isa <= ActiveKernelIsa(); }
};

// As LutConv2d::kernel_name() calls them.
std::vector<Kernel> Kernels() {
  std::vector<Kernel> kernels;
  for (const GemmMethod& method : GemmMethods()) {
    kernels.push_back({"gemm_" + std::string(method.name), method.isa});
  }
  for (const Conv2dKernelEntry& kernel : Conv2dKernels()) {
    kernels.push_back({kernel.name, kernel.isa});
  }
  return kernels;
}

Result<int> RunDevices(const cli::po::variables_map&, const cli::Context& context) {
  AXLUT_RETURN_IF_ERROR(CheckMaxIsa());
  const unsigned threads = std::thread::hardware_concurrency();
  if (context.json()) {
    nlohmann::ordered_json kernels = nlohmann::ordered_json::array();
    for (const Kernel& kernel : Kernels()) {
      kernels.push_back({{"name", kernel.name},
                         {"needs", KernelIsaName(kernel.isa)},
                         {"usable", kernel.IsUsable()}});
    }
    const nlohmann::ordered_json answer = {{"schema", 1},
                                           {"threads", threads},
                                           {"isa", Name(ActiveIsa())},
                                           {"isa_detected", Name(DetectedIsa())},
                                           {"kernels", kernels}};
    AXLUT_RETURN_IF_ERROR(context.WriteJson(answer.dump(2)));
    return cli::kExitDone;
  }
  context.out << fmt::format("cpu      {} threads, instruction set {} (detected {})\n", threads,
                             Name(ActiveIsa()), Name(DetectedIsa()));
  context.out << "kernels  gemm_* for the terms of plans, the others for residuals and tables:\n";
  for (const Kernel& kernel : Kernels()) {
    context.out << fmt::format("  {:<24} needs {}{}\n", kernel.name, KernelIsaName(kernel.isa),
                               kernel.IsUsable() ? "" : " (not usable here)");
  }
  return cli::kExitDone;
}

}  // namespace

cli::Subcommand DevicesCommand() {
  cli::Subcommand command;
  command.name = "devices";
  command.summary = "Lists what networks can run on: CPU, instruction set, kernels";
  command.synopsis = "[options]";
  command.description =
      "Shows the instruction set that kernels use and the kernels; for each layer the plan and the "
      "kernels of least predicted cost are taken. AXLUT_MAX_ISA=scalar|avx2|avx512|avx512vbmi|amx "
      "caps the instruction set.";
  command.examples = {"lutrun devices", "AXLUT_MAX_ISA=avx2 lutrun devices --json"};
  command.run = RunDevices;
  return command;
}

}  // namespace axlut
