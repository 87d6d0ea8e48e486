// SPDX-License-Identifier: MIT
// The kernels of depthwise/, compiled by nvcc.
#include "kernels/cuda/depthwise/depthwise_filter_gradient.cuh"
#include "kernels/cuda/depthwise/depthwise_forward.cuh"
#include "kernels/cuda/depthwise/depthwise_input_gradient.cuh"
#include "kernels/cuda/depthwise/depthwise_planes.cuh"
#include "kernels/cuda/device/device_kernels.h"

namespace axlut {

std::vector<DeviceKernel> DepthwiseDeviceKernels() {
  using namespace on_device;
  return {
#define AXLUT_GPU_KERNEL(id, Params, ...) MakeDeviceKernel<Params, __VA_ARGS__>(GpuKernelId::id),
#include "kernels/cuda/depthwise/kernels.inc"
#undef AXLUT_GPU_KERNEL
  };
}

}  // namespace axlut
