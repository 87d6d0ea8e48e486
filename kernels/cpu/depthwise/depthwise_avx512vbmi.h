// SPDX-License-Identifier: MIT
// Depthwise sums for AVX-512 VBMI: a whole row of the table in registers, 64 positions at once.
#pragma once

#include "kernels/cpu/depthwise/depthwise_method.h"

namespace axlut {

// Call it only where KernelIsa::kAvx512Vbmi is supported.
extern const DepthwiseMethod kDepthwiseAvx512Vbmi;

}  // namespace axlut
