// SPDX-License-Identifier: MIT
// Which instruction set runs. Code for an instruction set lies in target regions and is chosen at
// run time by ActiveIsa(), so one build runs everywhere.
#pragma once

#include <string>
#include <vector>

#include "runtime/base/result.h"

namespace axlut {

// Each level includes the ones before it.
enum class Isa : uint8_t {
  kScalar,      // what the compiler assumes anyway (x86-64: SSE2)
  kAvx2,        // AVX2, FMA, BMI2: Haswell, Zen
  kAvx512,      // AVX-512 F, BW, DQ, VL: Skylake-SP
  kAvx512Vbmi,  // + VBMI, VBMI2, VNNI, BITALG, GFNI: Ice Lake, Zen 4
  kAmx,         // + AMX-TILE, AMX-INT8: Sapphire Rapids
};

// "scalar", "avx2", "avx512", "avx512vbmi", "amx".
const char* Name(Isa isa);
// kUsage with the list of names for anything else.
Result<Isa> ParseIsa(const std::string& name);

// The best level that CPU and operating system support. Cached. Where there is AMX this asks Linux
// for leave to use it, for the whole process.
Isa DetectedIsa();
// The best level at or below what the environment variable AXLUT_MAX_ISA names. Cached at the first
// call. A name that does not exist caps nothing; commands report it by CheckMaxIsa().
Isa ActiveIsa();
// kUsage if AXLUT_MAX_ISA is set and names no level.
Result<void> CheckMaxIsa();
// Every level that this CPU can run, kScalar first: what a test has to go through.
std::vector<Isa> SupportedIsas();

}  // namespace axlut
