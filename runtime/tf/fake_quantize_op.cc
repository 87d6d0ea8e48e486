// SPDX-License-Identifier: MIT
// AxlutQuantize: the bit patterns that a tensor becomes in front of a table. AxlutFakeQuantize: the
// float values that they stand for, and which elements were inside the range; straight-through
// gradients are made of these.
#include <cstdint>

#include "runtime/tf/fake_quantize_base.h"
#include "runtime/tf/quantized_input.h"
#include "runtime/tf/register_float_kernels.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/shape_inference.h"

namespace axlut {
namespace {

namespace tf = ::tensorflow;

absl::Status InferShape(tf::shape_inference::InferenceContext* context) {
  const tf::shape_inference::ShapeHandle values = context->input(0);
  for (int i = 1; i < context->num_inputs(); ++i) {  // the ends of the range
    tf::shape_inference::ShapeHandle end;
    TF_RETURN_IF_ERROR(context->WithRankAtMost(context->input(i), 1, &end));
  }
  for (int i = 0; i < context->num_outputs(); ++i) context->set_output(i, values);
  return absl::OkStatus();
}

REGISTER_OP("AxlutFakeQuantize")
    .Input("values: T")
    .Input("min: float")
    .Input("max: float")
    .Attr("T: {float, half, bfloat16} = DT_FLOAT")
    .Attr("table: string")
    .Attr("operand: {'a', 'b'}")
    .Attr("encoding: {'affine', 'sign_magnitude'} = 'affine'")
    .Attr("narrow: bool = false")
    .Attr("axis: int = -1")
    .Output("quantized: T")
    .Output("inside: bool")
    .SetShapeFn(InferShape);

REGISTER_OP("AxlutQuantize")
    .Input("values: T")
    .Input("min: float")
    .Input("max: float")
    .Attr("T: {float, half, bfloat16} = DT_FLOAT")
    .Attr("table: string")
    .Attr("operand: {'a', 'b'}")
    .Attr("encoding: {'affine', 'sign_magnitude'} = 'affine'")
    .Attr("narrow: bool = false")
    .Attr("axis: int = -1")
    .Output("codes: uint8")
    .SetShapeFn(InferShape);

class QuantizeOp : public QuantizeBase {
 public:
  explicit QuantizeOp(tf::OpKernelConstruction* context) : QuantizeBase(context) {}

  void Compute(tf::OpKernelContext* context) override {
    InputQuantization quantization;
    OP_REQUIRES_OK(context, Quantization(&quantization));
    QuantizedInput input;
    OP_REQUIRES_OK(context, QuantizeInput(context, kValues, quantization, &input));
    context->set_output(0, input.patterns);
  }
};

template <typename T>
class FakeQuantizeOp : public FakeQuantizeBase {
 public:
  explicit FakeQuantizeOp(tf::OpKernelConstruction* context) : FakeQuantizeBase(context) {}

 private:
  absl::Status Quantize(tf::OpKernelContext* context, const InputQuantization& quantization,
                        tf::Tensor* quantized, tf::Tensor* inside) override {
    QuantizedInput input;
    TF_RETURN_IF_ERROR(QuantizeInput(context, kValues, quantization, &input));
    const tf::Tensor& tensor = context->input(kValues.tensor);
    // Elements that lie together in memory and have one range.
    int64_t run = tensor.NumElements();
    if (input.ranges.size() > 1) {
      const int axis =
          quantization.axis < 0 ? quantization.axis + tensor.dims() : quantization.axis;
      run = 1;
      for (int i = axis + 1; i < tensor.dims(); ++i) run *= tensor.dim_size(i);
    }
    const T* const values = tensor.flat<T>().data();
    const uint8_t* const patterns = input.patterns.flat<uint8_t>().data();
    T* const meant = quantized->flat<T>().data();
    bool* const is_inside = inside->flat<bool>().data();
    const OperandSpec& operand = quantization.operand;
    const int32_t flip = operand.is_signed() ? 1 << (operand.width - 1) : 0;  // pattern to code
    const auto fill = [&](const NudgedRange& range, int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int32_t steps = (patterns[i] ^ flip) - range.zero_code;
        const float value = static_cast<float>(values[i]);
        meant[i] = static_cast<T>(static_cast<float>(steps) * range.scale);
        is_inside[i] = value >= range.min && value <= range.max;
      }
    };
    WorkersOf(context)(tensor.NumElements(), kConversionGrain, [&](int64_t begin, int64_t end) {
      while (begin < end) {
        const int64_t run_end = std::min(end, begin - begin % run + run);
        fill(input.ranges[begin / run % input.ranges.size()], begin, run_end);
        begin = run_end;
      }
    });
    return absl::OkStatus();
  }
};

REGISTER_KERNEL_BUILDER(Name("AxlutQuantize").Device(tf::DEVICE_CPU), QuantizeOp);
AXLUT_REGISTER_FLOAT_KERNELS("AxlutFakeQuantize", FakeQuantizeOp);

}  // namespace
}  // namespace axlut
