// SPDX-License-Identifier: MIT
#include "kernels/cuda/depthwise/depthwise_filter_gradient.cuh"
#include "kernels/cuda/depthwise/depthwise_forward.cuh"
#include "kernels/cuda/depthwise/depthwise_input_gradient.cuh"
#include "kernels/cuda/depthwise/depthwise_planes.cuh"
#include "kernels/cuda/host/host_kernels.h"

namespace axlut {

void AddDepthwiseHostKernels(HostKernelTable* table) {
  using namespace on_host;  // for template arguments
#define AXLUT_GPU_KERNEL(id, Params, ...) \
  (*table)[static_cast<size_t>(GpuKernelId::id)] = MakeHostKernel<Params, &__VA_ARGS__>(#id);
#include "kernels/cuda/depthwise/kernels.inc"
#undef AXLUT_GPU_KERNEL
}

}  // namespace axlut
