// SPDX-License-Identifier: MIT
// Division by a number that is known when a kernel is launched: a multiplication and a shift.
#pragma once

#include <cstdint>

namespace axlut {

struct FastDivider {
  uint32_t divisor = 1;
  uint32_t multiplier = 0;  // ceil(2^(32 + shift) / divisor)
  uint32_t shift = 0;
};

// For numbers below 2^31, divisor 1 .. 2^31 - 1. With l = ceil(log2(divisor)) the multiplier
// ceil(2^(31 + l) / divisor) is below 2^32, and its error, less than divisor / 2^(31 + l), times a
// number below 2^31 never reaches the next multiple (Granlund and Montgomery 1994, theorem 4.2).
inline FastDivider MakeFastDivider(int64_t divisor) {
  FastDivider made;
  made.divisor = static_cast<uint32_t>(divisor);
  if (divisor == 1) return made;
  while ((uint64_t{2} << made.shift) < made.divisor) ++made.shift;  // l - 1
  const uint64_t power = uint64_t{1} << (32 + made.shift);
  made.multiplier = static_cast<uint32_t>((power + made.divisor - 1) / made.divisor);
  return made;
}

}  // namespace axlut
