// SPDX-License-Identifier: MIT
#include "runtime/bench/gpu_device.h"

#include <algorithm>
#include <charconv>
#include <thread>

#include "kernels/cuda/host/host_gpu.h"
#include "kernels/cuda/open_gpu.h"
#include "runtime/bench/gpu_layer_run.h"

namespace axlut {
namespace {

constexpr int kCapabilities[] = {75, 80, 86, 89, 90, 100};

// What follows `prefix` as a number; -1 if `text` does not begin with it, or if it is none.
int NumberAfter(const std::string& prefix, const std::string& text) {
  if (text.rfind(prefix, 0) != 0) return -1;
  const char* const end = text.data() + text.size();
  int number = -1;
  const auto [rest, error] = std::from_chars(text.data() + prefix.size(), end, number);
  return error == std::errc() && rest == end ? number : -1;
}

Error UnknownDevice(const std::string& name) {
  return Error::Usage(
      "a device is cpu, gpu, gpu:N, emulated or emulated:sm_N with N = 75, 80, 86, 89, 90 or 100; "
      "found '" +
      name + "'");
}

Result<std::unique_ptr<Gpu>> OpenEmulated(const std::string& name) {
  HostGpuOptions options;
  options.capability = name == "emulated" ? 90 : NumberAfter("emulated:sm_", name);
  options.schedule.os_threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  for (const int known : kCapabilities) {
    if (known == options.capability) return std::unique_ptr<Gpu>(new HostGpu(options));
  }
  return UnknownDevice(name);
}

}  // namespace

Result<std::unique_ptr<Gpu>> OpenGpu(const std::string& name) {
  if (name.rfind("emulated", 0) == 0) return OpenEmulated(name);
  const int device = name == "gpu" ? 0 : NumberAfter("gpu:", name);
  if (device < 0) return UnknownDevice(name);
  std::unique_ptr<Gpu> gpu;
  AXLUT_RETURN_IF_ERROR(ToResult(OpenCudaGpu(device, &gpu)));
  return gpu;
}

}  // namespace axlut
