// SPDX-License-Identifier: MIT
// The oracle of planned kernels: a convolution whose products are computed from a plan, never
// tuned.
#pragma once

#include <cstdint>

#include "kernels/conv2d.h"
#include "kernels/plan/plan.h"

namespace axlut {

// Conv2dReference (kernels/reference/conv2d.h) with PlanProduct(plan, a, b) for lut(a, b). Products
// may leave int32_t; sums wrap modulo 2^32 or 2^64. Instantiated for int32_t and int64_t.
template <typename Acc>
void PlanConv2dReference(const KernelPlan& plan, const Conv2dShape& shape, uint8_t pad_code,
                         const uint8_t* input, const uint8_t* filter, Acc* acc);

}  // namespace axlut
