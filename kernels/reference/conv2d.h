// SPDX-License-Identifier: MIT
// The oracle: a convolution through a table as the obvious loop, never tuned.
#pragma once

#include <cstdint>

#include "kernels/conv2d.h"
#include "kernels/lut_view.h"

namespace axlut {

// acc[n,y,x,o] = sum over (i,j,c) of lut(input[n, y*stride_h + i*dilation_h - pad_top,
// x*stride_w + j*dilation_w - pad_left, g*GroupInC + c], filter[i,j,c,o]), g being o's group.
// Taps outside the input read `pad_code`: the input's zero point, which an approximate multiplier
// need not send to 0. acc is overwritten. Sums wrap modulo 2^32 or 2^64; they cannot leave Acc
// while Depth() * max|product| does not. Instantiated for int32_t and int64_t.
template <typename Acc>
void Conv2dReference(const LutView& lut, const Conv2dShape& shape, uint8_t pad_code,
                     const uint8_t* input, const uint8_t* filter, Acc* acc);

}  // namespace axlut
