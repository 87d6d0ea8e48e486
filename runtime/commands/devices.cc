// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>
#include <thread>

#include "kernels/cpu/dispatch.h"
#include "runtime/base/cpu_features.h"
#include "runtime/commands/commands.h"

namespace axlut {
namespace {

Result<int> RunDevices(const cli::po::variables_map&, const cli::Context& context) {
  AXLUT_RETURN_IF_ERROR(CheckMaxIsa());
  const unsigned threads = std::thread::hardware_concurrency();
  if (context.json()) {
    nlohmann::ordered_json kernels = nlohmann::ordered_json::array();
    for (const Conv2dKernelEntry& kernel : Conv2dKernels()) {
      kernels.push_back({{"name", kernel.name},
                         {"needs", KernelIsaName(kernel.isa)},
                         {"usable", kernel.isa <= ActiveKernelIsa()}});
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
  context.out << "kernels  best first:\n";
  for (const Conv2dKernelEntry& kernel : Conv2dKernels()) {
    context.out << fmt::format("  {:<24} needs {}{}\n", kernel.name, KernelIsaName(kernel.isa),
                               kernel.isa <= ActiveKernelIsa() ? "" : " (not usable here)");
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
      "Shows the instruction set that kernels use and the convolution kernels in the order in "
      "which "
      "they are tried. AXLUT_MAX_ISA=scalar|avx2|avx512|avx512vbmi|amx caps the instruction set.";
  command.examples = {"lutrun devices", "AXLUT_MAX_ISA=avx2 lutrun devices --json"};
  command.run = RunDevices;
  return command;
}

}  // namespace axlut
