// SPDX-License-Identifier: MIT
// The interface gpu.h over the CUDA runtime, which is linked statically: programs start on machines
// without a driver, where opening a device is an error like any other.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "kernels/cuda/device/device_kernels.h"
#include "kernels/cuda/gpu.h"

namespace axlut {

class CudartGpu : public Gpu {
 public:
  // OpenCudaGpu of open_gpu.h.
  static GpuStatus Open(int device, std::unique_ptr<Gpu>* gpu);

  const GpuProperties& properties() const override { return properties_; }

  GpuStatus Allocate(size_t bytes, const char* purpose, void** memory) override;
  void Free(void* memory) override;
  GpuStatus CopyToDevice(void* device, const void* host, size_t bytes, GpuStream stream) override;
  GpuStatus CopyToHost(void* host, const void* device, size_t bytes, GpuStream stream) override;
  GpuStatus Fill(void* device, uint8_t value, size_t bytes, GpuStream stream) override;

  GpuStatus CreateStream(GpuStream* stream) override;
  void DestroyStream(GpuStream stream) override;
  GpuStatus Synchronize(GpuStream stream) override;

  GpuStatus CreateEvent(GpuEvent* event) override;
  void DestroyEvent(GpuEvent event) override;
  GpuStatus RecordEvent(GpuEvent event, GpuStream stream) override;
  GpuStatus ElapsedMilliseconds(GpuEvent begin, GpuEvent end, float* milliseconds) override;

  GpuStatus CreateTexture(const void* memory, GpuTexel texel, size_t count,
                          GpuTexture* texture) override;
  void DestroyTexture(GpuTexture texture) override;

  GpuStatus Launch(GpuKernelId kernel, const GpuLaunch& launch, GpuStream stream,
                   const void* params, size_t params_bytes) override;

 private:
  explicit CudartGpu(int device);

  GpuStatus ReadProperties();
  // kUnsupported if no kernel was compiled for this device.
  GpuStatus CheckKernelsRunHere() const;
  // What is wrong with a launch before CUDA sees it; empty if nothing.
  std::string LaunchError(const DeviceKernel& kernel, const GpuLaunch& launch,
                          size_t params_bytes) const;
  // Asks for more than shared_bytes per block, once per kernel.
  GpuStatus RaiseSharedMemoryLimit(const DeviceKernel& kernel);

  const int device_;
  GpuProperties properties_;
  const std::vector<DeviceKernel> kernels_;                 // by GpuKernelId
  std::vector<std::atomic<bool>> has_raised_shared_limit_;  // by GpuKernelId
};

}  // namespace axlut
