// SPDX-License-Identifier: MIT
// What the linear part of a planned convolution is expected to cost.
#pragma once

#include "kernels/conv2d.h"
#include "kernels/cpu/terms/gemm_int8.h"
#include "kernels/plan/plan.h"

namespace axlut {

// ns per product of the convolution, on one thread.
double TermConv2dCost(const KernelPlan& plan, const GemmMethod& method, const Conv2dShape& shape);

}  // namespace axlut
