// SPDX-License-Identifier: MIT
#include "kernels/cpu/gemm_int8.h"

#include "kernels/cpu/gemm_int8_avx2.h"
#include "kernels/cpu/gemm_int8_avx512vnni.h"
#include "kernels/cpu/gemm_int8_portable.h"

namespace axlut {

const std::vector<GemmMethod>& GemmMethods() {
  static const std::vector<GemmMethod> methods = {
#define AXLUT_GEMM(method) method,
#include "kernels/cpu/gemms.inc"
#undef AXLUT_GEMM
  };
  return methods;
}

const GemmMethod& ChooseGemmMethod(KernelIsa isa) {
  for (const GemmMethod& method : GemmMethods()) {
    if (method.isa <= isa) return method;
  }
  return GemmMethods().back();
}

}  // namespace axlut
