// SPDX-License-Identifier: MIT
// The int8 matrix product for AMX (Sapphire Rapids).
#pragma once

#include "kernels/cpu/terms/gemm_int8.h"

namespace axlut {

// Call it only where KernelIsa::kAmx is supported.
extern const GemmMethod kGemmInt8Amx;

// The same with another `multiply`, which may run on any tile unit.
constexpr GemmMethod AmxMethod(const char* name, KernelIsa isa,
                               void (*multiply)(const GemmWork& work),
                               void (*map)(const uint8_t*, const CodeSpan&, void*),
                               void (*sum)(const void*, int64_t, int64_t, int64_t, uint32_t*)) {
  return {name, isa, 1, 4, 16, 64, 1, multiply, map, sum};
}

}  // namespace axlut
