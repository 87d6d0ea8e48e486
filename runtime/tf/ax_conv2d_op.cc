// SPDX-License-Identifier: MIT
// AxlutConv2D: tf.nn.conv2d with every multiplication replaced by a look-up in a truth table. The
// op, specified in docs/tensorflow.md, and its kernel for CPUs, whose arithmetic is that of
// runtime/nn/lut_conv2d.h.
#include <cstdint>
#include <memory>

#include "runtime/nn/layer_cache.h"
#include "runtime/nn/lut_conv2d.h"
#include "runtime/tf/ax_conv2d_base.h"
#include "runtime/tf/quantized_input.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/shape_inference.h"

namespace axlut {
namespace {

namespace tf = ::tensorflow;

absl::Status InferShape(tf::shape_inference::InferenceContext* context) {
  for (int i = 2; i < context->num_inputs(); ++i) {  // the ends of the ranges
    tf::shape_inference::ShapeHandle scalar;
    TF_RETURN_IF_ERROR(context->WithRank(context->input(i), 0, &scalar));
  }
  return tf::shape_inference::Conv2DShapeWithExplicitPadding(context);
}

REGISTER_OP("AxlutConv2D")
    .Input("input: float")
    .Input("filter: float")
    .Input("input_min: float")
    .Input("input_max: float")
    .Input("filter_min: float")
    .Input("filter_max: float")
    .Attr("table: string")
    .Attr("strides: list(int) = [1, 1, 1, 1]")
    .Attr("padding: {'SAME', 'VALID', 'EXPLICIT'} = 'SAME'")
    .Attr("explicit_paddings: list(int) = []")
    .Attr("dilations: list(int) = [1, 1, 1, 1]")
    .Output("output: float")
    .SetShapeFn(InferShape);

class AxConv2dOp : public AxConv2dBase {
 public:
  explicit AxConv2dOp(tf::OpKernelConstruction* context) : AxConv2dBase(context) {}

 private:
  absl::Status Convolve(tf::OpKernelContext* context, const std::shared_ptr<const LutTable>& table,
                        const Conv2dShape& shape, tf::Tensor* output) override {
    const ParallelFor parallel_for = WorkersOf(context);
    const OperandSpec& a = table->table().a();
    const OperandSpec& b = table->table().b();
    QuantizedInput input, filter;
    TF_RETURN_IF_ERROR(QuantizeInput(context, kInput, a, &input));
    TF_RETURN_IF_ERROR(QuantizeInput(context, kFilter, b, &filter));
    const auto found =
        layers_.Get(table, shape, filter.patterns.flat<uint8_t>().data(),
                    ZeroPoint(input.range, a.signedness), {ZeroPoint(filter.range, b.signedness)});
    if (!found.ok()) return ToStatus(found.error());
    const std::shared_ptr<const LutConv2d>& layer = *found;
    const double scale = static_cast<double>(input.range.scale) * filter.range.scale;
    return layer->NeedsInt64()
               ? Run<int64_t>(context, *layer, input.patterns, scale, parallel_for, output)
               : Run<int32_t>(context, *layer, input.patterns, scale, parallel_for, output);
  }

  // The integers, then the only rounding: to double (exact up to 2^53), and to float.
  template <typename Accumulator>
  static absl::Status Run(tf::OpKernelContext* context, const LutConv2d& layer,
                          const tf::Tensor& patterns, double scale, const ParallelFor& parallel_for,
                          tf::Tensor* output) {
    tf::Tensor sums;
    TF_RETURN_IF_ERROR(
        context->allocate_temp(tf::DataTypeToEnum<Accumulator>::value, output->shape(), &sums));
    Accumulator* const integers = sums.flat<Accumulator>().data();
    layer.Run(patterns.flat<uint8_t>().data(), output->dim_size(0), integers, parallel_for);
    float* const values = output->flat<float>().data();
    parallel_for(output->NumElements(), kConversionGrain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        values[i] = static_cast<float>(scale * static_cast<double>(integers[i]));
      }
    });
    return absl::OkStatus();
  }

  LayerCache layers_;
};

REGISTER_KERNEL_BUILDER(Name("AxlutConv2D").Device(tf::DEVICE_CPU), AxConv2dOp);

}  // namespace
}  // namespace axlut
