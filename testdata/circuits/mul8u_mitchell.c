// SPDX-License-Identifier: MIT
// Mitchell's logarithmic multiplier: log2(x) of x = 2^k (1 + f) is taken for k + f.
#include <stdint.h>

// k * 128 + 128 f.
static uint32_t logarithm(uint32_t x) {
  uint32_t k = 0;
  while (x >> (k + 1)) k++;
  return (k << 7) + (((x << 7) >> k) & 127);
}

uint64_t mul8u_mitchell(uint64_t B, uint64_t A) {
  if (A == 0 || B == 0) return 0;
  const uint32_t sum = logarithm(A) + logarithm(B);
  return ((uint64_t)(128 + (sum & 127)) << (sum >> 7)) >> 7;
}
