// SPDX-License-Identifier: MIT
// The int8 matrix product for AVX-512 VNNI, with VBMI lookups for the mapped activations.
#pragma once

#include "kernels/cpu/terms/gemm_int8.h"

namespace axlut {

// Call it only where KernelIsa::kAvx512Vbmi is supported.
extern const GemmMethod kGemmInt8Avx512Vnni;

// Its GemmMethod::map and ::sum.
void MapCodesAvx512Vbmi(const uint8_t* table, const CodeSpan& span, void* out);
void SumCodesAvx512(const void* elements, int64_t count, int64_t channels, int64_t stride,
                    uint32_t* sums);

}  // namespace axlut
