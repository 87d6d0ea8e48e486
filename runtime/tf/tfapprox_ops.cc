// SPDX-License-Identifier: MIT
// TFApprox' ops under their own names, with our arithmetic: a graph that was made for it runs here.
// axlut.tfapprox and docs/migrating-from-tfapprox.md say what they compute.
#include <string>

#include "runtime/tf/ax_conv2d_cpu.h"
#include "runtime/tf/conv2d_shape_fn.h"

namespace axlut {
namespace {

namespace tf = ::tensorflow;
using tf::shape_inference::InferenceContext;

// The ranges' ends are scalars, and those of the filter may be vectors; the kernel checks which.
absl::Status CheckRanges(InferenceContext* context) {
  tf::shape_inference::ShapeHandle ignored;
  for (int i = 2; i < 6; ++i) {
    TF_RETURN_IF_ERROR(context->WithRankAtMost(context->input(i), i < 4 ? 0 : 1, &ignored));
  }
  return absl::OkStatus();
}

// Inputs and attributes, their types and order, as TFApprox declares them.
REGISTER_OP("ApproxConv2DWithMinMaxVars")
    .Input("input: T")
    .Input("filter: T")
    .Input("input_min: T")
    .Input("input_max: T")
    .Input("filter_min: T")
    .Input("filter_max: T")
    .Output("output: T")
    .Attr("T: {half, bfloat16, float, double}")
    .Attr("strides: list(int)")
    .Attr("num_bits: int")
    .Attr("mul_map_file: string")
    .Attr("padding: {'SAME', 'VALID', 'EXPLICIT'}")
    .Attr("explicit_paddings: list(int) = []")
    .Attr("data_format: {'NHWC', 'NCHW'} = 'NHWC'")
    .Attr("dilations: list(int) = [1, 1, 1, 1]")
    .SetShapeFn([](InferenceContext* context) {
      TF_RETURN_IF_ERROR(CheckRanges(context));
      return tf::shape_inference::Conv2DShapeWithExplicitPadding(context);
    });

REGISTER_OP("ApproxDepthwiseConv2DWithMinMaxVars")
    .Input("input: T")
    .Input("filter: T")
    .Input("input_min: T")
    .Input("input_max: T")
    .Input("filter_min: T")
    .Input("filter_max: T")
    .Output("output: T")
    .Attr("T: {half, bfloat16, float, double}")
    .Attr("strides: list(int)")
    .Attr("num_bits: int")
    .Attr("mul_map_file: string")
    .Attr("padding: {'SAME', 'VALID'}")
    .Attr("data_format: {'NHWC', 'NCHW'} = 'NHWC'")
    .Attr("dilations: list(int) = [1, 1, 1, 1]")
    .SetShapeFn([](InferenceContext* context) {
      TF_RETURN_IF_ERROR(CheckRanges(context));
      return tf::shape_inference::DepthwiseConv2DNativeShape(context);
    });

class ApproxConv2dOp : public AxConv2dCpu<float> {
 public:
  explicit ApproxConv2dOp(tf::OpKernelConstruction* context) : AxConv2dCpu(context) {}
};

class ApproxDepthwiseConv2dOp : public AxConv2dCpu<float> {
 public:
  explicit ApproxDepthwiseConv2dOp(tf::OpKernelConstruction* context)
      : AxConv2dCpu(context, FilterLayout::kDepthwise) {}
};

// TFApprox declares more types than it has kernels for. Here a graph with another one fails when it
// is made, with a sentence.
class OtherTypeOp : public tf::OpKernel {
 public:
  explicit OtherTypeOp(tf::OpKernelConstruction* context) : OpKernel(context) {
    tf::DataType type = tf::DT_INVALID;
    OP_REQUIRES_OK(context, context->GetAttr("T", &type));
    context->CtxFailure(absl::InvalidArgumentError(
        type_string() + " has a kernel for float only; T is " + tf::DataTypeString(type) +
        ". The functions of axlut.tfapprox convert"));
  }
  void Compute(tf::OpKernelContext*) override {}
};

#define AXLUT_REGISTER(OP, KERNEL)                                                             \
  REGISTER_KERNEL_BUILDER(Name(OP).Device(tf::DEVICE_CPU).TypeConstraint<float>("T"), KERNEL); \
  REGISTER_KERNEL_BUILDER(Name(OP).Device(tf::DEVICE_CPU).TypeConstraint<double>("T"),         \
                          OtherTypeOp);                                                        \
  REGISTER_KERNEL_BUILDER(Name(OP).Device(tf::DEVICE_CPU).TypeConstraint<Eigen::half>("T"),    \
                          OtherTypeOp);                                                        \
  REGISTER_KERNEL_BUILDER(Name(OP).Device(tf::DEVICE_CPU).TypeConstraint<tf::bfloat16>("T"),   \
                          OtherTypeOp)
AXLUT_REGISTER("ApproxConv2DWithMinMaxVars", ApproxConv2dOp);
AXLUT_REGISTER("ApproxDepthwiseConv2DWithMinMaxVars", ApproxDepthwiseConv2dOp);
#undef AXLUT_REGISTER

}  // namespace
}  // namespace axlut
