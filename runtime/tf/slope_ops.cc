// SPDX-License-Identifier: MIT
// The ops of difference-based gradients (docs/gradients.md). AxlutSlopes: what takes the place of
// a quantized operand in the exact gradient, slopes that its codes look up.
// AxlutConv2DSlopeInputGradient and AxlutConv2DSlopeFilterGradient: a slope for every product.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/nn/conv2d_slope_gradients.h"
#include "runtime/tf/conv2d_gradient_base.h"
#include "runtime/tf/slope_attributes.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/shape_inference.h"

namespace axlut {
namespace {

namespace tf = ::tensorflow;

using tf::shape_inference::InferenceContext;
using SharedSlopes = std::shared_ptr<const std::vector<float>>;

REGISTER_OP("AxlutSlopes")
    .Input("values: float")
    .Input("min: float")
    .Input("max: float")
    .Attr("table: string")
    .Attr("operand: {'a', 'b'}")
    .Attr("encoding: {'affine', 'sign_magnitude'} = 'affine'")
    .Attr("narrow: bool = false")
    .Attr("axis: int = -1")
    .Attr("window: int >= 0 = 0")
    .Attr("slopes: string = ''")
    .Output("mapped: float")
    .Output("inside: bool")
    .SetShapeFn([](InferenceContext* context) {
      context->set_output(0, context->input(0));
      context->set_output(1, context->input(0));
      return absl::OkStatus();
    });

#define AXLUT_SLOPE_GRADIENT(name, like)                         \
  REGISTER_OP(name)                                              \
      .Input("input: float")                                     \
      .Input("filter: float")                                    \
      .Input("upstream: float")                                  \
      .Input("input_min: float")                                 \
      .Input("input_max: float")                                 \
      .Input("filter_min: float")                                \
      .Input("filter_max: float")                                \
      .Attr("table: string")                                     \
      .Attr("encoding: {'affine', 'sign_magnitude'} = 'affine'") \
      .Attr("strides: list(int) = [1, 1, 1, 1]")                 \
      .Attr("padding: {'SAME', 'VALID', 'EXPLICIT'} = 'SAME'")   \
      .Attr("explicit_paddings: list(int) = []")                 \
      .Attr("dilations: list(int) = [1, 1, 1, 1]")               \
      .Attr("narrow_input: bool = false")                        \
      .Attr("narrow_filter: bool = false")                       \
      .Attr("window: int >= 0 = 0")                              \
      .Attr("slopes: string = ''")                               \
      .Output("gradient: float")                                 \
      .SetShapeFn([](InferenceContext* context) {                \
        context->set_output(0, context->input(like));            \
        return absl::OkStatus();                                 \
      })
AXLUT_SLOPE_GRADIENT("AxlutConv2DSlopeInputGradient", 0);
AXLUT_SLOPE_GRADIENT("AxlutConv2DSlopeFilterGradient", 1);
#undef AXLUT_SLOPE_GRADIENT

bool IsInside(const NudgedRange& range, float value) {
  return value >= range.min && value <= range.max;
}

const uint8_t* CodesOf(const QuantizedInput& input) {
  return input.patterns.flat<uint8_t>().data();
}

class SlopesOp : public tf::OpKernel {
 public:
  explicit SlopesOp(tf::OpKernelConstruction* context) : OpKernel(context) {
    std::string operand;
    OP_REQUIRES_OK(context, context->GetAttr("operand", &operand));
    OP_REQUIRES_OK(context, context->GetAttr("narrow", &narrow_));
    OP_REQUIRES_OK(context, context->GetAttr("axis", &axis_));
    OP_REQUIRES_OK(context, slopes_.Read(context));
    OP_REQUIRES_OK(context, table_.Read(context));
    is_row_operand_ = operand == "a";
  }

  void Compute(tf::OpKernelContext* context) override { OP_REQUIRES_OK(context, Map(context)); }

 private:
  // mapped = scale * (slope(code) - zero point), the slope being that by the other operand.
  absl::Status Map(tf::OpKernelContext* context) {
    std::shared_ptr<const LutTable> table;
    TF_RETURN_IF_ERROR(table_.Get(&table));
    const OperandSpec operand = is_row_operand_ ? table->table().a() : table->table().b();
    SharedSlopes slopes;
    TF_RETURN_IF_ERROR(is_row_operand_ ? slopes_.GetMeanByB(table, &slopes)
                                       : slopes_.GetMeanByA(table, &slopes));
    QuantizedInput input;
    TF_RETURN_IF_ERROR(QuantizeInput(context, {"values", 0, 1}, {operand, narrow_, axis_}, &input));
    const tf::Tensor& tensor = context->input(0);
    tf::Tensor* mapped = nullptr;
    tf::Tensor* inside = nullptr;
    TF_RETURN_IF_ERROR(context->allocate_output(0, tensor.shape(), &mapped));
    TF_RETURN_IF_ERROR(context->allocate_output(1, tensor.shape(), &inside));
    const float* const values = tensor.flat<float>().data();
    const uint8_t* const codes = CodesOf(input);
    float* const out = mapped->flat<float>().data();
    bool* const is_inside = inside->flat<bool>().data();
    const size_t ranges = input.ranges.size();
    // What each code of each range becomes.
    std::vector<float> by_code(ranges * slopes->size());
    for (size_t i = 0; i < by_code.size(); ++i) {
      const NudgedRange& range = input.ranges[i / slopes->size()];
      const auto zero = static_cast<float>(ZeroPoint(range, operand.signedness));
      by_code[i] = range.scale * ((*slopes)[i % slopes->size()] - zero);
    }
    int64_t run = tensor.NumElements();  // elements that lie together and have one range
    if (ranges > 1) {
      run = 1;
      const int axis = axis_ < 0 ? axis_ + tensor.dims() : axis_;
      for (int i = axis + 1; i < tensor.dims(); ++i) run *= tensor.dim_size(i);
    }
    WorkersOf(context)(tensor.NumElements(), kConversionGrain, [&](int64_t begin, int64_t end) {
      while (begin < end) {
        const int64_t run_end = std::min(end, begin - begin % run + run);
        const size_t index = static_cast<size_t>(begin / run) % ranges;
        const NudgedRange& range = input.ranges[index];
        const float* const of_range = by_code.data() + index * slopes->size();
        for (int64_t i = begin; i < run_end; ++i) {
          out[i] = of_range[codes[i]];
          is_inside[i] = IsInside(range, values[i]);
        }
        begin = run_end;
      }
    });
    return absl::OkStatus();
  }

  TableAttribute table_;
  SlopeAttributes slopes_;
  bool is_row_operand_ = true, narrow_ = false;
  int32_t axis_ = -1;
};

class SlopeGradientBase : public Conv2dGradientBase {
 public:
  explicit SlopeGradientBase(tf::OpKernelConstruction* context) : Conv2dGradientBase(context) {
    OP_REQUIRES_OK(context, context->GetAttr("narrow_input", &narrow_input_));
    OP_REQUIRES_OK(context, context->GetAttr("narrow_filter", &narrow_filter_));
    OP_REQUIRES_OK(context, slopes_.Read(context));
  }

  void Compute(tf::OpKernelContext* context) override {
    OP_REQUIRES_OK(context, Differentiate(context));
  }

 protected:
  virtual absl::Status Differentiate(tf::OpKernelContext* context) = 0;

  absl::Status Quantize(tf::OpKernelContext* context, const TruthTable& table,
                        QuantizedInput* input, QuantizedInput* filter) const {
    TF_RETURN_IF_ERROR(
        QuantizeInput(context, {"input", kInputIndex, 3}, {table.a(), narrow_input_}, input));
    return QuantizeInput(context, {"filter", kFilterIndex, 5}, {table.b(), narrow_filter_, 3},
                         filter);
  }

  SlopeAttributes& slopes() { return slopes_; }

 private:
  SlopeAttributes slopes_;
  bool narrow_input_ = false, narrow_filter_ = false;
};

class SlopeInputGradientOp : public SlopeGradientBase {
 public:
  explicit SlopeInputGradientOp(tf::OpKernelConstruction* context) : SlopeGradientBase(context) {}

 private:
  absl::Status Differentiate(tf::OpKernelContext* context) override {
    std::shared_ptr<const LutTable> table;
    Conv2dShape shape;
    tf::Tensor* output = nullptr;
    TF_RETURN_IF_ERROR(Prepare(context, kInputIndex, &table, &shape, &output));
    if (!HasProducts(context, *output)) return absl::OkStatus();
    const TruthTable& truth = table->table();
    SharedSlopes by_a;
    TF_RETURN_IF_ERROR(slopes().GetByA(table, &by_a));
    QuantizedInput input, filter;
    TF_RETURN_IF_ERROR(Quantize(context, truth, &input, &filter));
    std::vector<float> zeros(static_cast<size_t>(shape.out_c)), scales(zeros.size());
    for (size_t o = 0; o < zeros.size(); ++o) {
      const NudgedRange& range = filter.ranges[filter.ranges.size() == 1 ? 0 : o];
      zeros[o] = static_cast<float>(ZeroPoint(range, truth.b().signedness));
      scales[o] = range.scale;
    }
    const ParallelFor workers = WorkersOf(context);
    const float* const upstream = context->input(kUpstreamIndex).flat<float>().data();
    tf::Tensor scaled;
    TF_RETURN_IF_ERROR(
        context->allocate_temp(tf::DT_FLOAT, context->input(kUpstreamIndex).shape(), &scaled));
    float* const gradients = scaled.flat<float>().data();
    workers(scaled.NumElements(), kConversionGrain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        gradients[i] = upstream[i] * scales[static_cast<size_t>(i % shape.out_c)];
      }
    });
    float* const out = output->flat<float>().data();
    Conv2dSlopeInputGradient(shape, {by_a->data(), truth.a().width, truth.b().width},
                             CodesOf(input), CodesOf(filter), zeros.data(), gradients, out,
                             workers);
    const float* const values = context->input(kInputIndex).flat<float>().data();
    workers(output->NumElements(), kConversionGrain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        if (!IsInside(input.ranges[0], values[i])) out[i] = 0;
      }
    });
    return absl::OkStatus();
  }
};

class SlopeFilterGradientOp : public SlopeGradientBase {
 public:
  explicit SlopeFilterGradientOp(tf::OpKernelConstruction* context) : SlopeGradientBase(context) {}

 private:
  absl::Status Differentiate(tf::OpKernelContext* context) override {
    std::shared_ptr<const LutTable> table;
    Conv2dShape shape;
    tf::Tensor* output = nullptr;
    TF_RETURN_IF_ERROR(Prepare(context, kFilterIndex, &table, &shape, &output));
    if (!HasProducts(context, *output)) return absl::OkStatus();
    const TruthTable& truth = table->table();
    SharedSlopes by_b;
    TF_RETURN_IF_ERROR(slopes().GetByB(table, &by_b));
    QuantizedInput input, filter;
    TF_RETURN_IF_ERROR(Quantize(context, truth, &input, &filter));
    const NudgedRange& input_range = input.ranges[0];
    const int32_t zero = ZeroPoint(input_range, truth.a().signedness);
    float* const out = output->flat<float>().data();
    Conv2dSlopeFilterGradient(shape, {by_b->data(), truth.a().width, truth.b().width},
                              static_cast<uint8_t>(truth.a().PatternOf(zero)), CodesOf(input),
                              CodesOf(filter), static_cast<float>(zero),
                              context->input(kUpstreamIndex).flat<float>().data(), out,
                              WorkersOf(context));
    const float* const values = context->input(kFilterIndex).flat<float>().data();
    for (int64_t i = 0; i < output->NumElements(); ++i) {
      const size_t channel = filter.ranges.size() == 1 ? 0 : static_cast<size_t>(i % shape.out_c);
      out[i] = IsInside(filter.ranges[channel], values[i]) ? out[i] * input_range.scale : 0.0f;
    }
    return absl::OkStatus();
  }
};

REGISTER_KERNEL_BUILDER(Name("AxlutSlopes").Device(tf::DEVICE_CPU), SlopesOp);
REGISTER_KERNEL_BUILDER(Name("AxlutConv2DSlopeInputGradient").Device(tf::DEVICE_CPU),
                        SlopeInputGradientOp);
REGISTER_KERNEL_BUILDER(Name("AxlutConv2DSlopeFilterGradient").Device(tf::DEVICE_CPU),
                        SlopeFilterGradientOp);

}  // namespace
}  // namespace axlut
