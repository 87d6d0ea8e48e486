// SPDX-License-Identifier: MIT
// What the interpreters of bit_parallel_<isa>.cc run. Plain data only: these files are compiled for
// instruction sets that the rest of the program must not use, so they share no inline function.
#pragma once

#include <cstdint>

#include "frontend/cell_function.h"

// `#pragma GCC target` is GCC's; with another compiler the portable interpreter runs.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define AXLUT_HAVE_TARGET_REGIONS 1
#else
#define AXLUT_HAVE_TARGET_REGIONS 0
#endif

namespace axlut::bit_parallel {

// Words of a slot are contiguous: slot s of an interpreter with W words per net lies at
// values[s * W .. s * W + W - 1]. Word w, bit i is the pair block * 64 * W + 64 * w + i.
using Slot = uint32_t;

// Slots with a fixed meaning; gates take the ones after the inputs.
inline constexpr Slot kSlotZero = 0;
inline constexpr Slot kSlotOne = 1;
inline constexpr Slot kFirstInputSlot = 2;

// One gate: values[out] = function(values[in[0]], values[in[1]], values[in[2]]). `out` may be one
// of `in`.
struct Step {
  CellFunction function;
  Slot out;
  Slot in[3];
};

struct Program {
  const Step* steps = nullptr;
  uint32_t step_count = 0;
  uint32_t slot_count = 0;
  // Slot that carries bit k of the pair index, k = 0 .. index_bits - 1.
  const Slot* index_slots = nullptr;
  int index_bits = 0;
  // Slots of the product's bits 0..15 or 0..31; those above the product's width are kSlotZero, or
  // the sign bit's slot for a signed product.
  const Slot* product_slots = nullptr;
  int product_bits = 16;        // 16 or 32
  bool sign_extend_16 = false;  // 16 bits are a signed number, not an unsigned one
};

// Alignment of `values`, in bytes: that of the widest vectors.
inline constexpr int kAlignment = 64;

// Evaluates `block_count` blocks of 64 * words pairs from block `first_block` on. `values` has
// slot_count * words words; `products` gets 64 * words products per block.
using RunBlocks = void (*)(const Program& program, uint64_t* values, uint64_t first_block,
                           uint64_t block_count, int32_t* products);

// `words`: measured on Zen 4 with 300 and 900 gates, 8 vectors per net are 1.2 to 1.5 times as fast
// as 4: the dispatch of a gate costs as much as four operations.
struct Interpreter {
  int words;  // 64-pair words per net and block
  RunBlocks run;
};

extern const Interpreter kScalarInterpreter;
#if AXLUT_HAVE_TARGET_REGIONS
extern const Interpreter kAvx2Interpreter;
extern const Interpreter kAvx512Interpreter;
#endif

}  // namespace axlut::bit_parallel
