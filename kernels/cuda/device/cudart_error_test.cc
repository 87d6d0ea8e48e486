// SPDX-License-Identifier: MIT
#include "kernels/cuda/device/cudart_error.h"

#include <gtest/gtest.h>

namespace axlut {
namespace {

TEST(CudartError, SuccessIsDone) { EXPECT_TRUE(StatusOfCuda(cudaSuccess, "cudaMalloc").ok()); }

TEST(CudartError, NamesTheCallTheReasonAndTheCode) {
  const GpuStatus status =
      StatusOfCuda(cudaErrorMemoryAllocation, "cudaMalloc of 131072 bytes for the table");
  EXPECT_EQ(status.kind(), GpuErrorKind::kOutOfMemory);
  EXPECT_EQ(status.message(),
            "cudaMalloc of 131072 bytes for the table: out of memory (cudaErrorMemoryAllocation)");
}

TEST(CudartError, SortsErrorsByWhatACallerCanDo) {
  EXPECT_EQ(KindOfCudaError(cudaErrorNoDevice), GpuErrorKind::kNoDevice);
  EXPECT_EQ(KindOfCudaError(cudaErrorInsufficientDriver), GpuErrorKind::kNoDevice);
  EXPECT_EQ(KindOfCudaError(cudaErrorNoKernelImageForDevice), GpuErrorKind::kUnsupported);
  EXPECT_EQ(KindOfCudaError(cudaErrorInvalidConfiguration), GpuErrorKind::kLaunchFailed);
  EXPECT_EQ(KindOfCudaError(cudaErrorIllegalAddress), GpuErrorKind::kLaunchFailed);
  EXPECT_EQ(KindOfCudaError(cudaErrorInvalidValue), GpuErrorKind::kOther);
}

}  // namespace
}  // namespace axlut
