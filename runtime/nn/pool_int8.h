// SPDX-License-Identifier: MIT
// Average and maximum over windows of int8 codes, as TensorFlow Lite's reference kernels.
#pragma once

#include <cstdint>

#include "runtime/nn/requantize.h"

namespace axlut {

// One image, NHWC without N: input [in_h][in_w][channels], output [out_h][out_w][channels]. Window
// positions outside the input do not count: not in the maximum, and not in the average's divisor.
// A window has less than 2^24 positions, so that an average's sum fits 32 bits.
struct PoolShape {
  int64_t in_h = 1, in_w = 1, channels = 1;
  int64_t out_h = 1, out_w = 1;
  int64_t filter_h = 1, filter_w = 1;
  int64_t stride_h = 1, stride_w = 1;
  int64_t pad_top = 0, pad_left = 0;
  CodeRange clamp;
};

// Rows first_row <= y < end_row of the output: the average of the codes, rounded to the closest
// code, ties away from code 0 (docs/emulation.md, eq. 10).
void AveragePoolInt8(const PoolShape& shape, int64_t first_row, int64_t end_row,
                     const int8_t* input, int8_t* output);
// Likewise the largest code.
void MaxPoolInt8(const PoolShape& shape, int64_t first_row, int64_t end_row, const int8_t* input,
                 int8_t* output);

}  // namespace axlut
