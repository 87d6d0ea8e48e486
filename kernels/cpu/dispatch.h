// SPDX-License-Identifier: MIT
// Choosing how to run a convolution: a plan of the table, a kernel for the plan's linear part and
// one for its residual, for a shape and a CPU.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernels/conv2d.h"
#include "kernels/cpu/conv2d_kernel.h"
#include "kernels/cpu/isa.h"
#include "kernels/cpu/planned_lut.h"
#include "kernels/cpu/terms/gemm_int8.h"

namespace axlut {

// One line of kernels.inc: a kernel that looks products up, in a table or in a plan's residual.
struct Conv2dKernelEntry {
  const char* name;
  KernelIsa isa;
  // Whether the results would be right.
  bool (*supports)(const PreparedLut& lut, const Conv2dShape& shape);
  // Predicted time per product on one thread in ns; shape.batch is a hint.
  double (*cost)(const PreparedLut& lut, const Conv2dShape& shape);
  // Packs the weights. `lut` must outlive the kernel.
  std::unique_ptr<Conv2dKernel> (*make)(const PreparedLut& lut, const Conv2dShape& shape,
                                        const Conv2dWeights& weights);
};

// All kernels in the list's order, whether or not this CPU can run them.
const std::vector<Conv2dKernelEntry>& Conv2dKernels();

// One way to run a convolution.
struct Conv2dChoice {
  const PlannedLut::Plan* plan = nullptr;     // null: the table as it is
  const GemmMethod* gemm = nullptr;           // for the plan's linear part; null: there is none
  const Conv2dKernelEntry* lookup = nullptr;  // for the residual or the table; null: no residual
  double ns_per_product = 0;                  // predicted, one thread

  // "direct_avx512vbmi", "gemm_avx512vnni", "gemm_avx512vnni+direct_avx512vbmi".
  std::string Name() const;
};

// Every way that `isa` can run and that gives right results, the cheapest first. Never empty.
std::vector<Conv2dChoice> Conv2dChoices(const PlannedLut& lut, const Conv2dShape& shape,
                                        KernelIsa isa);

// Packs the weights. `lut` must outlive the kernel.
std::unique_ptr<Conv2dKernel> MakeConv2d(const PlannedLut& lut, const Conv2dChoice& choice,
                                         const Conv2dShape& shape, const Conv2dWeights& weights);

}  // namespace axlut
