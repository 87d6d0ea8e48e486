// SPDX-License-Identifier: MIT
#include "runtime/tf/emulated_gpu.h"

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "kernels/cuda/host/host_gpu.h"

namespace axlut {
namespace {

HostGpuOptions OptionsOf() {
  HostGpuOptions options;
  options.has_foreign_memory = true;  // tensors are in TensorFlow's
  return options;
}

// One device with the stream of its ops.
class EmulatedGpu {
 public:
  EmulatedGpu()
      : owned_(std::make_unique<HostGpu>(OptionsOf())),
        gpu_(owned_.get()),
        tables_(std::make_unique<GpuTables>([this](int, std::unique_ptr<Gpu>* gpu) {
          *gpu = std::move(owned_);
          return GpuStatus();
        })) {
    (void)gpu_->CreateStream(&stream_);  // fails only on order
    gpu_->ForgetCalls();
  }
  ~EmulatedGpu() { gpu_->DestroyStream(stream_); }

  HostGpu* gpu() const { return gpu_; }
  GpuTables* tables() const { return tables_.get(); }
  GpuStream stream() const { return stream_; }

 private:
  std::unique_ptr<HostGpu> owned_;  // until the tables have it
  HostGpu* const gpu_;
  GpuStream stream_ = nullptr;
  std::unique_ptr<GpuTables> tables_;
};

std::mutex mutex;
EmulatedGpu* open_gpu = nullptr;  // left open at exit: ops may still run then

EmulatedGpu& OpenGpu() {
  const std::lock_guard<std::mutex> lock(mutex);
  if (open_gpu == nullptr) open_gpu = new EmulatedGpu;
  return *open_gpu;
}

const char* NameOf(GpuCallKind kind) {
  switch (kind) {
    case GpuCallKind::kAllocate:
      return "allocate";
    case GpuCallKind::kFree:
      return "free";
    case GpuCallKind::kCopyToDevice:
      return "copy to device";
    case GpuCallKind::kCopyToHost:
      return "copy to host";
    case GpuCallKind::kFill:
      return "fill";
    case GpuCallKind::kSynchronize:
      return "synchronize";
    case GpuCallKind::kLaunch:
      return "launch";
    default:
      return "other";
  }
}

}  // namespace

GpuTables* EmulatedTables() { return OpenGpu().tables(); }
GpuStream EmulatedStream() { return OpenGpu().stream(); }

}  // namespace axlut

const char* axlut_emulated_live() {
  static std::string live;
  live = axlut::OpenGpu().gpu()->FindLeaks();
  return live.c_str();
}

const char* axlut_emulated_calls() {
  static std::string lines;
  axlut::EmulatedGpu& gpu = axlut::OpenGpu();
  lines.clear();
  for (const axlut::HostGpuCall& call : gpu.gpu()->calls()) {
    lines += axlut::NameOf(call.kind);
    if (!call.what.empty()) lines += " " + call.what;
    lines += call.stream == gpu.stream() ? "\n" : " elsewhere\n";
  }
  gpu.gpu()->ForgetCalls();
  return lines.c_str();
}

void axlut_emulated_fail(int n, int for_lack_of_memory) {
  axlut::OpenGpu().gpu()->FailAnyCall(n, for_lack_of_memory != 0
                                             ? axlut::GpuErrorKind::kOutOfMemory
                                             : axlut::GpuErrorKind::kLaunchFailed);
}

int axlut_emulated_has_failed() { return axlut::OpenGpu().gpu()->has_failed_call() ? 1 : 0; }

void axlut_emulated_close() {
  const std::lock_guard<std::mutex> lock(axlut::mutex);
  delete axlut::open_gpu;
  axlut::open_gpu = nullptr;
}
