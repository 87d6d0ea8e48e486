// SPDX-License-Identifier: MIT
// Division and rounding of sizes, upwards.
#pragma once

#include <cstdint>

namespace axlut {

// a >= 0, b > 0.
constexpr int64_t CeilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }
// To a multiple of b.
constexpr int64_t RoundUp(int64_t a, int64_t b) { return CeilDiv(a, b) * b; }

}  // namespace axlut
