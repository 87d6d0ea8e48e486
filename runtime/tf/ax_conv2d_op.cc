// SPDX-License-Identifier: MIT
// AxlutConv2D: tf.nn.conv2d with every multiplication replaced by a look-up in a truth table.
// Checks and converts; the arithmetic is runtime/nn/lut_conv2d.h. docs/tensorflow.md specifies it.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/nn/lut_conv2d.h"
#include "runtime/tf/conv2d_attributes.h"
#include "runtime/tf/nudged_range.h"
#include "runtime/tf/table_cache.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"
#include "tensorflow/core/framework/shape_inference.h"
#include "tensorflow/core/platform/threadpool.h"

namespace axlut {
namespace {

namespace tf = ::tensorflow;

constexpr int kInput = 0, kFilter = 1, kFirstRange = 2;

absl::Status InferShape(tf::shape_inference::InferenceContext* context) {
  for (int i = kFirstRange; i < context->num_inputs(); ++i) {
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

// An Error as the status that TensorFlow raises as InvalidArgumentError, with the same text; the
// word "error" that starts a message without a place would only repeat that.
absl::Status ToStatus(const Error& error) {
  constexpr char kPrefix[] = "error: ";
  const std::string text = error.ToString();
  const bool has_prefix = text.compare(0, sizeof(kPrefix) - 1, kPrefix) == 0;
  return absl::InvalidArgumentError(has_prefix ? text.substr(sizeof(kPrefix) - 1) : text);
}

std::vector<int64_t> DimensionsOf(const tf::Tensor& tensor) {
  std::vector<int64_t> dimensions;
  for (int i = 0; i < tensor.dims(); ++i) dimensions.push_back(tensor.dim_size(i));
  return dimensions;
}

// TensorFlow's intra-op threads as our ParallelFor.
ParallelFor WorkersOf(tf::OpKernelContext* context) {
  const auto* const workers = context->device()->tensorflow_cpu_worker_threads();
  return [workers](int64_t count, int64_t grain, const RangeBody& body) {
    if (count <= 0) return;
    // A few blocks per thread even out unequal progress; more would only cost scheduling.
    const int64_t even = (count + 4 * workers->num_threads - 1) / (4 * workers->num_threads);
    const int64_t block = std::max(grain, even);
    workers->workers->ParallelFor(count, tf::thread::ThreadPool::SchedulingParams::Fixed(block),
                                  body);
  };
}

// Elements that one thread should convert at least: about 20 us of work.
constexpr int64_t kConversionGrain = 1 << 14;

// A tensor as the kernels take it.
struct QuantizedTensor {
  NudgedRange range;
  tf::Tensor patterns;  // uint8
};

// The range of an empty tensor does not matter: its own minimum and maximum are infinite.
Result<NudgedRange> RangeOf(tf::OpKernelContext* context, int index, int first_range, int width,
                            const char* name) {
  if (context->input(index).NumElements() == 0) return NudgeRange(0, 0, width, name);
  for (int end = first_range; end < first_range + 2; ++end) {
    if (context->input(end).dims() != 0) {
      return Error::InvalidInput(std::string(name) + " must be two scalars; one has the shape " +
                                 context->input(end).shape().DebugString());
    }
  }
  return NudgeRange(context->input(first_range).scalar<float>()(),
                    context->input(first_range + 1).scalar<float>()(), width, name);
}

absl::Status Quantize(tf::OpKernelContext* context, int index, const OperandSpec& operand,
                      const ParallelFor& parallel_for, QuantizedTensor* quantized) {
  const tf::Tensor& tensor = context->input(index);
  const std::string name = index == kInput ? "input" : "filter";
  auto range =
      RangeOf(context, index, kFirstRange + 2 * index, operand.width, (name + "_range").c_str());
  if (!range.ok()) return ToStatus(range.error());
  quantized->range = *range;
  TF_RETURN_IF_ERROR(context->allocate_temp(tf::DT_UINT8, tensor.shape(), &quantized->patterns));
  const float* const values = tensor.flat<float>().data();
  uint8_t* const patterns = quantized->patterns.flat<uint8_t>().data();
  const int64_t count = tensor.NumElements();
  std::atomic<bool> is_number{true};
  parallel_for(count, kConversionGrain, [&](int64_t begin, int64_t end) {
    if (!QuantizeToPatterns(*range, operand.signedness, values + begin, end - begin,
                            patterns + begin)) {
      is_number = false;
    }
  });
  if (is_number) return absl::OkStatus();
  const auto nan = std::find_if(values, values + count, [](float v) { return std::isnan(v); });
  return absl::InvalidArgumentError(name + " must not hold NaN; element " +
                                    std::to_string(nan - values) + " is one");
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
  }

  void Compute(tf::OpKernelContext* context) override {
    const auto shape = attributes_.ShapeFor(DimensionsOf(context->input(kInput)),
                                            DimensionsOf(context->input(kFilter)));
    OP_REQUIRES(context, shape.ok(), ToStatus(shape.error()));
    tf::Tensor* output = nullptr;
    OP_REQUIRES_OK(
        context,
        context->allocate_output(
            0, tf::TensorShape({shape->batch, shape->out_h, shape->out_w, shape->out_c}), &output));
    if (output->NumElements() == 0) return;
    // Asked for at every step: TensorFlow keeps kernels of eager calls, files may be rewritten.
    const auto table = TableCache::Global().Get(table_path_);
    OP_REQUIRES(context, table.ok(), ToStatus(table.error()));
    OP_REQUIRES_OK(context, Convolve(context, *table, *shape, output));
  }

 private:
  static absl::Status Convolve(tf::OpKernelContext* context,
                               const std::shared_ptr<const LutTable>& table,
                               const Conv2dShape& shape, tf::Tensor* output) {
    const ParallelFor parallel_for = WorkersOf(context);
    const OperandSpec& a = table->table().a();
    const OperandSpec& b = table->table().b();
    QuantizedTensor input, filter;
    TF_RETURN_IF_ERROR(Quantize(context, kInput, a, parallel_for, &input));
    TF_RETURN_IF_ERROR(Quantize(context, kFilter, b, parallel_for, &filter));
    const uint8_t* const filter_patterns = filter.patterns.flat<uint8_t>().data();
    const auto layer = LutConv2d::Create(
        table, shape,
        std::vector<uint8_t>(filter_patterns, filter_patterns + filter.patterns.NumElements()),
        ZeroPoint(input.range, a.signedness), {ZeroPoint(filter.range, b.signedness)});
    if (!layer.ok()) return ToStatus(layer.error());
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
    layer.Run(patterns.flat<uint8_t>().data(), layer.shape().batch, integers, parallel_for);
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
};

REGISTER_KERNEL_BUILDER(Name("AxlutConv2D").Device(tf::DEVICE_CPU), AxConv2dOp);

}  // namespace
}  // namespace axlut
