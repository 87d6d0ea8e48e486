// SPDX-License-Identifier: MIT
// The oracle of a convolution's two gradients, whose products go through the table like those of
// the convolution itself.
#pragma once

#include <cstdint>

#include "kernels/conv2d.h"
#include "kernels/lut_view.h"

namespace axlut {

// acc[n,h,w,g*GroupInC + c] = sum over (i,j), over o of group g, and over the output position (y,x)
// with y*stride_h + i*dilation_h - pad_top == h and x*stride_w + j*dilation_w - pad_left == w, if
// there is one, of lut(output_gradient[n,y,x,o], filter[i,j,c,o]). The row operand is the output
// gradient. Taps that meet no output add nothing: there is no zero code that would stand for them.
// acc has the layout of the input and is overwritten, sums wrap as in Conv2dReference.
template <typename Acc>
void Conv2dInputGradientReference(const LutView& lut, const Conv2dShape& shape,
                                  const uint8_t* output_gradient, const uint8_t* filter, Acc* acc);

// acc[i,j,c,o] = sum over (n,y,x) of lut(input[n, y*stride_h + i*dilation_h - pad_top,
// x*stride_w + j*dilation_w - pad_left, g*GroupInC + c], output_gradient[n,y,x,o]), g being o's
// group. Taps outside the input read pad_code, as in the convolution. acc has the layout of the
// filter and is overwritten, sums wrap as in Conv2dReference.
template <typename Acc>
void Conv2dFilterGradientReference(const LutView& lut, const Conv2dShape& shape, uint8_t pad_code,
                                   const uint8_t* input, const uint8_t* output_gradient, Acc* acc);

}  // namespace axlut
