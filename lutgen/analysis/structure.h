// SPDX-License-Identifier: MIT
// What there is to know about a table's structure: why it is cheap or dear to evaluate.
#pragma once

#include <cstdint>

#include "kernels/plan/plan_cost.h"

namespace axlut {

struct MatrixStructure {
  int64_t min = 0;
  int64_t max = 0;
  int64_t gcd = 0;  // of all differences between entries; 0: constant
  int rank = 0;     // over the rationals
  int centred_rank =
      0;                // after the best f(a) + g(b) is taken out: terms that a plan needs at least
  int classes_a = 0;    // distinct rows
  int classes_b = 0;    // distinct columns
  int byte_planes = 0;  // bytes of (max - min) / gcd
  bool nibbles_a = false;  // = P[a >> 4][b] + Q[a & 15][b], with more than one nibble
  bool nibbles_b = false;  // the same for b
};

struct TableStructure {
  bool commutative = false;  // T[a][b] == T[b][a] for all bit patterns
  int zero_rows = 0;         // values of a whose products are all 0
  int zero_columns = 0;
  bool zero_a = false;  // T[0][b] == 0 for all b
  bool zero_b = false;  // T[a][0] == 0 for all a
  MatrixStructure table;
  MatrixStructure error;  // E = T - a * b, for the operands' values
};

// For widths of 1..8 bits.
TableStructure AnalyseStructure(const LutView& lut, bool is_signed_a, bool is_signed_b);

}  // namespace axlut
