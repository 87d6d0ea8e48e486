// SPDX-License-Identifier: MIT
// The lookup for AVX-512 VBMI: a whole row of the table in registers, 64 lanes looked up at once.
#pragma once

#include "kernels/cpu/lookup/lookup.h"

namespace axlut {

// Call it only where KernelIsa::kAvx512Vbmi is supported.
extern const LookupMethod kDirectAvx512VbmiLookup;

}  // namespace axlut
