// SPDX-License-Identifier: MIT
// AxlutConv2D: tf.nn.conv2d with every multiplication replaced by a look-up in a truth table.
// Checks and converts; the arithmetic is runtime/nn/lut_conv2d.h. docs/tensorflow.md specifies it.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/nn/layer_cache.h"
#include "runtime/nn/lut_conv2d.h"
#include "runtime/tf/conv2d_attributes.h"
#include "runtime/tf/quantized_input.h"
#include "runtime/tf/table_cache.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"
#include "tensorflow/core/framework/shape_inference.h"

namespace axlut {
namespace {

namespace tf = ::tensorflow;

// Inputs of the op: the tensors, then the ends of their ranges.
constexpr int kInput = 0, kFilter = 1, kInputMin = 2, kFilterMin = 4;

absl::Status InferShape(tf::shape_inference::InferenceContext* context) {
  for (int i = kInputMin; i < context->num_inputs(); ++i) {
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

std::vector<int64_t> DimensionsOf(const tf::Tensor& tensor) {
  std::vector<int64_t> dimensions;
  for (int i = 0; i < tensor.dims(); ++i) dimensions.push_back(tensor.dim_size(i));
  return dimensions;
}

class AxConv2dOp : public tf::OpKernel {
 public:
  explicit AxConv2dOp(tf::OpKernelConstruction* context) : OpKernel(context) {
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

  void Compute(tf::OpKernelContext* context) override {
    const auto shape = attributes_.ShapeFor(DimensionsOf(context->input(kInput)),
                                            DimensionsOf(context->input(kFilter)));
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

 private:
  absl::Status Convolve(tf::OpKernelContext* context, const std::shared_ptr<const LutTable>& table,
                        const Conv2dShape& shape, tf::Tensor* output) {
    const ParallelFor parallel_for = WorkersOf(context);
    const OperandSpec& a = table->table().a();
    const OperandSpec& b = table->table().b();
    QuantizedInput input, filter;
    TF_RETURN_IF_ERROR(QuantizeInput(context, {"input", kInput, kInputMin}, a, &input));
    TF_RETURN_IF_ERROR(QuantizeInput(context, {"filter", kFilter, kFilterMin}, b, &filter));
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

  std::string table_path_;
  Conv2dAttributes attributes_;
  LayerCache layers_;
};

REGISTER_KERNEL_BUILDER(Name("AxlutConv2D").Device(tf::DEVICE_CPU), AxConv2dOp);

}  // namespace
}  // namespace axlut
