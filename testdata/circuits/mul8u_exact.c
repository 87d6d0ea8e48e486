// SPDX-License-Identifier: MIT
// The exact 8x8 unsigned multiplier. Widths and signedness are those of the name.
#include <stdint.h>

uint64_t mul8u_exact(const uint64_t B, const uint64_t A) { return A * B; }
