// SPDX-License-Identifier: MIT
// The sum of the partial products of columns 4..14.
#include <stdint.h>

uint64_t mul8u_trunc4(const uint64_t B,const uint64_t A)
{
  uint64_t O = 0;
  for (int i = 0; i < 8; i++)
    for (int j = 0; j < 8; j++)
      if (i + j >= 4) O += ((B >> i) & (A >> j) & 1) << (i + j);
  return O;
}
