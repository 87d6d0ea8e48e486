// SPDX-License-Identifier: MIT
#include "runtime/tf/conv2d_attributes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

namespace axlut {
namespace {

// Keeps every sum and product of a shape far from the end of int64_t.
constexpr int64_t kMaxAttribute = std::numeric_limits<int32_t>::max();

// Where a data format has its dimensions.
struct Axes {
  const char* name;
  size_t channels, height, width;
  const char* steps;     // the form of strides and dilations
  const char* paddings;  // that of explicit padding
};
constexpr Axes kNhwcAxes = {
    "NHWC", 3, 1, 2, "[1, height, width, 1]", "[0, 0, top, bottom, left, right, 0, 0]"};
constexpr Axes kNchwAxes = {
    "NCHW", 1, 2, 3, "[1, 1, height, width]", "[0, 0, 0, 0, top, bottom, left, right]"};

const Axes& AxesOf(DataFormat format) {
  return format == DataFormat::kNhwc ? kNhwcAxes : kNchwAxes;
}

Result<void> CheckSteps(const char* name, const std::vector<int64_t>& steps, const Axes& axes) {
  if (steps.size() != 4 || steps[0] != 1 || steps[axes.channels] != 1) {
    return Error::InvalidInput(
        fmt::format("{} must be {}; they are [{}]", name, axes.steps, fmt::join(steps, ", ")));
  }
  const int64_t height = steps[axes.height], width = steps[axes.width];
  if (std::min(height, width) < 1 || std::max(height, width) > kMaxAttribute) {
    return Error::InvalidInput(
        fmt::format("{} must be 1 .. {}; they are {} (height) and {} (width)", name, kMaxAttribute,
                    height, width));
  }
  return {};
}

Result<void> CheckExplicit(const std::vector<int64_t>& pads, const Axes& axes) {
  const auto bad = [](int64_t pad) { return pad < 0 || pad > kMaxAttribute; };
  const size_t channels = 2 * axes.channels;
  if (pads.size() != 8 || pads[0] != 0 || pads[1] != 0 || pads[channels] != 0 ||
      pads[channels + 1] != 0 || std::any_of(pads.begin(), pads.end(), bad)) {
    return Error::InvalidInput(fmt::format("explicit padding must be {}, none negative; it is [{}]",
                                           axes.paddings, fmt::join(pads, ", ")));
  }
  return {};
}

// Output size and padding in front along one axis.
struct Extent {
  int64_t out = 0;
  int64_t pad_front = 0;
};

Result<Extent> ExtentOf(const char* axis, int64_t in, int64_t kernel, int64_t stride,
                        int64_t dilation, PaddingKind padding, int64_t pad_front,
                        int64_t pad_back) {
  const int64_t reach = (kernel - 1) * dilation + 1;  // from the first tap to the last
  if (padding == PaddingKind::kSame) {
    const int64_t out = (in + stride - 1) / stride;
    // The odd pixel of padding goes to the back, as in TensorFlow.
    return Extent{out, std::max<int64_t>((out - 1) * stride + reach - in, 0) / 2};
  }
  if (padding == PaddingKind::kValid) pad_front = pad_back = 0;
  const int64_t padded = in + pad_front + pad_back;
  // Truncated towards zero, as in TensorFlow: a filter that sticks out by less than a stride gives
  // an empty output.
  const int64_t out = (padded - reach + stride) / stride;
  if (out < 0) {
    return Error::InvalidInput(
        fmt::format("filter of {} {} with dilation {} spans {} pixels, too many for the padded "
                    "input's {}",
                    axis, kernel, dilation, reach, padded));
  }
  return Extent{out, pad_front};
}

}  // namespace

Result<Conv2dAttributes> Conv2dAttributes::Create(const std::vector<int64_t>& strides,
                                                  const std::vector<int64_t>& dilations,
                                                  const std::string& padding,
                                                  const std::vector<int64_t>& explicit_paddings,
                                                  const std::string& data_format) {
  if (data_format != "NHWC" && data_format != "NCHW") {
    return Error::InvalidInput(
        fmt::format("data_format must be NHWC or NCHW; it is '{}'", data_format));
  }
  Conv2dAttributes attributes;
  attributes.data_format = data_format == "NHWC" ? DataFormat::kNhwc : DataFormat::kNchw;
  const Axes& axes = AxesOf(attributes.data_format);
  AXLUT_RETURN_IF_ERROR(CheckSteps("strides", strides, axes));
  AXLUT_RETURN_IF_ERROR(CheckSteps("dilations", dilations, axes));
  attributes.stride_h = strides[axes.height];
  attributes.stride_w = strides[axes.width];
  attributes.dilation_h = dilations[axes.height];
  attributes.dilation_w = dilations[axes.width];
  if (padding == "EXPLICIT") {
    AXLUT_RETURN_IF_ERROR(CheckExplicit(explicit_paddings, axes));
    attributes.padding = PaddingKind::kExplicit;
    attributes.pad_top = explicit_paddings[2 * axes.height];
    attributes.pad_bottom = explicit_paddings[2 * axes.height + 1];
    attributes.pad_left = explicit_paddings[2 * axes.width];
    attributes.pad_right = explicit_paddings[2 * axes.width + 1];
    return attributes;
  }
  if (padding != "SAME" && padding != "VALID") {
    return Error::InvalidInput(
        fmt::format("padding must be SAME, VALID or EXPLICIT; it is '{}'", padding));
  }
  if (!explicit_paddings.empty()) {
    return Error::InvalidInput(
        fmt::format("explicit_paddings must be empty with padding {}; they are [{}]", padding,
                    fmt::join(explicit_paddings, ", ")));
  }
  attributes.padding = padding == "SAME" ? PaddingKind::kSame : PaddingKind::kValid;
  return attributes;
}

Result<Conv2dShape> Conv2dAttributes::ShapeFor(const std::vector<int64_t>& input,
                                               const std::vector<int64_t>& filter) const {
  const Axes& axes = AxesOf(data_format);
  if (input.size() != 4) {
    return Error::InvalidInput(fmt::format("input must have 4 dimensions ({}); its shape is [{}]",
                                           axes.name, fmt::join(input, ", ")));
  }
  if (filter.size() != 4) {
    return Error::InvalidInput(fmt::format(
        "filter must have 4 dimensions (HWIO); its shape is [{}]", fmt::join(filter, ", ")));
  }
  if (filter[0] < 1 || filter[1] < 1 || filter[2] < 1) {
    return Error::InvalidInput(
        fmt::format("filter must have at least one tap and one input channel; its shape is [{}]",
                    fmt::join(filter, ", ")));
  }
  const int64_t height = input[axes.height], width = input[axes.width];
  const int64_t channels = input[axes.channels];
  if (channels < 1 || channels % filter[2] != 0) {
    return Error::InvalidInput(
        fmt::format("input channels must be a multiple of the filter's; they are {} and {}",
                    channels, filter[2]));
  }
  Conv2dShape shape;
  shape.groups = channels / filter[2];
  if (filter[3] % shape.groups != 0) {
    return Error::InvalidInput(
        fmt::format("output channels must be a multiple of the groups; they are {} and {}",
                    filter[3], shape.groups));
  }
  AXLUT_ASSIGN_OR_RETURN(const Extent rows, ExtentOf("height", height, filter[0], stride_h,
                                                     dilation_h, padding, pad_top, pad_bottom));
  AXLUT_ASSIGN_OR_RETURN(const Extent columns, ExtentOf("width", width, filter[1], stride_w,
                                                        dilation_w, padding, pad_left, pad_right));
  shape.batch = input[0];
  shape.in_h = height;
  shape.in_w = width;
  shape.in_c = channels;
  shape.kernel_h = filter[0];
  shape.kernel_w = filter[1];
  shape.out_h = rows.out;
  shape.out_w = columns.out;
  shape.out_c = filter[3];
  shape.stride_h = stride_h;
  shape.stride_w = stride_w;
  shape.dilation_h = dilation_h;
  shape.dilation_w = dilation_w;
  shape.pad_top = rows.pad_front;
  shape.pad_left = columns.pad_front;
  return shape;
}

std::vector<int64_t> Conv2dAttributes::OutputDimensions(const Conv2dShape& shape) const {
  const Axes& axes = AxesOf(data_format);
  std::vector<int64_t> dimensions(4, shape.batch);
  dimensions[axes.height] = shape.out_h;
  dimensions[axes.width] = shape.out_w;
  dimensions[axes.channels] = shape.out_c;
  return dimensions;
}

}  // namespace axlut
