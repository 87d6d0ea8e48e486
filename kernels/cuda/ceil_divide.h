// SPDX-License-Identifier: MIT
// How many pieces of one size cover a count.
#pragma once

#include <cstdint>

namespace axlut {

// count >= 0, size > 0.
constexpr int64_t CeilDivide(int64_t count, int64_t size) { return (count + size - 1) / size; }

}  // namespace axlut
