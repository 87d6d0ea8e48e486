// SPDX-License-Identifier: MIT
// The sum of the partial products of columns 3..10.
#include <stdint.h>

uint64_t mul8x4u_trunc3(const uint64_t A /* 8-bit unsigned operand */, const uint64_t B /* 4-bit unsigned operand */)
{
  uint64_t Z = 0;
  for (int i = 0; i < 4; i++)
    for (int j = 0; j < 8; j++)
      if (i + j >= 3) Z += ((B >> i) & (A >> j) & 1) << (i + j);
  return Z;
}
