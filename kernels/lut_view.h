// SPDX-License-Identifier: MIT
// The table as the kernels see it: a pointer and two widths.
#pragma once

#include <cstdint>

namespace axlut {

// products[(a << width_b) | b] is the product of the bit patterns a (row operand: activation) and
// b (column operand: weight). Kernels work on bit patterns and never ask whether operands are
// signed: two's complement is a property of the table's content.
struct LutView {
  const int32_t* products = nullptr;
  int width_a = 8;  // bits, 1..8
  int width_b = 8;  // bits, 1..8

  // Operands are bytes; bits above the width are ignored, so an int8_t code of a 4-bit signed
  // operand can be passed as it is.
  int32_t At(uint8_t a, uint8_t b) const {
    const uint32_t row = a & ((1u << width_a) - 1);
    const uint32_t column = b & ((1u << width_b) - 1);
    return products[(row << width_b) | column];
  }
};

}  // namespace axlut
