// SPDX-License-Identifier: MIT
// What a lookup is expected to cost, to choose between loop orders, kernels and plans.
#pragma once

#include <cstdint>

#include "kernels/conv2d.h"
#include "kernels/cpu/lookup/lookup.h"
#include "kernels/cpu/prepared_lut.h"

namespace axlut {

// ns per product of a whole convolution whose rows are named by `rows`: kB is filter-stationary, kA
// activation-stationary. shape.batch counts.
double LookupCost(const LookupMethod& method, const PreparedLut& lut, const Conv2dShape& shape,
                  RowOperand rows);
// Of the cheaper order, which is the one that LookupConv2d takes.
double LookupCost(const LookupMethod& method, const PreparedLut& lut, const Conv2dShape& shape);

// The cheaper of both orders.
double LookupCost(const LookupMethod& method, const PreparedLut& lut, const Conv2dShape& shape);

// LookupMethod::cost of these methods. Infinite where the table has no such form.
double DirectAvx512VbmiCost(const LookupRows& table, int64_t lanes);
double SeparableAvx2Cost(const LookupRows& table, int64_t lanes);
double ExpandedRowsAvx2Cost(const LookupRows& table, int64_t lanes);

}  // namespace axlut
