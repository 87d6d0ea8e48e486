// SPDX-License-Identifier: MIT
// 8x8 signed multiplier that ignores the two low bits of A and the low bit of B.
#include <stdint.h>

int16_t mul8s_low(int8_t A, int8_t B) { return (A & ~3) * (B & ~1); }
