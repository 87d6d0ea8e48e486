// SPDX-License-Identifier: MIT
#include "kernels/cuda/cuda.cuh"
#include "kernels/cuda/host/host_kernels.h"
#include "kernels/cuda/tensor/tensor_gemm.cuh"
#include "kernels/cuda/tensor/tensor_map.cuh"

namespace axlut {

void AddTensorHostKernels(HostKernelTable* table) {
  using namespace on_host;  // for template arguments
#define AXLUT_GPU_KERNEL(id, Params, ...) \
  (*table)[static_cast<size_t>(GpuKernelId::id)] = MakeHostKernel<Params, &__VA_ARGS__>(#id);
#include "kernels/cuda/tensor/kernels.inc"
#undef AXLUT_GPU_KERNEL
}

}  // namespace axlut
