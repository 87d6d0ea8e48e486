// SPDX-License-Identifier: MIT
// A GPU that notes how kernels are launched and leaves everything to another one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>

#include "kernels/cuda/gpu.h"

namespace axlut {

// The most of all launches of a kernel.
struct LaunchExtent {
  uint32_t threads = 0;
  size_t shared_bytes = 0;
  uint32_t grid_x = 0;
};

class LaunchRecorder : public Gpu {
 public:
  explicit LaunchRecorder(Gpu* gpu) : gpu_(gpu) {}

  const std::map<GpuKernelId, LaunchExtent>& launches() const { return launches_; }

  GpuStatus Launch(GpuKernelId kernel, const GpuLaunch& launch, GpuStream stream,
                   const void* params, size_t params_bytes) override {
    LaunchExtent& extent = launches_[kernel];
    extent.grid_x = std::max(extent.grid_x, launch.grid_x);
    extent.threads = std::max(extent.threads, launch.threads);
    extent.shared_bytes = std::max(extent.shared_bytes, launch.shared_bytes);
    return gpu_->Launch(kernel, launch, stream, params, params_bytes);
  }

  const GpuProperties& properties() const override { return gpu_->properties(); }
  GpuStatus Allocate(size_t bytes, const char* purpose, void** memory) override {
    return gpu_->Allocate(bytes, purpose, memory);
  }
  void Free(void* memory) override { gpu_->Free(memory); }
  GpuStatus CopyToDevice(void* device, const void* host, size_t bytes, GpuStream stream) override {
    return gpu_->CopyToDevice(device, host, bytes, stream);
  }
  GpuStatus CopyToHost(void* host, const void* device, size_t bytes, GpuStream stream) override {
    return gpu_->CopyToHost(host, device, bytes, stream);
  }
  GpuStatus Fill(void* device, uint8_t value, size_t bytes, GpuStream stream) override {
    return gpu_->Fill(device, value, bytes, stream);
  }
  GpuStatus CreateStream(GpuStream* stream) override { return gpu_->CreateStream(stream); }
  void DestroyStream(GpuStream stream) override { gpu_->DestroyStream(stream); }
  GpuStatus Synchronize(GpuStream stream) override { return gpu_->Synchronize(stream); }
  GpuStatus CreateEvent(GpuEvent* event) override { return gpu_->CreateEvent(event); }
  void DestroyEvent(GpuEvent event) override { gpu_->DestroyEvent(event); }
  GpuStatus RecordEvent(GpuEvent event, GpuStream stream) override {
    return gpu_->RecordEvent(event, stream);
  }
  GpuStatus ElapsedMilliseconds(GpuEvent begin, GpuEvent end, float* milliseconds) override {
    return gpu_->ElapsedMilliseconds(begin, end, milliseconds);
  }
  GpuStatus CreateTexture(const void* memory, GpuTexel texel, size_t count,
                          GpuTexture* texture) override {
    return gpu_->CreateTexture(memory, texel, count, texture);
  }
  void DestroyTexture(GpuTexture texture) override { gpu_->DestroyTexture(texture); }

 private:
  Gpu* gpu_;
  std::map<GpuKernelId, LaunchExtent> launches_;
};

}  // namespace axlut
