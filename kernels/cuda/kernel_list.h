// SPDX-License-Identifier: MIT
// All GPU kernels by name. Each family lists its own in a kernels.inc; a line is
//   AXLUT_GPU_KERNEL(id, Params, function ...)
// id: of GpuKernelId and in messages; Params: the struct that is its only parameter; function: the
// __global__ function in namespace axlut::AXLUT_GPU_TARGET.
#pragma once

#include <cstdint>

namespace axlut {

enum class GpuKernelId : int32_t {
#define AXLUT_GPU_KERNEL(id, Params, ...) id,
#include "kernels/cuda/kernels.inc"
#undef AXLUT_GPU_KERNEL
  kCount
};

inline constexpr int kGpuKernelCount = static_cast<int>(GpuKernelId::kCount);

constexpr const char* GpuKernelName(GpuKernelId kernel) {
  switch (kernel) {
#define AXLUT_GPU_KERNEL(id, Params, ...) \
  case GpuKernelId::id:                   \
    return #id;
#include "kernels/cuda/kernels.inc"
#undef AXLUT_GPU_KERNEL
    case GpuKernelId::kCount:
      break;
  }
  return "";
}

}  // namespace axlut
