// SPDX-License-Identifier: MIT
#include "runtime/tf/ax_conv2d_base.h"

#include <cstdint>
#include <string>
#include <vector>

namespace axlut {
namespace {

namespace tf = ::tensorflow;

std::vector<int64_t> DimensionsOf(const tf::Tensor& tensor) {
  std::vector<int64_t> dimensions;
  for (int i = 0; i < tensor.dims(); ++i) dimensions.push_back(tensor.dim_size(i));
  return dimensions;
}

}  // namespace

AxConv2dBase::AxConv2dBase(tf::OpKernelConstruction* context) : OpKernel(context) {
  std::vector<int64_t> strides, dilations, explicit_paddings;
  std::string padding, data_format;
  OP_REQUIRES_OK(context, context->GetAttr("strides", &strides));
  OP_REQUIRES_OK(context, context->GetAttr("dilations", &dilations));
  OP_REQUIRES_OK(context, context->GetAttr("padding", &padding));
  OP_REQUIRES_OK(context, context->GetAttr("explicit_paddings", &explicit_paddings));
  OP_REQUIRES_OK(context, context->GetAttr("data_format", &data_format));
  auto attributes =
      Conv2dAttributes::Create(strides, dilations, padding, explicit_paddings, data_format);
  OP_REQUIRES(context, attributes.ok(), ToStatus(attributes.error()));
  attributes_ = *attributes;
  OP_REQUIRES_OK(context, table_.Read(context));
}

void AxConv2dBase::Compute(tf::OpKernelContext* context) {
  const auto shape = attributes_.ShapeFor(DimensionsOf(context->input(kInput.tensor)),
                                          DimensionsOf(context->input(kFilter.tensor)));
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
  OP_REQUIRES_OK(context, Convolve(context, table, *shape, output));
}

}  // namespace axlut
