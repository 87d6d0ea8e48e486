// SPDX-License-Identifier: MIT
#include "kernels/cpu/isa.h"

#include <algorithm>
#include <cstdlib>

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace axlut {
namespace {

// Tile registers are part of a process only after it has asked for them [Linux, Documentation/arch/
// x86/xstate.rst].
bool HasAmx() {
#if defined(__x86_64__) && defined(__linux__)
  constexpr unsigned kTile = 1u << 24;  // CPUID leaf 7, edx
  constexpr unsigned kInt8 = 1u << 25;
  unsigned eax, ebx, ecx, edx;
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0) return false;
  if ((edx & kTile) == 0 || (edx & kInt8) == 0) return false;
  constexpr long kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long kTileData = 18;               // XFEATURE_XTILEDATA
  // Fails if the kernel does not know it, or does not save tiles.
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

KernelIsa Detect() {
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
  if (!vbmi) return KernelIsa::kAvx512;
  return HasAmx() ? KernelIsa::kAmx : KernelIsa::kAvx512Vbmi;
#else
  return KernelIsa::kScalar;
#endif
}

}  // namespace

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
    case KernelIsa::kAmx:
      return "amx";
  }
  return "unknown";
}

KernelIsa DetectedKernelIsa() {
  static const KernelIsa detected = Detect();
  return detected;
}

KernelIsa CappedKernelIsa(const std::string& cap) {
  const KernelIsa detected = DetectedKernelIsa();
  for (KernelIsa isa :
       {KernelIsa::kScalar, KernelIsa::kAvx2, KernelIsa::kAvx512, KernelIsa::kAvx512Vbmi}) {
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
