// SPDX-License-Identifier: MIT
// The low 6 columns are ORed without carries; the others are added.
#include <stdint.h>

static uint64_t partial_product(uint64_t A, uint64_t B, int column)
{
  uint64_t count = 0;
  for (int i = 0; i < 8; i++) {
    int j = column - i;
    if (j >= 0 && j < 8) count += (A >> j) & (B >> i) & 1;
  }
  return count;
}

uint64_t mul8u_hier_or(const uint64_t B,const uint64_t A)
{
  uint64_t O = 0;
  for (int column = 0; column < 15; column++) {
    uint64_t count = partial_product(A, B, column);
    if (column < 6) count = count != 0;
    O += count << column;
  }
  return O;
}
