// SPDX-License-Identifier: MIT
// The interpreter for AVX2.
#include <cstddef>
#include <cstdint>

#include "lutgen/bit_parallel_program.h"

#if AXLUT_HAVE_TARGET_REGIONS

// After the includes: nothing that other files share may be compiled for AVX2.
#pragma GCC push_options
#pragma GCC target("avx2,bmi2")

namespace axlut::bit_parallel {
namespace {

constexpr int kWords = 32;
using Vector __attribute__((vector_size(32), may_alias)) = uint64_t;

#include "lutgen/bit_transpose.inc"  // StoreProducts, before what calls it

#include "lutgen/bit_parallel_interpreter.inc"

}  // namespace

const Interpreter kAvx2Interpreter = {kWords, Run};

}  // namespace axlut::bit_parallel

#pragma GCC pop_options
#endif
