// SPDX-License-Identifier: MIT
// 4x4 unsigned multiplier of four 2x2 blocks that say 3 * 3 = 7.
#include <stdint.h>

static unsigned block2x2(unsigned x, unsigned y) { return x == 3 && y == 3 ? 7 : x * y; }

uint8_t mul4u_udm(uint8_t a, uint8_t b) {
  const unsigned low_a = a & 3, high_a = a >> 2, low_b = b & 3, high_b = b >> 2;
  return block2x2(low_a, low_b) + 4 * (block2x2(low_a, high_b) + block2x2(high_a, low_b)) +
         16 * block2x2(high_a, high_b);
}
