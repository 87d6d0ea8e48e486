// SPDX-License-Identifier: MIT
#include "kernels/cuda/host/host_kernels.h"
#include "kernels/cuda/lookup/lookup_kernels.cuh"

namespace axlut {

void AddLookupHostKernels(HostKernelTable* table) {
  using namespace on_host;  // for template arguments
#define AXLUT_GPU_KERNEL(id, Params, ...) \
  (*table)[static_cast<size_t>(GpuKernelId::id)] = MakeHostKernel<Params, &__VA_ARGS__>(#id);
#include "kernels/cuda/lookup/kernels.inc"
#undef AXLUT_GPU_KERNEL
}

}  // namespace axlut
