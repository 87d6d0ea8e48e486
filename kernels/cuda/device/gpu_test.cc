// SPDX-License-Identifier: MIT
// The sweep, layers of real size, and errors on the GPUs of this machine (CTest label gpu). Ends
// with 77, which CTest counts as skipped, where there is none.
#include <gtest/gtest.h>

#include <cstdio>

#include "kernels/cuda/open_gpu.h"
#include "kernels/cuda/testing/gpu_sweep.h"

namespace axlut {
namespace {

constexpr int kExitSkipped = 77;

std::unique_ptr<Gpu> tested_gpu;

TEST(Device, PassesTheSweep) {
  GpuSweep sweep(tested_gpu.get());
  sweep.Run(GpuSweepShapes(), 1);
  std::printf("%d layers run, %d skipped\n", sweep.run(), sweep.skipped());
  EXPECT_GT(sweep.run(), 0);
}

TEST(Device, PassesTheSweepOfLargeLayers) {
  GpuSweep sweep(tested_gpu.get());
  sweep.Run(LargeGpuSweepShapes(), 2);
}

TEST(Device, RefusesMoreMemoryThanItHasAndGoesOn) {
  void* memory = nullptr;
  const size_t bytes = size_t{1} << 50;
  const GpuStatus status = tested_gpu->Allocate(bytes, "test", &memory);
  EXPECT_EQ(status.kind(), GpuErrorKind::kOutOfMemory) << status.message();
  EXPECT_EQ(status.message().find("cudaMalloc of 1125899906842624 bytes for the test: "), 0u)
      << status.message();
  GpuBuffer buffer;
  EXPECT_TRUE(GpuBuffer::Create(tested_gpu.get(), 256, "test", &buffer).ok());
  EXPECT_TRUE(tested_gpu->Synchronize(nullptr).ok());
}

TEST(Device, RefusesLaunchesBeyondItsLimitsAndGoesOn) {
  const std::vector<char> params(4096);
  const auto launch = [&](const GpuLaunch& shape, size_t params_bytes) {
    return tested_gpu->Launch(GpuKernelId{0}, shape, nullptr, params.data(), params_bytes).kind();
  };
  EXPECT_EQ(launch({}, 1), GpuErrorKind::kLaunchFailed);  // no kernel's parameters
  GpuLaunch large;
  large.shared_bytes = 1 << 20;
  EXPECT_EQ(launch(large, 1), GpuErrorKind::kLaunchFailed);
  EXPECT_TRUE(tested_gpu->Synchronize(nullptr).ok());
}

}  // namespace
}  // namespace axlut

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  const axlut::GpuStatus status = axlut::OpenCudaGpu(0, &axlut::tested_gpu);
  if (!status.ok()) {
    std::printf("skipped: %s\n", status.message().c_str());
    return axlut::kExitSkipped;
  }
  const axlut::GpuProperties& gpu = axlut::tested_gpu->properties();
  std::printf("%s, sm_%d\n", gpu.name.c_str(), gpu.capability);
  const int result = RUN_ALL_TESTS();
  axlut::tested_gpu.reset();
  return result;
}
