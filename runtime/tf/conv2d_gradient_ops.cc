// SPDX-License-Identifier: MIT
// AxlutConv2DInputGradient and AxlutConv2DFilterGradient: the gradients of a convolution whose
// products go through a table as the convolution's own do (docs/gradients.md). The output's
// gradient is the row operand of the first and the column operand of the second.
#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/nn/lut_conv2d_filter_gradient.h"
#include "runtime/nn/lut_conv2d_input_gradient.h"
#include "runtime/tf/conv2d_gradient_base.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/shape_inference.h"

namespace axlut {
namespace {

namespace tf = ::tensorflow;

using tf::shape_inference::InferenceContext;
using tf::shape_inference::ShapeHandle;

absl::Status InferFromSizes(InferenceContext* context, int sizes) {
  ShapeHandle output;
  TF_RETURN_IF_ERROR(context->MakeShapeFromShapeTensor(sizes, &output));
  TF_RETURN_IF_ERROR(context->WithRank(output, 4, &output));
  context->set_output(0, output);
  return absl::OkStatus();
}

REGISTER_OP("AxlutConv2DInputGradient")
    .Input("input_sizes: int32")
    .Input("filter: float")
    .Input("upstream: float")
    .Input("filter_min: float")
    .Input("filter_max: float")
    .Input("upstream_min: float")
    .Input("upstream_max: float")
    .Attr("table: string")
    .Attr("encoding: {'affine', 'sign_magnitude'} = 'affine'")
    .Attr("strides: list(int) = [1, 1, 1, 1]")
    .Attr("padding: {'SAME', 'VALID', 'EXPLICIT'} = 'SAME'")
    .Attr("explicit_paddings: list(int) = []")
    .Attr("dilations: list(int) = [1, 1, 1, 1]")
    .Attr("narrow_filter: bool = false")
    .Output("gradient: float")
    .SetShapeFn([](InferenceContext* context) { return InferFromSizes(context, 0); });

REGISTER_OP("AxlutConv2DFilterGradient")
    .Input("input: float")
    .Input("filter_sizes: int32")
    .Input("upstream: float")
    .Input("input_min: float")
    .Input("input_max: float")
    .Input("upstream_min: float")
    .Input("upstream_max: float")
    .Attr("table: string")
    .Attr("encoding: {'affine', 'sign_magnitude'} = 'affine'")
    .Attr("strides: list(int) = [1, 1, 1, 1]")
    .Attr("padding: {'SAME', 'VALID', 'EXPLICIT'} = 'SAME'")
    .Attr("explicit_paddings: list(int) = []")
    .Attr("dilations: list(int) = [1, 1, 1, 1]")
    .Attr("narrow_input: bool = false")
    .Output("gradient: float")
    .SetShapeFn([](InferenceContext* context) { return InferFromSizes(context, 1); });

double ProductOfScales(const QuantizedInput& a, const QuantizedInput& b) {
  return static_cast<double>(a.ranges[0].scale) * b.ranges[0].scale;
}

const uint8_t* CodesOf(const QuantizedInput& input) {
  return input.patterns.flat<uint8_t>().data();
}

// run(sums), for sums of the type that the gradient needs, and then the only rounding.
template <typename Gradient, typename Run>
absl::Status StoreSums(tf::OpKernelContext* context, const Gradient& gradient, double scale,
                       const Run& run, tf::Tensor* output) {
  tf::Tensor sums;
  const tf::DataType type = gradient.NeedsInt64() ? tf::DT_INT64 : tf::DT_INT32;
  TF_RETURN_IF_ERROR(context->allocate_temp(type, output->shape(), &sums));
  if (gradient.NeedsInt64()) {
    run(sums.flat<int64_t>().data());
    StoreScaled(context, sums.flat<int64_t>().data(), scale, output);
  } else {
    run(sums.flat<int32_t>().data());
    StoreScaled(context, sums.flat<int32_t>().data(), scale, output);
  }
  return absl::OkStatus();
}

class Conv2dInputGradientOp : public Conv2dGradientBase {
 public:
  explicit Conv2dInputGradientOp(tf::OpKernelConstruction* context) : Conv2dGradientBase(context) {
    OP_REQUIRES_OK(context, context->GetAttr("narrow_filter", &narrow_filter_));
  }

  void Compute(tf::OpKernelContext* context) override {
    OP_REQUIRES_OK(context, Differentiate(context));
  }

 private:
  absl::Status Differentiate(tf::OpKernelContext* context) const {
    std::shared_ptr<const LutTable> table;
    Conv2dShape shape;
    tf::Tensor* output = nullptr;
    TF_RETURN_IF_ERROR(Prepare(context, kInputIndex, &table, &shape, &output));
    if (!HasProducts(context, *output)) return absl::OkStatus();
    const OperandSpec& a = table->table().a();
    const OperandSpec& b = table->table().b();
    QuantizedInput filter, upstream;
    TF_RETURN_IF_ERROR(QuantizeInput(context, {"upstream", kUpstreamIndex, 5}, {a}, &upstream));
    TF_RETURN_IF_ERROR(
        QuantizeInput(context, {"filter", kFilterIndex, 3}, {b, narrow_filter_}, &filter));
    const uint8_t* const weights = CodesOf(filter);
    const auto gradient = LutConv2dInputGradient::Create(
        table, shape, std::vector<uint8_t>(weights, weights + shape.FilterCount()),
        ZeroPoint(upstream.ranges[0], a.signedness), ZeroPoint(filter.ranges[0], b.signedness));
    if (!gradient.ok()) return ToStatus(gradient.error());
    return StoreSums(
        context, *gradient, ProductOfScales(upstream, filter),
        [&](auto* sums) { gradient->Run(CodesOf(upstream), sums, WorkersOf(context)); }, output);
  }

  bool narrow_filter_ = false;
};

class Conv2dFilterGradientOp : public Conv2dGradientBase {
 public:
  explicit Conv2dFilterGradientOp(tf::OpKernelConstruction* context) : Conv2dGradientBase(context) {
    OP_REQUIRES_OK(context, context->GetAttr("narrow_input", &narrow_input_));
  }

  void Compute(tf::OpKernelContext* context) override {
    OP_REQUIRES_OK(context, Differentiate(context));
  }

 private:
  absl::Status Differentiate(tf::OpKernelContext* context) const {
    std::shared_ptr<const LutTable> table;
    Conv2dShape shape;
    tf::Tensor* output = nullptr;
    TF_RETURN_IF_ERROR(Prepare(context, kFilterIndex, &table, &shape, &output));
    if (!HasProducts(context, *output)) return absl::OkStatus();
    const OperandSpec& a = table->table().a();
    const OperandSpec& b = table->table().b();
    QuantizedInput input, upstream;
    TF_RETURN_IF_ERROR(
        QuantizeInput(context, {"input", kInputIndex, 3}, {a, narrow_input_}, &input));
    TF_RETURN_IF_ERROR(QuantizeInput(context, {"upstream", kUpstreamIndex, 5}, {b}, &upstream));
    const auto gradient =
        LutConv2dFilterGradient::Create(table, shape, ZeroPoint(input.ranges[0], a.signedness),
                                        ZeroPoint(upstream.ranges[0], b.signedness));
    if (!gradient.ok()) return ToStatus(gradient.error());
    return StoreSums(
        context, *gradient, ProductOfScales(input, upstream),
        [&](auto* sums) {
          gradient->Run(CodesOf(input), CodesOf(upstream), sums, WorkersOf(context));
        },
        output);
  }

  bool narrow_input_ = false;
};

REGISTER_KERNEL_BUILDER(
    Name("AxlutConv2DInputGradient").Device(tf::DEVICE_CPU).HostMemory("input_sizes"),
    Conv2dInputGradientOp);
REGISTER_KERNEL_BUILDER(
    Name("AxlutConv2DFilterGradient").Device(tf::DEVICE_CPU).HostMemory("filter_sizes"),
    Conv2dFilterGradientOp);

}  // namespace
}  // namespace axlut
