// SPDX-License-Identifier: MIT
// The oracle of depthwise convolutions, written independently of the grouped one.
#pragma once

#include <cstdint>

#include "kernels/conv2d.h"
#include "kernels/lut_view.h"

namespace axlut {

// acc[n,y,x,c*m + q] = sum over (i,j) of lut(input[n, y*stride_h + i*dilation_h - pad_top,
// x*stride_w + j*dilation_w - pad_left, c], filter[i,j,c*m + q]) for the multiplier
// m = out_c / in_c. Needs shape.groups == in_c. Borders, wrapping and filter layout are those of
// Conv2dReference; TensorFlow's depthwise filter [i][j][c][q] has that same memory layout.
template <typename Acc>
void DepthwiseReference(const LutView& lut, const Conv2dShape& shape, uint8_t pad_code,
                        const uint8_t* input, const uint8_t* filter, Acc* acc);

}  // namespace axlut
