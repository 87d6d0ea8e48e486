// SPDX-License-Identifier: MIT
// For tests of the emulation: kernels that are in no kernels.inc, and arrays in device memory.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "kernels/cuda/host/host_gpu.h"

namespace axlut {

template <typename T>
class DeviceArray {
 public:
  DeviceArray(Gpu* gpu, std::vector<T> values) : gpu_(gpu), size_(values.size()) {
    EXPECT_TRUE(GpuBuffer::Create(gpu, size_ * sizeof(T), "test", &buffer_).ok());
    EXPECT_TRUE(gpu->CopyToDevice(buffer_.data(), values.data(), size_ * sizeof(T), nullptr).ok());
    EXPECT_TRUE(gpu->Synchronize(nullptr).ok());
  }
  T* data() const { return buffer_.template As<T>(); }
  std::vector<T> Read() const {
    std::vector<T> values(size_);
    EXPECT_TRUE(gpu_->CopyToHost(values.data(), data(), size_ * sizeof(T), nullptr).ok());
    EXPECT_TRUE(gpu_->Synchronize(nullptr).ok());
    return values;
  }

 private:
  Gpu* gpu_;
  size_t size_;
  GpuBuffer buffer_;
};

template <typename Params, void (*kKernel)(Params)>
GpuStatus TryKernel(HostGpu* gpu, const GpuLaunch& launch, const Params& params,
                    GpuStream stream = nullptr) {
  return gpu->LaunchHostKernel(on_host::MakeHostKernel<Params, kKernel>("test_kernel"), launch,
                               stream, &params, sizeof(params));
}

template <typename Params, void (*kKernel)(Params)>
void RunKernel(HostGpu* gpu, const GpuLaunch& launch, const Params& params) {
  const GpuStatus status = TryKernel<Params, kKernel>(gpu, launch, params);
  EXPECT_TRUE(status.ok()) << status.message();
}

}  // namespace axlut
