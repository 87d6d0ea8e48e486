// SPDX-License-Identifier: MIT
#include "runtime/tf/ax_conv2d_base.h"

#include <cstdint>
#include <vector>

#include "runtime/tf/table_cache.h"

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
  std::string padding;
  OP_REQUIRES_OK(context, context->GetAttr("table", &table_path_));
  OP_REQUIRES_OK(context, context->GetAttr("strides", &strides));
  OP_REQUIRES_OK(context, context->GetAttr("dilations", &dilations));
  OP_REQUIRES_OK(context, context->GetAttr("padding", &padding));
  OP_REQUIRES_OK(context, context->GetAttr("explicit_paddings", &explicit_paddings));
  auto attributes = Conv2dAttributes::Create(strides, dilations, padding, explicit_paddings);
  OP_REQUIRES(context, attributes.ok(), ToStatus(attributes.error()));
  attributes_ = *attributes;
  // A wrong path should fail when the graph is made, not at its first step.
  const auto table = TableCache::Global().Get(table_path_);
  OP_REQUIRES(context, table.ok(), ToStatus(table.error()));
  if (!(*table)->plan_error().empty()) {
    LOG(WARNING) << table_path_ << ": the plan section is not used: " << (*table)->plan_error();
  }
}

void AxConv2dBase::Compute(tf::OpKernelContext* context) {
  const auto shape = attributes_.ShapeFor(DimensionsOf(context->input(kInput.tensor)),
                                          DimensionsOf(context->input(kFilter.tensor)));
  OP_REQUIRES(context, shape.ok(), ToStatus(shape.error()));
  // Not the constructor, which ends the process when the number of elements overflows.
  tf::TensorShape output_shape;
  OP_REQUIRES_OK(context,
                 tf::TensorShape::BuildTensorShape(
                     {shape->batch, shape->out_h, shape->out_w, shape->out_c}, &output_shape));
  tf::Tensor* output = nullptr;
  OP_REQUIRES_OK(context, context->allocate_output(0, output_shape, &output));
  if (output->NumElements() == 0) return;
  // Asked for at every step: TensorFlow keeps kernels of eager calls, files may be rewritten.
  const auto table = TableCache::Global().Get(table_path_);
  OP_REQUIRES(context, table.ok(), ToStatus(table.error()));
  OP_REQUIRES_OK(context, Convolve(context, *table, *shape, output));
}

}  // namespace axlut
