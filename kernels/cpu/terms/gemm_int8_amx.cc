// SPDX-License-Identifier: MIT
#include "kernels/cpu/terms/gemm_int8_amx.h"

#include "kernels/cpu/terms/gemm_int8_avx512vnni.h"

#if defined(__x86_64__)
#include "kernels/cpu/terms/gemm_amx_blocks.h"

namespace axlut {
namespace {

void Multiply(const GemmWork& work) {
  HardwareTiles tiles;
  MultiplyOnTiles(work, &tiles);
}

}  // namespace

const GemmMethod kGemmInt8Amx =
    AmxMethod("amx", KernelIsa::kAmx, &Multiply, &MapCodesAvx512Vbmi, &SumCodesAvx512);

}  // namespace axlut

#else

namespace axlut {

// Never chosen: other processors report KernelIsa::kScalar.
const GemmMethod kGemmInt8Amx = AmxMethod("amx", KernelIsa::kAmx, nullptr, nullptr, nullptr);

}  // namespace axlut

#endif
