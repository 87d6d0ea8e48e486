// SPDX-License-Identifier: MIT
// The kernels of lookup/, compiled by nvcc.
#include "kernels/cuda/device/device_kernels.h"
#include "kernels/cuda/lookup/lookup_kernels.cuh"

namespace axlut {

std::vector<DeviceKernel> LookupDeviceKernels() {
  using namespace on_device;
  return {
#define AXLUT_GPU_KERNEL(id, Params, ...) MakeDeviceKernel<Params, __VA_ARGS__>(GpuKernelId::id),
#include "kernels/cuda/lookup/kernels.inc"
#undef AXLUT_GPU_KERNEL
  };
}

}  // namespace axlut
