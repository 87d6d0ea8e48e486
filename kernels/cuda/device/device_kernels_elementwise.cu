// SPDX-License-Identifier: MIT
// The kernels of elementwise/, compiled by nvcc.
#include "kernels/cuda/device/device_kernels.h"
#include "kernels/cuda/elementwise/fake_quantize.cuh"
#include "kernels/cuda/elementwise/nudge_ranges.cuh"
#include "kernels/cuda/elementwise/sums_to_float.cuh"

namespace axlut {

std::vector<DeviceKernel> ElementwiseDeviceKernels() {
  using namespace on_device;
  return {
#define AXLUT_GPU_KERNEL(id, Params, ...) MakeDeviceKernel<Params, __VA_ARGS__>(GpuKernelId::id),
#include "kernels/cuda/elementwise/kernels.inc"
#undef AXLUT_GPU_KERNEL
  };
}

}  // namespace axlut
