// SPDX-License-Identifier: MIT
// The kernels of tensor/, compiled by nvcc.
#include "kernels/cuda/device/device_kernels.h"
#include "kernels/cuda/tensor/tensor_gemm.cuh"
#include "kernels/cuda/tensor/tensor_map.cuh"

namespace axlut {
std::vector<DeviceKernel> TensorDeviceKernels() {
  using namespace on_device;
  return {
#define AXLUT_GPU_KERNEL(id, Params, ...) MakeDeviceKernel<Params, __VA_ARGS__>(GpuKernelId::id),
#include "kernels/cuda/tensor/kernels.inc"
#undef AXLUT_GPU_KERNEL
  };
}

}  // namespace axlut
