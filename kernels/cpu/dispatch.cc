// SPDX-License-Identifier: MIT
#include "kernels/cpu/dispatch.h"

#include "kernels/cpu/conv2d_depthwise.h"
#include "kernels/cpu/conv2d_expanded.h"
#include "kernels/cpu/conv2d_lookup.h"
#include "kernels/cpu/conv2d_reference.h"

namespace axlut {

const std::vector<Conv2dKernelEntry>& Conv2dKernels() {
  static const std::vector<Conv2dKernelEntry> kernels = {
#define AXLUT_CONV2D_KERNEL(name, isa, type) \
  {#name, KernelIsa::isa, &type::Supports, &type::Worthwhile, &type::Make},
#include "kernels/cpu/kernels.inc"
#undef AXLUT_CONV2D_KERNEL
  };
  return kernels;
}

const Conv2dKernelEntry* FindConv2dKernel(const std::string& name) {
  for (const Conv2dKernelEntry& kernel : Conv2dKernels()) {
    if (kernel.name == name) return &kernel;
  }
  return nullptr;
}

const Conv2dKernelEntry& ChooseConv2dKernel(const PreparedLut& lut, const Conv2dShape& shape,
                                            KernelIsa isa) {
  for (const Conv2dKernelEntry& kernel : Conv2dKernels()) {
    if (kernel.isa <= isa && kernel.supports(lut, shape) && kernel.worthwhile(lut, shape)) {
      return kernel;
    }
  }
  return Conv2dKernels().back();
}

}  // namespace axlut
