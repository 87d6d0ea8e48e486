// SPDX-License-Identifier: MIT
#include "kernels/cpu/isa.h"

#include <algorithm>
#include <cstdlib>

namespace axlut {

const char* KernelIsaName(KernelIsa isa) {
  switch (isa) {
    case KernelIsa::kScalar:
      return "scalar";
    case KernelIsa::kAvx2:
      return "avx2";
    case KernelIsa::kAvx512:
      return "avx512";
    case KernelIsa::kAvx512Vbmi:
      return "avx512vbmi";
  }
  return "unknown";
}

KernelIsa DetectedKernelIsa() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("bmi2");
  if (!avx2) return KernelIsa::kScalar;
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (!avx512) return KernelIsa::kAvx2;
  const bool vbmi = __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2") &&
                    __builtin_cpu_supports("avx512vnni") &&
                    __builtin_cpu_supports("avx512bitalg") && __builtin_cpu_supports("gfni");
  return vbmi ? KernelIsa::kAvx512Vbmi : KernelIsa::kAvx512;
#else
  return KernelIsa::kScalar;
#endif
}

KernelIsa CappedKernelIsa(const std::string& cap) {
  const KernelIsa detected = DetectedKernelIsa();
  for (KernelIsa isa : {KernelIsa::kScalar, KernelIsa::kAvx2, KernelIsa::kAvx512}) {
    if (cap == KernelIsaName(isa)) return std::min(isa, detected);
  }
  return detected;
}

KernelIsa ActiveKernelIsa() {
  static const KernelIsa isa = [] {
    const char* cap = std::getenv("AXLUT_MAX_ISA");
    return CappedKernelIsa(cap == nullptr ? "" : cap);
  }();
  return isa;
}

}  // namespace axlut
