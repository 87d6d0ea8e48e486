// SPDX-License-Identifier: MIT
// AxlutConv2D: tf.nn.conv2d with every multiplication replaced by a look-up in a truth table. The
// op, specified in docs/tensorflow.md, and its kernel for CPUs, whose arithmetic is that of
// runtime/nn/lut_conv2d.h.
#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/nn/layer_cache.h"
#include "runtime/nn/lut_conv2d.h"
#include "runtime/tf/ax_conv2d_base.h"
#include "runtime/tf/conv2d_output.h"
#include "runtime/tf/conv2d_shape_fn.h"
#include "runtime/tf/quantized_input.h"

namespace axlut {
namespace {

namespace tf = ::tensorflow;

// The gradient attributes are for runtime/python/axlut/_gradients.py, which reads them.
REGISTER_OP("AxlutConv2D")
    .Input("input: T")
    .Input("filter: T")
    .Input("input_min: float")
    .Input("input_max: float")
    .Input("filter_min: float")
    .Input("filter_max: float")
    .Attr("T: {float, half, bfloat16} = DT_FLOAT")
    .Attr("table: string")
    .Attr("encoding: {'affine', 'sign_magnitude'} = 'affine'")
    .Attr("strides: list(int) = [1, 1, 1, 1]")
    .Attr("padding: {'SAME', 'VALID', 'EXPLICIT'} = 'SAME'")
    .Attr("explicit_paddings: list(int) = []")
    .Attr("data_format: {'NHWC', 'NCHW'} = 'NHWC'")
    .Attr("dilations: list(int) = [1, 1, 1, 1]")
    .Attr("narrow_input: bool = false")
    .Attr("narrow_filter: bool = false")
    .Attr(
        "gradient: {'straight_through', 'approximate', 'difference_1d', 'difference_2d'} = "
        "'straight_through'")
    .Attr("input_gradient_table: string = ''")
    .Attr("filter_gradient_table: string = ''")
    .Attr("difference_window: int >= 0 = 0")
    .Output("output: T")
    .SetShapeFn([](tf::shape_inference::InferenceContext* context) {
      return InferConv2dShape(context, 2);
    });

template <typename T>
class AxConv2dOp : public AxConv2dBase {
 public:
  explicit AxConv2dOp(tf::OpKernelConstruction* context) : AxConv2dBase(context) {
    OP_REQUIRES_OK(context, context->GetAttr("narrow_input", &narrow_input_));
    OP_REQUIRES_OK(context, context->GetAttr("narrow_filter", &narrow_filter_));
  }

 private:
  absl::Status Convolve(tf::OpKernelContext* context, const std::shared_ptr<const LutTable>& table,
                        const Conv2dShape& shape, tf::Tensor* output) override {
    const OperandSpec& a = table->table().a();
    const OperandSpec& b = table->table().b();
    QuantizedInput input, filter;
    TF_RETURN_IF_ERROR(data_format() == DataFormat::kNhwc
                           ? QuantizeInput(context, kInput, {a, narrow_input_}, &input)
                           : QuantizeNchwInput(context, kInput, {a, narrow_input_}, &input));
    TF_RETURN_IF_ERROR(QuantizeInput(context, kFilter, {b, narrow_filter_, 3}, &filter));
    const auto found =
        layers_.Get(table, shape, filter.patterns.flat<uint8_t>().data(),
                    ZeroPoint(input.ranges[0], a.signedness), filter.ZeroPoints(b.signedness));
    if (!found.ok()) return ToStatus(found.error());
    std::vector<double> scales(static_cast<size_t>(shape.out_c));
    for (size_t c = 0; c < scales.size(); ++c) {
      const NudgedRange& range = filter.ranges[filter.ranges.size() == 1 ? 0 : c];
      scales[c] = static_cast<double>(input.ranges[0].scale) * range.scale;
    }
    const LutConv2d& layer = **found;
    if (layer.NeedsInt64()) {
      Run<int64_t>(context, layer, input.patterns, shape, scales.data(), output);
    } else {
      Run<int32_t>(context, layer, input.patterns, shape, scales.data(), output);
    }
    return absl::OkStatus();
  }

  // The integers, then the only rounding: to double (exact up to 2^53), and to float, which is what
  // other types are made of.
  template <typename Accumulator>
  void Run(tf::OpKernelContext* context, const LutConv2d& layer, const tf::Tensor& patterns,
           const Conv2dShape& shape, const double* scales, tf::Tensor* output) const {
    T* const out = output->flat<T>().data();
    layer.RunBlocks(patterns.flat<uint8_t>().data(), shape.batch,
                    SumSink<Accumulator>([&](const SumBlock<Accumulator>& block) {
                      StoreBlock(
                          block, data_format(), shape,
                          [scales](Accumulator sum, int64_t channel) {
                            return static_cast<T>(
                                static_cast<float>(scales[channel] * static_cast<double>(sum)));
                          },
                          out);
                    }),
                    WorkersOf(context));
  }

  bool narrow_input_ = false, narrow_filter_ = false;
  LayerCache layers_;
};

#define AXLUT_REGISTER(T)                                                                    \
  REGISTER_KERNEL_BUILDER(Name("AxlutConv2D").Device(tf::DEVICE_CPU).TypeConstraint<T>("T"), \
                          AxConv2dOp<T>)
AXLUT_REGISTER(float);
AXLUT_REGISTER(Eigen::half);
AXLUT_REGISTER(tf::bfloat16);
#undef AXLUT_REGISTER

}  // namespace
}  // namespace axlut
