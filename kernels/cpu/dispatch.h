// SPDX-License-Identifier: MIT
// Choosing a kernel for a table, a shape and a CPU.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernels/conv2d.h"
#include "kernels/cpu/conv2d_kernel.h"
#include "kernels/cpu/isa.h"
#include "kernels/cpu/prepared_lut.h"

namespace axlut {

// One line of kernels.inc.
struct Conv2dKernelEntry {
  const char* name;
  KernelIsa isa;
  // Whether the results would be right.
  bool (*supports)(const PreparedLut& lut, const Conv2dShape& shape);
  // Whether it is expected to be quicker than what follows in the list. shape.batch is a hint.
  bool (*worthwhile)(const PreparedLut& lut, const Conv2dShape& shape);
  // Packs the weights. `lut` must outlive the kernel.
  std::unique_ptr<Conv2dKernel> (*make)(const PreparedLut& lut, const Conv2dShape& shape,
                                        const Conv2dWeights& weights);
};

// All kernels in the list's order, whether or not this CPU can run them.
const std::vector<Conv2dKernelEntry>& Conv2dKernels();
// The one called `name`, or null.
const Conv2dKernelEntry* FindConv2dKernel(const std::string& name);
// The first that `isa` can run, that supports table and shape and is worthwhile.
const Conv2dKernelEntry& ChooseConv2dKernel(const PreparedLut& lut, const Conv2dShape& shape,
                                            KernelIsa isa);

}  // namespace axlut
