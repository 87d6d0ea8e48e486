// SPDX-License-Identifier: MIT
// The sweep on emulated GPUs of every architecture, by which it is also known how each kernel is
// launched: budget.csv, from which occupancies follow, has to have the same threads and bytes of
// shared memory.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>

#include "kernels/cuda/gpu_ranges.h"
#include "kernels/cuda/host/host_gpu.h"
#include "kernels/cuda/launches.h"
#include "kernels/cuda/testing/gpu_sweep.h"
#include "kernels/cuda/testing/launch_recorder.h"

namespace axlut {
namespace {

constexpr int kCapabilities[] = {75, 80, 86, 89, 90, 100};
constexpr char kHeader[] =
    "kernel,architecture,threads,shared_bytes,registers,blocks_per_sm,occupancy_percent";

using Launches = std::map<std::pair<std::string, int>, LaunchExtent>;  // by kernel, architecture

// The rows of budget.csv; threads 0: not launched on that architecture.
Launches ReadBudget() {
  Launches budget;
  std::ifstream file(AXLUT_SOURCE_DIR "/kernels/cuda/device/budget.csv");
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#' || line == kHeader) continue;
    std::istringstream cells(line);
    std::string kernel, architecture, threads, shared_bytes;
    std::getline(cells, kernel, ',');
    std::getline(cells, architecture, ',');
    std::getline(cells, threads, ',');
    std::getline(cells, shared_bytes, ',');
    const auto number = [](const std::string& text) { return text.empty() ? 0 : std::stoul(text); };
    budget[{kernel, std::stoi(architecture)}] = {static_cast<uint32_t>(number(threads)),
                                                 number(shared_bytes)};
  }
  return budget;
}

// In the form of budget.csv, for check_cuda_budget.py --update --launches.
void WriteLaunches(const Launches& launches) {
  std::ofstream file(AXLUT_BINARY_DIR "/kernels/cuda/launches.csv");
  file << kHeader << "\n";
  for (const auto& [key, extent] : launches) {
    file << key.first << "," << key.second << "," << extent.threads << "," << extent.shared_bytes
         << ",,,\n";
  }
}

// The kernels that frameworks launch beside layers.
void RunElementwise(Gpu* gpu) {
  GpuBuffer buffer;
  ASSERT_TRUE(GpuBuffer::Create(gpu, 1024, "test", &buffer).ok());
  ASSERT_TRUE(gpu->Fill(buffer.data(), 0, buffer.bytes(), nullptr).ok());
  auto* const quantization = buffer.As<GpuQuantization>();
  auto* const floats = buffer.As<float>() + 64;
  const GpuNudge nudge = {floats, floats + 1};
  EXPECT_TRUE(LaunchNudgeRanges(gpu, nudge, nudge, nullptr, quantization).ok());
  EXPECT_TRUE(LaunchFakeQuantize(gpu, floats, 2, &quantization->a, nullptr, floats + 2,
                                 buffer.As<bool>() + 768)
                  .ok());
  EXPECT_TRUE(gpu->Synchronize(nullptr).ok());
}

Launches RunSweeps() {
  Launches launches;
  for (const int capability : kCapabilities) {
    // Small layers take other tiles on large devices than on small ones.
    for (const int multiprocessors : {1, 100}) {
      HostGpuOptions options;
      options.capability = capability;
      options.multiprocessors = multiprocessors;
      HostGpu gpu(options);
      LaunchRecorder recorder(&gpu);
      GpuSweep(&recorder).Run(GpuSweepShapes(), 2);
      RunElementwise(&recorder);
      for (const auto& [kernel, extent] : recorder.launches()) {
        LaunchExtent& most = launches[{GpuKernelName(kernel), capability}];
        most.threads = std::max(most.threads, extent.threads);
        most.shared_bytes = std::max(most.shared_bytes, extent.shared_bytes);
      }
    }
  }
  return launches;
}

TEST(GpuSweep, PassesOnEmulatedGpusAndLaunchesEveryKernelAsBudgeted) {
  const Launches launches = RunSweeps();
  WriteLaunches(launches);
  const Launches budget = ReadBudget();
  std::set<std::string> launched;
  for (const auto& [key, extent] : launches) {
    launched.insert(key.first);
    const auto budgeted = budget.find(key);
    const LaunchExtent allowed = budgeted == budget.end() ? LaunchExtent() : budgeted->second;
    EXPECT_TRUE(extent.threads == allowed.threads && extent.shared_bytes == allowed.shared_bytes)
        << key.first << " on sm_" << key.second << " is launched with " << extent.threads
        << " threads and " << extent.shared_bytes << " bytes of shared memory; budget.csv has "
        << allowed.threads << " and " << allowed.shared_bytes << " (docs/gpu.md: budgets)";
  }
  for (int i = 0; i < kGpuKernelCount; ++i) {
    const std::string name = GpuKernelName(static_cast<GpuKernelId>(i));
    EXPECT_EQ(launched.count(name), 1u) << "no case of the sweep launches " << name;
  }
}

}  // namespace
}  // namespace axlut
