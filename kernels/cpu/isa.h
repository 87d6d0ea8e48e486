// SPDX-License-Identifier: MIT
// Which instruction sets kernels may use. Same levels and the same AXLUT_MAX_ISA as
// runtime/base/cpu_features.h, which kernels cannot include (they depend on nothing).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace axlut {

// Each level includes the ones before it.
enum class KernelIsa : uint8_t {
  kScalar,      // what the compiler assumes anyway
  kAvx2,        // Haswell, Zen
  kAvx512,      // F, BW, DQ, VL: Skylake-SP
  kAvx512Vbmi,  // + VBMI, VBMI2, VNNI, BITALG, GFNI: Ice Lake, Zen 4
  kAmx,         // + AMX-TILE, AMX-INT8: Sapphire Rapids
};

// All levels, lowest first.
inline constexpr KernelIsa kKernelIsas[] = {KernelIsa::kScalar, KernelIsa::kAvx2,
                                            KernelIsa::kAvx512, KernelIsa::kAvx512Vbmi,
                                            KernelIsa::kAmx};

// "scalar", "avx2", "avx512", "avx512vbmi", "amx".
const char* KernelIsaName(KernelIsa isa);

// The best level that CPU and operating system support; cached. Where there is AMX this asks Linux
// for leave to use it, for the whole process.
KernelIsa DetectedKernelIsa();
// The lower of DetectedKernelIsa() and the level called `cap`; an unknown name caps nothing.
KernelIsa CappedKernelIsa(const std::string& cap);
// Capped by the environment variable AXLUT_MAX_ISA. Cached at the first call.
KernelIsa ActiveKernelIsa();

}  // namespace axlut
