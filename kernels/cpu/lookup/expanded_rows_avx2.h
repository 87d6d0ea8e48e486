// SPDX-License-Identifier: MIT
// The expanded lookup of expanded_avx2 with the roles exchanged: the table rows of 16 activations
// are transposed, and the weights of many output channels index them. For layers with more channels
// than positions, which the other way round would not pay for the expansion.
#pragma once

#include "kernels/cpu/lookup/lookup.h"

namespace axlut {

// Call it only where KernelIsa::kAvx2 is supported.
extern const LookupMethod kExpandedRowsAvx2Lookup;

}  // namespace axlut
