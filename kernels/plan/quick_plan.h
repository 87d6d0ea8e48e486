// SPDX-License-Identifier: MIT
// Plans without a long search and without libraries, for tables that come without stored plans.
#pragma once

#include <vector>

#include "kernels/lut_view.h"
#include "kernels/plan/plan.h"

namespace axlut {

// Exact plans of `lut`: the cheapest that are found for each instruction set, best set first, each
// once. It tries: no term, a * b and a fitted product, each with offsets and a residual; exact
// factorisations of rank 1 and over the bits of one operand, where these need few terms. Under
// 20 ms for 8x8 bits. Empty only if the table's range exceeds what any plan holds. a * b is the
// product of the numbers that the bit patterns stand for, hence the signedness; wrong ones only
// make plans worse.
std::vector<KernelPlan> QuickPlans(const LutView& lut, bool is_signed_a, bool is_signed_b);

}  // namespace axlut
