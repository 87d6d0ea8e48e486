// SPDX-License-Identifier: MIT
// Vector forms of the quantization in nudged_range.h, whose scalar form they equal bit for bit.
// Internal to runtime/tf.
#pragma once

#include <cstdint>

namespace axlut {

// What a loop over values reads: one number each, or one per value.
struct QuantizeLanes {
  const float* min;
  const float* max;
  const float* divisor;
  const float* zero_step;    // steps from min to 0.0
  const int32_t* zero_code;  // code of 0.0
  bool per_value;
  int32_t flip;  // exclusive or of code and pattern
};

// Patterns of `count` values; false if one is NaN.
bool QuantizeAvx512(const QuantizeLanes& lanes, const float* values, int64_t count,
                    uint8_t* patterns);
// As above, for the largest multiple of 8 in `count`.
bool QuantizeAvx2(const QuantizeLanes& lanes, const float* values, int64_t count,
                  uint8_t* patterns);

}  // namespace axlut
