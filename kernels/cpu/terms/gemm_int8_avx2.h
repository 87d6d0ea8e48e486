// SPDX-License-Identifier: MIT
// The int8 matrix product for AVX2, on words.
#pragma once

#include "kernels/cpu/terms/gemm_int8.h"

namespace axlut {

// Call it only where KernelIsa::kAvx2 is supported.
extern const GemmMethod kGemmInt8Avx2;

}  // namespace axlut
