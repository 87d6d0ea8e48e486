// SPDX-License-Identifier: MIT
// The shape functions of the convolution ops.
#pragma once

#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/shape_inference.h"

namespace axlut {

// Inputs: the input, the filter; `input_scalars` scalars that belong to the input; then scalars or
// vectors of one element per output channel. The output is that of tf.nn.conv2d.
inline absl::Status InferConv2dShape(tensorflow::shape_inference::InferenceContext* context,
                                     int input_scalars) {
  namespace tf = ::tensorflow;
  using tf::shape_inference::ShapeHandle;
  ShapeHandle filter, ignored;
  TF_RETURN_IF_ERROR(context->WithRank(context->input(1), 4, &filter));
  for (int i = 2; i < context->num_inputs(); ++i) {
    const ShapeHandle shape = context->input(i);
    if (i < 2 + input_scalars) {
      TF_RETURN_IF_ERROR(context->WithRank(shape, 0, &ignored));
      continue;
    }
    TF_RETURN_IF_ERROR(context->WithRankAtMost(shape, 1, &ignored));
    if (context->RankKnown(shape) && context->Rank(shape) == 1) {
      tf::shape_inference::DimensionHandle channels;
      TF_RETURN_IF_ERROR(
          context->Merge(context->Dim(shape, 0), context->Dim(filter, 3), &channels));
    }
  }
  return tf::shape_inference::Conv2DShapeWithExplicitPadding(context);
}

}  // namespace axlut
