// SPDX-License-Identifier: MIT
// The portable interpreter: vectors of uint64_t that the compiler maps to what it may assume.
#include <cstddef>
#include <cstdint>

#include "lutgen/bit_parallel_program.h"

namespace axlut::bit_parallel {
namespace {

constexpr int kWords = 16;
// may_alias: the same storage is read as single words, too.
using Vector __attribute__((vector_size(16), may_alias)) = uint64_t;

#include "lutgen/bit_transpose.inc"  // StoreProducts, before what calls it

#include "lutgen/bit_parallel_interpreter.inc"

}  // namespace

const Interpreter kScalarInterpreter = {kWords, Run};

}  // namespace axlut::bit_parallel
