// SPDX-License-Identifier: MIT
#include "runtime/tf/ax_conv2d_base.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <utility>
#include <vector>

#include "runtime/tf/memory_guard.h"

namespace axlut {
namespace {

namespace tf = ::tensorflow;

std::vector<int64_t> DimensionsOf(const tf::Tensor& tensor) {
  std::vector<int64_t> dimensions;
  for (int i = 0; i < tensor.dims(); ++i) dimensions.push_back(tensor.dim_size(i));
  return dimensions;
}

// A depthwise filter as one of HWIO, with a group for each channel. The elements stay in place.
Result<std::vector<int64_t>> AsGrouped(const std::vector<int64_t>& filter, int64_t channels) {
  if (filter.size() != 4) {
    return Error::InvalidInput(fmt::format(
        "filter must have 4 dimensions (height, width, channels, multiplier); its shape is [{}]",
        fmt::join(filter, ", ")));
  }
  if (filter[2] != channels) {
    return Error::InvalidInput(
        fmt::format("a depthwise filter must have the input's channels; it has {}, the input {}",
                    filter[2], channels));
  }
  return std::vector<int64_t>{filter[0], filter[1], 1, filter[2] * filter[3]};
}

}  // namespace

AxConv2dBase::AxConv2dBase(tf::OpKernelConstruction* context, FilterLayout filter_layout)
    : OpKernel(context), filter_layout_(filter_layout) {
  std::vector<int64_t> strides, dilations, explicit_paddings;
  std::string padding, data_format;
  OP_REQUIRES_OK(context, context->GetAttr("strides", &strides));
  OP_REQUIRES_OK(context, context->GetAttr("dilations", &dilations));
  OP_REQUIRES_OK(context, context->GetAttr("padding", &padding));
  if (context->HasAttr("explicit_paddings")) {
    OP_REQUIRES_OK(context, context->GetAttr("explicit_paddings", &explicit_paddings));
  }
  OP_REQUIRES_OK(context, context->GetAttr("data_format", &data_format));
  auto attributes =
      Conv2dAttributes::Create(strides, dilations, padding, explicit_paddings, data_format);
  OP_REQUIRES(context, attributes.ok(), ToStatus(attributes.error()));
  attributes_ = *attributes;
  OP_REQUIRES_OK(context, table_.Read(context));
}

void AxConv2dBase::Compute(tf::OpKernelContext* context) {
  const std::vector<int64_t> input = DimensionsOf(context->input(kInput.tensor));
  std::vector<int64_t> filter = DimensionsOf(context->input(kFilter.tensor));
  // Another rank than 4 is ShapeFor's error.
  if (filter_layout_ == FilterLayout::kDepthwise && input.size() == 4) {
    auto grouped = AsGrouped(filter, input[data_format() == DataFormat::kNhwc ? 3 : 1]);
    OP_REQUIRES(context, grouped.ok(), ToStatus(grouped.error()));
    filter = std::move(*grouped);
  }
  const auto shape = attributes_.ShapeFor(input, filter);
  OP_REQUIRES(context, shape.ok(), ToStatus(shape.error()));
  // Not the constructor, which ends the process when the number of elements overflows.
  tf::TensorShape output_shape;
  OP_REQUIRES_OK(context, tf::TensorShape::BuildTensorShape(attributes_.OutputDimensions(*shape),
                                                            &output_shape));
  tf::Tensor* output = nullptr;
  OP_REQUIRES_OK(context, context->allocate_output(0, output_shape, &output));
  if (output->NumElements() == 0) return;
  std::shared_ptr<const LutTable> table;
  OP_REQUIRES_OK(context, table_.Get(&table));
  OP_REQUIRES_OK(context,
                 WithinMemory(context, [&] { return Convolve(context, table, *shape, output); }));
}

InputQuantization AxConv2dBase::FilterQuantization(const OperandSpec& operand, bool narrow) const {
  InputQuantization quantization{operand, narrow, 3};
  if (filter_layout_ == FilterLayout::kDepthwise) {
    quantization.axis = 2;
    quantization.merged = 2;
  }
  return quantization;
}

void AxConv2dBase::LogKernel(const LutConv2d& layer) {
  if (!KernelLog::IsOn()) return;
  if (const auto line = kernel_log_.Line(name(), layer)) LOG(INFO) << *line;
}

}  // namespace axlut
