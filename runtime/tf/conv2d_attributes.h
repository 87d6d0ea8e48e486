// SPDX-License-Identifier: MIT
// The attributes of the convolution op, checked once, and the shape that they give with the
// tensors' dimensions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/conv2d.h"
#include "runtime/base/result.h"

namespace axlut {

enum class PaddingKind : uint8_t { kSame, kValid, kExplicit };

// As tf.nn.conv2d understands them, for NHWC.
struct Conv2dAttributes {
  int64_t stride_h = 1, stride_w = 1;
  int64_t dilation_h = 1, dilation_w = 1;
  PaddingKind padding = PaddingKind::kSame;
  int64_t pad_top = 0, pad_bottom = 0, pad_left = 0, pad_right = 0;  // of kExplicit

  // `strides` and `dilations`: [1, height, width, 1]. `padding`: SAME, VALID or EXPLICIT;
  // `explicit_paddings`: [0, 0, top, bottom, left, right, 0, 0] with EXPLICIT, else empty.
  static Result<Conv2dAttributes> Create(const std::vector<int64_t>& strides,
                                         const std::vector<int64_t>& dilations,
                                         const std::string& padding,
                                         const std::vector<int64_t>& explicit_paddings);

  // `input`: NHWC, `filter`: HWIO. Groups follow from the channels: input channels / filter input
  // channels. The output may be empty (batch 0, for example), the filter's taps may not.
  Result<Conv2dShape> ShapeFor(const std::vector<int64_t>& input,
                               const std::vector<int64_t>& filter) const;
};

}  // namespace axlut
