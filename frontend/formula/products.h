// SPDX-License-Identifier: MIT
// What each formula computes, on bit patterns a < 2^width_a and b < 2^width_b.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "runtime/table/operand_spec.h"

namespace axlut::formula {

// The numbers' product.
struct Exact {
  OperandSpec a, b;
  int64_t operator()(uint32_t x, uint32_t y) const { return a.ValueOf(x) * b.ValueOf(y); }
};

// The array multiplier's sum of partial products without the cells of the last columns and rows:
//   sum of s_i t_j a_i b_j 2^(i+j) over all bits i of a, j of b with i + j >= column, j >= row,
// where s_i, t_j = -1 for a signed operand's highest bit, else 1. With row = 0 this is truncation,
// with both the broken-array multiplier (horizontal break level `row`, vertical `column`)
// [Mahdiani et al., Bio-Inspired Imprecise Computational Blocks, IEEE TCAS-I 2010].
struct BrokenArray {
  OperandSpec a, b;
  int row = 0;
  int column = 0;

  int64_t operator()(uint32_t x, uint32_t y) const {
    int64_t sum = 0;
    for (int j = row; j < b.width; ++j) {
      if (((y >> j) & 1) == 0) continue;
      // Bits i >= column - j of a, as a number.
      const int lowest = std::clamp(column - j, 0, a.width);
      const int64_t kept = a.ValueOf((x >> lowest) << lowest);
      const bool negative = b.is_signed() && j == b.width - 1;
      sum += (negative ? -kept : kept) * (int64_t{1} << j);
    }
    return sum;
  }
};

// DRUM: an operand of more than `bits` significant bits keeps its leading ones, the last kept bit
// set to 1, which makes the rounding unbiased; the rest is 0. Unsigned
// [Hashemi, Bahar, Reda, DRUM: A Dynamic Range Unbiased Multiplier, ICCAD 2015].
struct Drum {
  int bits;

  uint64_t Approximate(uint32_t x) const {
    const int length = std::bit_width(x);
    if (length <= bits) return x;
    const int shift = length - bits;
    return uint64_t{(x >> shift) | 1} << shift;
  }
  int64_t operator()(uint32_t x, uint32_t y) const {
    return static_cast<int64_t>(Approximate(x) * Approximate(y));
  }
};

// Mitchell: with x = 2^k + m and y = 2^l + n, the logarithms k + m/2^k and l + n/2^l are added and
// the same approximation turned back: 2^(k+l) + m 2^l + n 2^k if m 2^l + n 2^k < 2^(k+l), else
// 2 (m 2^l + n 2^k). 0 if an operand is 0. No bit of the fractions is dropped. Unsigned
// [Mitchell, Computer Multiplication and Division Using Binary Logarithms, IRE TEC 1962].
struct Mitchell {
  int64_t operator()(uint32_t x, uint32_t y) const {
    if (x == 0 || y == 0) return 0;
    const int k = std::bit_width(x) - 1;
    const int l = std::bit_width(y) - 1;
    const int64_t one = int64_t{1} << (k + l);
    const int64_t fractions = ((int64_t{x} << l) - one) + ((int64_t{y} << k) - one);
    return fractions < one ? one + fractions : 2 * fractions;
  }
};

}  // namespace axlut::formula
