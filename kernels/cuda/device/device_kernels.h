// SPDX-License-Identifier: MIT
// The kernels that nvcc compiled, per family: what device_kernels_<family>.cu make of kernels.inc.
#pragma once

#include <cstddef>
#include <type_traits>
#include <typeinfo>
#include <vector>

#include "kernels/cuda/kernel_list.h"

namespace axlut {

struct DeviceKernel {
  GpuKernelId id;
  const void* function;  // as cudaLaunchKernel takes it
  size_t params_bytes;
  const char* type_name;  // of KernelOf, mangled: tells which line of ptxas' log is this kernel's
};

std::vector<DeviceKernel> LookupDeviceKernels();
std::vector<DeviceKernel> DepthwiseDeviceKernels();
std::vector<DeviceKernel> TensorDeviceKernels();
std::vector<DeviceKernel> ElementwiseDeviceKernels();

template <typename Params, void (*kFunction)(Params)>
struct KernelOf {};

// Checks at compile time what a line of kernels.inc says.
template <typename Params, void (*kFunction)(Params)>
DeviceKernel MakeDeviceKernel(GpuKernelId id) {
  static_assert(std::is_trivially_copyable_v<Params>);
  static_assert(sizeof(Params) <= 4096, "more than kernels could have before CUDA 12.1");
  return {id, reinterpret_cast<const void*>(kFunction), sizeof(Params),
          typeid(KernelOf<Params, kFunction>).name()};
}

}  // namespace axlut
