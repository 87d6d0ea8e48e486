// SPDX-License-Identifier: MIT
#include "kernels/cuda/host/host_kernels.h"

namespace axlut {

const HostKernel& FindHostKernel(GpuKernelId id) {
  static const HostKernelTable table = [] {
    HostKernelTable made{};
    AddLookupHostKernels(&made);
    AddDepthwiseHostKernels(&made);
    AddTensorHostKernels(&made);
    AddElementwiseHostKernels(&made);
    return made;
  }();
  return table[static_cast<size_t>(id)];
}

}  // namespace axlut
