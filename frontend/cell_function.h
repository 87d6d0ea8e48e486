// SPDX-License-Identifier: MIT
// The gate kinds that a netlist is reduced to, and what each computes on machine words.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace axlut {

enum class CellFunction : uint8_t {
  kBuf,  // in0
  kNot,  // ~in0
  kAnd,  // in0 & in1
  kOr,
  kXor,
  kNand,
  kNor,
  kXnor,
  kAndNot,  // in0 & ~in1
  kOrNot,   // in0 | ~in1
  kMux,     // in2 ? in1 : in0
  kMaj,     // majority of three: a full adder's carry
  kXor3,    // in0 ^ in1 ^ in2: a full adder's sum
};

// Number of inputs: 1, 2 or 3.
int InputCount(CellFunction function);
// "buf", "and", "mux", "xor3": lower case, without the k.
const char* Name(CellFunction function);
std::optional<CellFunction> CellFunctionNamed(std::string_view name);

// The function on every bit of a word (any type with & | ^ ~: uint64_t, a SIMD vector).
template <typename Word>
inline Word Apply(CellFunction function, Word a, Word b, Word c) {
  switch (function) {
    case CellFunction::kBuf:
      return a;
    case CellFunction::kNot:
      return ~a;
    case CellFunction::kAnd:
      return a & b;
    case CellFunction::kOr:
      return a | b;
    case CellFunction::kXor:
      return a ^ b;
    case CellFunction::kNand:
      return ~(a & b);
    case CellFunction::kNor:
      return ~(a | b);
    case CellFunction::kXnor:
      return ~(a ^ b);
    case CellFunction::kAndNot:
      return a & ~b;
    case CellFunction::kOrNot:
      return a | ~b;
    case CellFunction::kMux:
      return (c & b) | (~c & a);
    case CellFunction::kMaj:
      return (a & b) | (c & (a | b));
    case CellFunction::kXor3:
      return a ^ b ^ c;
  }
  return a;
}

}  // namespace axlut
