// SPDX-License-Identifier: MIT
// How codes of a network become operands of a table (docs/emulation.md, section 2).
#pragma once

#include <cstdint>

#include "runtime/table/operand_spec.h"

namespace axlut {

// int8 codes and zero points as a table's operand reads them: a signed operand takes the code, an
// unsigned one the code + 2^(width-1), with the zero point moved by as much.
struct OperandCodes {
  OperandSpec spec;

  int32_t offset() const { return spec.is_signed() ? 0 : 1 << (spec.width - 1); }
  bool Fits(int32_t code) const {
    return code + offset() >= spec.min_value() && code + offset() <= spec.max_value();
  }
  uint8_t PatternOf(int32_t code) const {
    return static_cast<uint8_t>(spec.PatternOf(code + offset()));
  }
};

}  // namespace axlut
