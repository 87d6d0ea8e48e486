// SPDX-License-Identifier: MIT
#include "kernels/cuda/elementwise/fake_quantize.cuh"
#include "kernels/cuda/elementwise/nudge_ranges.cuh"
#include "kernels/cuda/elementwise/sums_to_float.cuh"
#include "kernels/cuda/host/host_kernels.h"

namespace axlut {

void AddElementwiseHostKernels(HostKernelTable* table) {
  using namespace on_host;  // for template arguments
#define AXLUT_GPU_KERNEL(id, Params, ...) \
  (*table)[static_cast<size_t>(GpuKernelId::id)] = MakeHostKernel<Params, &__VA_ARGS__>(#id);
#include "kernels/cuda/elementwise/kernels.inc"
#undef AXLUT_GPU_KERNEL
}

}  // namespace axlut
