// SPDX-License-Identifier: MIT
// Opening a GPU, on machines with and without one, in builds with and without a CUDA toolkit.
#include "kernels/cuda/open_gpu.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace axlut {
namespace {

using ::testing::HasSubstr;

TEST(OpenCudaGpu, SaysWhyThereIsNone) {
  const int count = CudaDeviceCount();
  std::unique_ptr<Gpu> gpu;
  const GpuStatus status = OpenCudaGpu(count, &gpu);
  EXPECT_EQ(gpu, nullptr);
#ifdef AXLUT_HAVE_CUDA
  EXPECT_EQ(status.kind(), GpuErrorKind::kNoDevice) << status.message();
  if (count == 0) {
    // Without a driver, or without a device behind it.
    EXPECT_THAT(status.message(), HasSubstr("cudaGetDeviceCount: "));
  } else {
    EXPECT_THAT(status.message(), HasSubstr("there is no GPU " + std::to_string(count)));
  }
#else
  EXPECT_EQ(status.kind(), GpuErrorKind::kUnsupported);
  EXPECT_EQ(status.message(), "this build has no CUDA kernels (configured without a CUDA toolkit)");
#endif
}

TEST(OpenCudaGpu, TakesEveryDeviceThatItCounts) {
  if (CudaDeviceCount() == 0) GTEST_SKIP() << "no GPU";
  std::unique_ptr<Gpu> gpu;
  const GpuStatus status = OpenCudaGpu(0, &gpu);
  if (status.kind() == GpuErrorKind::kUnsupported) GTEST_SKIP() << status.message();
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_GE(gpu->properties().capability, 75);
  EXPECT_FALSE(gpu->properties().is_emulated);
}

}  // namespace
}  // namespace axlut
