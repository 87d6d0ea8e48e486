// SPDX-License-Identifier: MIT
// Shapes of the operations that run through a table. Everything is NHWC.
#pragma once

#include <cstdint>

namespace axlut {

// A 2-D convolution. in_c and out_c are multiples of groups; a depthwise convolution with
// multiplier m has groups == in_c and out_c == m * in_c.
//   input  [batch][in_h][in_w][in_c]
//   filter [kernel_h][kernel_w][in_c / groups][out_c]   (HWIO, as TensorFlow)
//   output [batch][out_h][out_w][out_c]
// Output channel o belongs to group o / (out_c / groups).
struct Conv2dShape {
  int64_t batch = 1;
  int64_t in_h = 1, in_w = 1, in_c = 1;
  int64_t kernel_h = 1, kernel_w = 1;
  int64_t out_h = 1, out_w = 1, out_c = 1;
  int64_t stride_h = 1, stride_w = 1;
  int64_t dilation_h = 1, dilation_w = 1;
  int64_t pad_top = 0, pad_left = 0;  // what lies below and to the right follows from out_h, out_w
  int64_t groups = 1;

  int64_t GroupInC() const { return in_c / groups; }
  int64_t GroupOutC() const { return out_c / groups; }
  // Products that are summed up for one output.
  int64_t Depth() const { return kernel_h * kernel_w * GroupInC(); }
  int64_t InputCount() const { return batch * in_h * in_w * in_c; }
  int64_t FilterCount() const { return Depth() * out_c; }
  int64_t OutputCount() const { return batch * out_h * out_w * out_c; }
  int64_t Macs() const { return OutputCount() * Depth(); }
};

}  // namespace axlut
