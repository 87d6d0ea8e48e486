// SPDX-License-Identifier: MIT
// The lookup for AVX2 and tables that are separable by nibbles, as most designs that drop or
// simplify partial products are: two vpshufb look 32 codes up.
#pragma once

#include "kernels/cpu/lookup/lookup.h"

namespace axlut {

// Call it only where KernelIsa::kAvx2 is supported.
extern const LookupMethod kSeparableAvx2Lookup;

}  // namespace axlut
