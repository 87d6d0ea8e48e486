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

// The order of the dimensions of input and output; filters are HWIO in both.
enum class DataFormat : uint8_t { kNhwc, kNchw };

// As tf.nn.conv2d understands them.
struct Conv2dAttributes {
  DataFormat data_format = DataFormat::kNhwc;
  int64_t stride_h = 1, stride_w = 1;
  int64_t dilation_h = 1, dilation_w = 1;
  PaddingKind padding = PaddingKind::kSame;
  int64_t pad_top = 0, pad_bottom = 0, pad_left = 0, pad_right = 0;  // of kExplicit

  // `data_format`: NHWC or NCHW, the order of the following lists as well. `strides` and
  // `dilations`: [1, height, width, 1] for NHWC. `padding`: SAME, VALID or EXPLICIT;
  // `explicit_paddings`: [0, 0, top, bottom, left, right, 0, 0] for NHWC with EXPLICIT, else empty.
  static Result<Conv2dAttributes> Create(const std::vector<int64_t>& strides,
                                         const std::vector<int64_t>& dilations,
                                         const std::string& padding,
                                         const std::vector<int64_t>& explicit_paddings,
                                         const std::string& data_format = "NHWC");

  // `input`: in the data format, `filter`: HWIO. Groups follow from the channels: input channels /
  // filter input channels. The output may be empty (batch 0, for example), the filter's taps may
  // not.
  Result<Conv2dShape> ShapeFor(const std::vector<int64_t>& input,
                               const std::vector<int64_t>& filter) const;
  // The output's dimensions in the data format.
  std::vector<int64_t> OutputDimensions(const Conv2dShape& shape) const;
};

}  // namespace axlut
