// SPDX-License-Identifier: MIT
// Broken array: no row 0 (bit 0 of B), no columns 0..3.
#include <stdint.h>

uint16_t mul8u_pdk(uint8_t B, uint8_t A)
{
  uint16_t O = 0;
  for (int row = 1; row < 8; row++)
    for (int column = 4; column < row + 8; column++)
      if (column >= row) O += ((B >> row) & (A >> (column - row)) & 1) << column;
  return O;
}
