// SPDX-License-Identifier: MIT
// AxlutFakeQuantize: the float values that AxlutConv2D's codes stand for, and which elements were
// inside the range. Its straight-through gradient is made of these.
#include <cstdint>

#include "runtime/tf/fake_quantize_base.h"
#include "runtime/tf/quantized_input.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/shape_inference.h"

namespace axlut {
namespace {

namespace tf = ::tensorflow;

absl::Status InferShape(tf::shape_inference::InferenceContext* context) {
  context->set_output(0, context->input(0));
  context->set_output(1, context->input(0));
  return absl::OkStatus();
}

REGISTER_OP("AxlutFakeQuantize")
    .Input("values: float")
    .Input("min: float")
    .Input("max: float")
    .Attr("table: string")
    .Attr("operand: {'a', 'b'}")
    .Output("quantized: float")
    .Output("inside: bool")
    .SetShapeFn(InferShape);

class FakeQuantizeOp : public FakeQuantizeBase {
 public:
  explicit FakeQuantizeOp(tf::OpKernelConstruction* context) : FakeQuantizeBase(context) {}

 private:
  absl::Status Quantize(tf::OpKernelContext* context, const OperandSpec& operand,
                        tf::Tensor* quantized, tf::Tensor* inside) override {
    QuantizedInput input;
    TF_RETURN_IF_ERROR(QuantizeInput(context, kValues, operand, &input));
    const NudgedRange& range = input.range;
    const float* const values = context->input(kValues.tensor).flat<float>().data();
    const uint8_t* const patterns = input.patterns.flat<uint8_t>().data();
    float* const meant = quantized->flat<float>().data();
    bool* const is_inside = inside->flat<bool>().data();
    const int32_t zero_point = ZeroPoint(range, operand.signedness);
    WorkersOf(context)(quantized->NumElements(), kConversionGrain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const auto steps = static_cast<int32_t>(operand.ValueOf(patterns[i])) - zero_point;
        meant[i] = static_cast<float>(steps) * range.scale;
        is_inside[i] = values[i] >= range.min && values[i] <= range.max;
      }
    });
    return absl::OkStatus();
  }
};

REGISTER_KERNEL_BUILDER(Name("AxlutFakeQuantize").Device(tf::DEVICE_CPU), FakeQuantizeOp);

}  // namespace
}  // namespace axlut
