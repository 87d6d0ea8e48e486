// SPDX-License-Identifier: MIT
// Exhaustive evaluation of a netlist: one bit of a machine word per operand pair, so that one
// instruction evaluates a gate for 64 (uint64_t) to 512 (zmm) pairs.
#pragma once

#include <cstdint>
#include <memory>

#include "frontend/netlist.h"
#include "runtime/base/cpu_features.h"
#include "runtime/base/result.h"
#include "runtime/table/operand_spec.h"

namespace axlut {

// A netlist made ready for evaluation: gates that no output needs are dropped, nets share storage
// as soon as nobody reads them any more (the working set stays in the first-level cache).
class BitParallelEvaluator {
 public:
  // kInternal if the netlist is not valid (the frontends guarantee that it is), kInvalidInput if
  // it does not have width_a + width_b inputs and product.width outputs. Levels of `isa` above the
  // CPU's own are lowered.
  static Result<BitParallelEvaluator> Create(const Netlist& netlist, const OperandSpec& a,
                                             const OperandSpec& b, const OperandSpec& product,
                                             Isa isa = ActiveIsa());
  BitParallelEvaluator(BitParallelEvaluator&&) noexcept;
  BitParallelEvaluator& operator=(BitParallelEvaluator&&) noexcept;
  ~BitParallelEvaluator();

  // Writes the products of the pairs first .. first + count - 1, a pair being its storage index
  // (a << width_b) | b. A product is the low 32 bits of its value: sign-extended for a signed
  // product; a 32-bit unsigned one is to be read as uint32_t. Thread-safe.
  void Evaluate(uint64_t first, uint64_t count, int32_t* products) const;

  Isa isa() const;
  uint64_t pair_count() const;
  // Pairs that are evaluated together: ranges that begin and end at multiples of it cost least.
  uint64_t block_pairs() const;
  // Gates that are evaluated, after those that no output needs have gone.
  uint32_t gate_count() const;

 private:
  struct Impl;
  explicit BitParallelEvaluator(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace axlut
