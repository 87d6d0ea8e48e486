// SPDX-License-Identifier: MIT
#include "runtime/base/cpu_features.h"

#include <algorithm>
#include <cstdlib>

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace axlut {
namespace {

constexpr Isa kAllIsas[] = {Isa::kScalar, Isa::kAvx2, Isa::kAvx512, Isa::kAvx512Vbmi, Isa::kAmx};
constexpr const char kVariable[] = "AXLUT_MAX_ISA";

// As in kernels/cpu/isa.cc.
bool HasAmx() {
#if defined(__x86_64__) && defined(__linux__)
  constexpr unsigned kTile = 1u << 24;  // CPUID leaf 7, edx
  constexpr unsigned kInt8 = 1u << 25;
  unsigned eax, ebx, ecx, edx;
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0) return false;
  if ((edx & kTile) == 0 || (edx & kInt8) == 0) return false;
  constexpr long kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long kTileData = 18;               // XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

Isa Detect() {
#if defined(__x86_64__) && defined(__GNUC__)
  __builtin_cpu_init();
  // GCC's checks include the operating system's (XCR0).
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") ||
      !__builtin_cpu_supports("bmi2")) {
    return Isa::kScalar;
  }
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
      !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl")) {
    return Isa::kAvx2;
  }
  if (!__builtin_cpu_supports("avx512vbmi") || !__builtin_cpu_supports("avx512vbmi2") ||
      !__builtin_cpu_supports("avx512vnni") || !__builtin_cpu_supports("avx512bitalg") ||
      !__builtin_cpu_supports("gfni")) {
    return Isa::kAvx512;
  }
  return HasAmx() ? Isa::kAmx : Isa::kAvx512Vbmi;
#else
  return Isa::kScalar;
#endif
}

Isa Capped() {
  const char* name = std::getenv(kVariable);
  if (name == nullptr || *name == '\0') return DetectedIsa();
  const Result<Isa> cap = ParseIsa(name);
  return cap.ok() ? std::min(*cap, DetectedIsa()) : DetectedIsa();
}

}  // namespace

const char* Name(Isa isa) {
  switch (isa) {
    case Isa::kScalar:
      return "scalar";
    case Isa::kAvx2:
      return "avx2";
    case Isa::kAvx512:
      return "avx512";
    case Isa::kAvx512Vbmi:
      return "avx512vbmi";
    case Isa::kAmx:
      return "amx";
  }
  return "?";
}

Result<Isa> ParseIsa(const std::string& name) {
  for (const Isa isa : kAllIsas) {
    if (name == Name(isa)) return isa;
  }
  return Error::Usage("instruction set must be scalar, avx2, avx512, avx512vbmi or amx, got '" +
                      name + "'");
}

Isa DetectedIsa() {
  static const Isa detected = Detect();
  return detected;
}

Isa ActiveIsa() {
  static const Isa active = Capped();
  return active;
}

Result<void> CheckMaxIsa() {
  const char* name = std::getenv(kVariable);
  if (name == nullptr || *name == '\0') return {};
  const Result<Isa> cap = ParseIsa(name);
  if (cap.ok()) return {};
  return Error::Usage(std::string(kVariable) + ": " + cap.error().message());
}

std::vector<Isa> SupportedIsas() {
  std::vector<Isa> supported;
  for (const Isa isa : kAllIsas) {
    if (isa <= DetectedIsa()) supported.push_back(isa);
  }
  return supported;
}

}  // namespace axlut
