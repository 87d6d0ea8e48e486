// SPDX-License-Identifier: MIT
// The int8 matrix product for AVX-512 VNNI, with VBMI lookups for the mapped activations.
#pragma once

#include "kernels/cpu/gemm_int8.h"

namespace axlut {

// Call it only where KernelIsa::kAvx512Vbmi is supported.
extern const GemmMethod kGemmInt8Avx512Vnni;

}  // namespace axlut
