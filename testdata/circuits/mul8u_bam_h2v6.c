// SPDX-License-Identifier: MIT
// Broken array: no rows 0 and 1 (bits 0 and 1 of B), no columns 0..5. The operands are not alike,
// and B comes first: who takes the first parameter for A gets the transposed table.
#include <stdint.h>

uint64_t mul8u_bam_h2v6(const uint64_t B,const uint64_t A)
{
  uint64_t O = 0;
  for (int row = 2; row < 8; row++)
    for (int column = 6; column < row + 8; column++)
      if (column >= row) O += ((B >> row) & (A >> (column - row)) & 1) << column;
  return O;
}
