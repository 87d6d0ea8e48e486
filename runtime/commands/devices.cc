// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "kernels/cpu/dispatch.h"
#include "kernels/cuda/open_gpu.h"
#include "runtime/base/cpu_features.h"
#include "runtime/bench/gpu_device.h"
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

// The GPUs that --device of 'lutrun bench' can name.
struct Gpus {
  std::vector<GpuProperties> found;
  std::string why_none;  // if none was found

  Gpus() {
    for (int device = 0; device == 0 || device < CudaDeviceCount(); ++device) {
      const auto gpu = OpenGpu("gpu:" + std::to_string(device));
      if (gpu.ok()) {
        found.push_back((*gpu)->properties());
      } else if (why_none.empty()) {
        why_none = gpu.error().message();
      }
    }
  }

  nlohmann::ordered_json ToJson() const {
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const GpuProperties& gpu : found) {
      rows.push_back({{"name", gpu.name},
                      {"capability", gpu.capability},
                      {"multiprocessors", gpu.multiprocessors},
                      {"memory_bytes", gpu.memory_bytes}});
    }
    return rows;
  }
};

void PrintGpus(const Gpus& gpus, std::ostream& out) {
  if (gpus.found.empty()) out << "gpu      none: " << gpus.why_none << "\n";
  for (const GpuProperties& gpu : gpus.found) {
    out << fmt::format("gpu      {}, sm_{}, {} multiprocessors, {} MiB\n", gpu.name, gpu.capability,
                       gpu.multiprocessors, gpu.memory_bytes >> 20);
  }
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
                                           {"kernels", kernels},
                                           {"gpus", Gpus().ToJson()}};
    AXLUT_RETURN_IF_ERROR(context.WriteJson(answer.dump(2)));
    return cli::kExitDone;
  }
  context.out << fmt::format("cpu      {} threads, instruction set {} (detected {})\n", threads,
                             Name(ActiveIsa()), Name(DetectedIsa()));
  PrintGpus(Gpus(), context.out);
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
  command.summary = "Lists what layers can run on: CPU, instruction set, kernels, GPUs";
  command.synopsis = "[options]";
  command.description =
      "Shows the instruction set that kernels use and the kernels; for each layer the plan and the "
      "kernels of least predicted cost are taken. AXLUT_MAX_ISA=scalar|avx2|avx512|avx512vbmi|amx "
      "caps the instruction set. GPUs are those that 'lutrun bench --device' can use.";
  command.examples = {"lutrun devices", "AXLUT_MAX_ISA=avx2 lutrun devices --json"};
  command.run = RunDevices;
  return command;
}

}  // namespace axlut
