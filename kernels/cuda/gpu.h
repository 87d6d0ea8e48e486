// SPDX-License-Identifier: MIT
// The calls of the CUDA runtime that we use, as one interface with two implementations: the real
// one (device/cudart_gpu.h, where a CUDA toolkit was found) and one that runs the same kernels on
// the host (host/host_gpu.h). Launchers see nothing else, so what tests run is what a GPU runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "kernels/cuda/gpu_status.h"
#include "kernels/cuda/kernel_list.h"

namespace axlut {

struct GpuProperties {
  std::string name;    // "NVIDIA H100 80GB HBM3"; of an emulated one "emulated sm_90"
  int capability = 0;  // 10 * major + minor: 75, 80, 86, 89, 90, 100
  int multiprocessors = 0;
  int clock_khz = 0;  // of the multiprocessors; 0: unknown
  int64_t memory_bytes = 0;
  int shared_bytes = 0;      // per block, without asking
  int max_shared_bytes = 0;  // per block, if asked for (Launch does)
  bool is_emulated = false;
};

// Handles of the implementation; nullptr is the default stream.
using GpuStream = void*;
using GpuEvent = void*;
using GpuTexture = unsigned long long;  // a cudaTextureObject_t

enum class GpuTexel : uint8_t { kUint16, kInt32 };

struct GpuLaunch {
  uint32_t grid_x = 1, grid_y = 1, grid_z = 1;  // blocks; none 0, y and z < 65536
  uint32_t threads = 1;                         // per block, 1..1024
  size_t shared_bytes = 0;                      // dynamic shared memory per block
};

// Every call may be made from any thread. `purpose` is a word or two for messages ("table"). Calls
// with a stream are queued there and need not be done when they return.
class Gpu {
 public:
  virtual ~Gpu() = default;

  virtual const GpuProperties& properties() const = 0;

  // bytes > 0; aligned to 256 bytes, and as textures need it.
  virtual GpuStatus Allocate(size_t bytes, const char* purpose, void** memory) = 0;
  virtual void Free(void* memory) = 0;  // nullptr: nothing

  virtual GpuStatus CopyToDevice(void* device, const void* host, size_t bytes,
                                 GpuStream stream) = 0;
  virtual GpuStatus CopyToHost(void* host, const void* device, size_t bytes, GpuStream stream) = 0;
  virtual GpuStatus Fill(void* device, uint8_t value, size_t bytes, GpuStream stream) = 0;

  virtual GpuStatus CreateStream(GpuStream* stream) = 0;
  virtual void DestroyStream(GpuStream stream) = 0;
  // Waits for all that was queued; reports what failed there.
  virtual GpuStatus Synchronize(GpuStream stream) = 0;

  virtual GpuStatus CreateEvent(GpuEvent* event) = 0;
  virtual void DestroyEvent(GpuEvent event) = 0;
  virtual GpuStatus RecordEvent(GpuEvent event, GpuStream stream) = 0;
  // Between two recorded events, after Synchronize.
  virtual GpuStatus ElapsedMilliseconds(GpuEvent begin, GpuEvent end, float* milliseconds) = 0;

  // A linear texture over `count` texels of device memory, which must outlive it.
  virtual GpuStatus CreateTexture(const void* memory, GpuTexel texel, size_t count,
                                  GpuTexture* texture) = 0;
  virtual void DestroyTexture(GpuTexture texture) = 0;

  // Runs a kernel of kernel_list.h with its parameter struct, which is copied before the call
  // returns; params_bytes must be that struct's size.
  virtual GpuStatus Launch(GpuKernelId kernel, const GpuLaunch& launch, GpuStream stream,
                           const void* params, size_t params_bytes) = 0;
};

template <typename Params>
GpuStatus LaunchKernel(Gpu* gpu, GpuKernelId kernel, const GpuLaunch& launch, GpuStream stream,
                       const Params& params) {
  return gpu->Launch(kernel, launch, stream, &params, sizeof(Params));
}

// Device memory that frees itself.
class GpuBuffer {
 public:
  GpuBuffer() = default;
  GpuBuffer(GpuBuffer&& other) noexcept { *this = std::move(other); }
  GpuBuffer& operator=(GpuBuffer&& other) noexcept {
    std::swap(gpu_, other.gpu_);
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~GpuBuffer() {
    if (data_ != nullptr) gpu_->Free(data_);
  }

  // Replaces what it held. The Gpu must outlive it.
  static GpuStatus Create(Gpu* gpu, size_t bytes, const char* purpose, GpuBuffer* buffer) {
    GpuBuffer made;
    made.gpu_ = gpu;
    made.bytes_ = bytes;
    if (bytes > 0) AXLUT_RETURN_IF_GPU_ERROR(gpu->Allocate(bytes, purpose, &made.data_));
    *buffer = std::move(made);
    return {};
  }

  void* data() const { return data_; }
  template <typename T>
  T* As() const {
    return static_cast<T*>(data_);
  }
  size_t bytes() const { return bytes_; }

 private:
  Gpu* gpu_ = nullptr;
  void* data_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace axlut
