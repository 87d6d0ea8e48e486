// SPDX-License-Identifier: MIT
// Gradients of a convolution through a table by the table's slopes: those of the products that it
// computes, where the exact convolution has the other operand (docs/gradients.md).
#pragma once

#include <cstdint>

#include "kernels/conv2d.h"
#include "kernels/cpu/isa.h"
#include "runtime/base/parallel_for.h"

namespace axlut {

// slopes[(a << width_b) | b] for bit patterns; bits of codes above the widths are ignored.
struct SlopeView {
  const float* slopes = nullptr;
  int width_a = 8;  // bits, 1..8
  int width_b = 8;  // bits, 1..8
};

// out[n,h,w,c] = sum over the taps (i,j) and outputs (y,x,o) that meet there, as in
// Conv2dInputGradientReference, of
//   output_gradient[n,y,x,o] * (slopes(input[n,h,w,c], filter[i,j,c,o]) - zero_b[o]).
// Codes are NHWC and HWIO; zero_b has shape.out_c numbers. In float32, every operation rounded: for
// every output channel o of the group the term goes to partial sum o % 16 of the pixel, by
// ascending (i,j,o), and those are added pairwise (slope_dot.h). Instruction set and threads change
// no bit.
void Conv2dSlopeInputGradient(const Conv2dShape& shape, const SlopeView& slopes_by_a,
                              const uint8_t* input, const uint8_t* filter, const float* zero_b,
                              const float* output_gradient, float* out,
                              const ParallelFor& parallel_for, KernelIsa isa = ActiveKernelIsa());

// out[i,j,c,o] = sum over (n,y,x) of
//   output_gradient[n,y,x,o] * (slopes(input[n, y*stride_h + i*dilation_h - pad_top, ...],
//                                      filter[i,j,c,o]) - zero_a)
// as in Conv2dFilterGradientReference: taps outside the input read pad_code. In float32: the sum of
// every kSlopeTile consecutive positions is made of 16 partial sums as above (position % 16), and
// the tiles' sums are added in their order.
inline constexpr int64_t kSlopeTile = 2048;
void Conv2dSlopeFilterGradient(const Conv2dShape& shape, const SlopeView& slopes_by_b,
                               uint8_t pad_code, const uint8_t* input, const uint8_t* filter,
                               float zero_a, const float* output_gradient, float* out,
                               const ParallelFor& parallel_for, KernelIsa isa = ActiveKernelIsa());

}  // namespace axlut
