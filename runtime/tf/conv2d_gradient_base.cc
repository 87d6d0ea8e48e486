// SPDX-License-Identifier: MIT
#include "runtime/tf/conv2d_gradient_base.h"

#include <algorithm>
#include <string>

namespace axlut {
namespace {

namespace tf = ::tensorflow;

// Those of a tensor, or the numbers in a vector of sizes.
absl::Status ReadDimensions(const tf::Tensor& tensor, std::vector<int64_t>* dimensions) {
  if (tensor.dtype() != tf::DT_INT32) {
    for (int i = 0; i < tensor.dims(); ++i) dimensions->push_back(tensor.dim_size(i));
    return absl::OkStatus();
  }
  if (tensor.dims() != 1) {
    return absl::InvalidArgumentError("sizes must be a vector; their shape is " +
                                      tensor.shape().DebugString());
  }
  const auto sizes = tensor.vec<int32_t>();
  for (int64_t i = 0; i < sizes.size(); ++i) {
    if (sizes(i) < 0) {
      return absl::InvalidArgumentError("sizes must not be negative; one is " +
                                        std::to_string(sizes(i)));
    }
    dimensions->push_back(sizes(i));
  }
  return absl::OkStatus();
}

}  // namespace

Conv2dGradientBase::Conv2dGradientBase(tf::OpKernelConstruction* context) : OpKernel(context) {
  std::vector<int64_t> strides, dilations, explicit_paddings;
  std::string padding;
  OP_REQUIRES_OK(context, context->GetAttr("strides", &strides));
  OP_REQUIRES_OK(context, context->GetAttr("dilations", &dilations));
  OP_REQUIRES_OK(context, context->GetAttr("padding", &padding));
  OP_REQUIRES_OK(context, context->GetAttr("explicit_paddings", &explicit_paddings));
  auto attributes = Conv2dAttributes::Create(strides, dilations, padding, explicit_paddings);
  OP_REQUIRES(context, attributes.ok(), ToStatus(attributes.error()));
  attributes_ = *attributes;
  OP_REQUIRES_OK(context, table_.Read(context));
}

absl::Status Conv2dGradientBase::Prepare(tf::OpKernelContext* context, int like,
                                         std::shared_ptr<const LutTable>* table, Conv2dShape* shape,
                                         tf::Tensor** output) const {
  TF_RETURN_IF_ERROR(table_.Get(table));
  std::vector<int64_t> input, filter;
  TF_RETURN_IF_ERROR(ReadDimensions(context->input(kInputIndex), &input));
  TF_RETURN_IF_ERROR(ReadDimensions(context->input(kFilterIndex), &filter));
  const auto found = attributes_.ShapeFor(input, filter);
  if (!found.ok()) return ToStatus(found.error());
  *shape = *found;
  tf::TensorShape expected, output_shape;
  TF_RETURN_IF_ERROR(tf::TensorShape::BuildTensorShape(
      {shape->batch, shape->out_h, shape->out_w, shape->out_c}, &expected));
  const tf::TensorShape& upstream = context->input(kUpstreamIndex).shape();
  if (upstream != expected) {
    return absl::InvalidArgumentError("the output's gradient must have the output's shape, " +
                                      expected.DebugString() + "; it has " +
                                      upstream.DebugString());
  }
  TF_RETURN_IF_ERROR(
      tf::TensorShape::BuildTensorShape(like == kInputIndex ? input : filter, &output_shape));
  TF_RETURN_IF_ERROR(context->allocate_output(0, output_shape, output));
  if (!HasProducts(context, **output)) {
    auto gradients = (*output)->flat<float>();
    std::fill_n(gradients.data(), gradients.size(), 0.0f);
  }
  return absl::OkStatus();
}

bool Conv2dGradientBase::HasProducts(tf::OpKernelContext* context, const tf::Tensor& output) {
  return output.NumElements() > 0 && context->input(kUpstreamIndex).NumElements() > 0;
}

}  // namespace axlut
