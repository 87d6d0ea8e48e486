// SPDX-License-Identifier: MIT
// AxlutTuneWeights: which weights multiply better than those that were meant, for a table, and the
// tuned table. AxlutMapWeights: the weights of a layer replaced by these. runtime/table/
// weight_tuning.h has the definitions.
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/table/weight_tuning.h"
#include "runtime/tf/fake_quantize_base.h"
#include "runtime/tf/quantized_input.h"
#include "runtime/tf/register_float_kernels.h"
#include "runtime/tf/stored_table_file.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/shape_inference.h"

namespace axlut {
namespace {

namespace tf = ::tensorflow;
using tf::shape_inference::InferenceContext;

// Stateful: reads a file, and writes one if `output` is not empty.
REGISTER_OP("AxlutTuneWeights")
    .Input("histogram: double")
    .Input("a_zero: int32")
    .Attr("table: string")
    .Attr("encoding: {'affine', 'sign_magnitude'} = 'affine'")
    .Attr("narrow: bool = false")
    .Attr("output: string = ''")
    .Output("map: int32")
    .Output("mae_before: double")
    .Output("mae_after: double")
    .SetIsStateful()
    .SetShapeFn([](InferenceContext* context) {
      tf::shape_inference::ShapeHandle ignored;
      TF_RETURN_IF_ERROR(context->WithRank(context->input(0), 1, &ignored));
      TF_RETURN_IF_ERROR(context->WithRank(context->input(1), 0, &ignored));
      context->set_output(0, context->Vector(InferenceContext::kUnknownDim));
      context->set_output(1, context->Scalar());
      context->set_output(2, context->Scalar());
      return absl::OkStatus();
    });

REGISTER_OP("AxlutMapWeights")
    .Input("weights: T")
    .Input("min: float")
    .Input("max: float")
    .Input("map: int32")
    .Attr("T: {float, half, bfloat16} = DT_FLOAT")
    .Attr("table: string")
    .Attr("operand: {'a', 'b'} = 'b'")
    .Attr("encoding: {'affine', 'sign_magnitude'} = 'affine'")
    .Attr("narrow: bool = false")
    .Attr("axis: int = -1")
    .Output("mapped: T")
    .SetShapeFn([](InferenceContext* context) {
      context->set_output(0, context->input(0));
      return absl::OkStatus();
    });

class TuneWeightsOp : public tf::OpKernel {
 public:
  explicit TuneWeightsOp(tf::OpKernelConstruction* context) : OpKernel(context) {
    std::string encoding;
    OP_REQUIRES_OK(context, context->GetAttr("table", &path_));
    OP_REQUIRES_OK(context, context->GetAttr("encoding", &encoding));
    OP_REQUIRES_OK(context, context->GetAttr("narrow", &narrow_));
    OP_REQUIRES_OK(context, context->GetAttr("output", &output_));
    const auto parsed = ParseEncoding(encoding);
    OP_REQUIRES(context, parsed.ok(), ToStatus(parsed.error()));
    encoding_ = *parsed;
  }

  void Compute(tf::OpKernelContext* context) override {
    const tf::Tensor& histogram = context->input(0);
    OP_REQUIRES(
        context, histogram.dims() == 1 && context->input(1).dims() == 0,
        absl::InvalidArgumentError("histogram must be a vector and the zero point a scalar; "
                                   "their shapes are " +
                                   histogram.shape().DebugString() + " and " +
                                   context->input(1).shape().DebugString()));
    WeightTuningOptions options;
    const auto counts = histogram.flat<double>();
    options.histogram.assign(counts.data(), counts.data() + counts.size());
    options.zero_a = context->input(1).scalar<int32_t>()();
    options.narrow_b = narrow_;
    options.parallel_for = WorkersOf(context);
    const auto tuning = Tune(options);
    OP_REQUIRES(context, tuning.ok(), ToStatus(tuning.error()));
    tf::Tensor* map = nullptr;
    tf::Tensor* mae[2] = {nullptr, nullptr};
    OP_REQUIRES_OK(context,
                   context->allocate_output(0, {static_cast<int64_t>(tuning->map.size())}, &map));
    OP_REQUIRES_OK(context, context->allocate_output(1, {}, &mae[0]));
    OP_REQUIRES_OK(context, context->allocate_output(2, {}, &mae[1]));
    std::copy(tuning->map.begin(), tuning->map.end(), map->flat<int32_t>().data());
    mae[0]->scalar<double>()() = tuning->mae_before;
    mae[1]->scalar<double>()() = tuning->mae_after;
  }

 private:
  Result<WeightTuning> Tune(const WeightTuningOptions& options) const {
    AXLUT_ASSIGN_OR_RETURN(const StoredTable stored, ReadStoredTable(path_, encoding_));
    AXLUT_ASSIGN_OR_RETURN(WeightTuning tuning, TuneWeights(stored.table, options));
    if (!output_.empty()) {
      const StoredTable tuned = TunedTable(stored, tuning.map);
      AXLUT_RETURN_IF_ERROR(CheckReadsBack(output_, tuned.table));
      AXLUT_RETURN_IF_ERROR(SaveTable(output_, tuned));
    }
    return tuning;
  }

  std::string path_, output_;
  OperandEncoding encoding_ = OperandEncoding::kAffine;
  bool narrow_ = false;
};

template <typename T>
class MapWeightsOp : public QuantizeBase {
 public:
  explicit MapWeightsOp(tf::OpKernelConstruction* context) : QuantizeBase(context) {}

  void Compute(tf::OpKernelContext* context) override {
    InputQuantization quantization;
    OP_REQUIRES_OK(context, Quantization(&quantization));
    const OperandSpec& operand = quantization.operand;
    const tf::Tensor& map = context->input(3);
    OP_REQUIRES_OK(context, CheckMap(map, operand));
    QuantizedInput weights;
    OP_REQUIRES_OK(context, QuantizeInput(context, kValues, quantization, &weights));
    const tf::Tensor& tensor = context->input(kValues.tensor);
    tf::Tensor* mapped = nullptr;
    OP_REQUIRES_OK(context, context->allocate_output(0, tensor.shape(), &mapped));
    int64_t inner = 1;  // elements that lie together and have one range
    if (weights.ranges.size() > 1) {
      const int axis =
          quantization.axis < 0 ? quantization.axis + tensor.dims() : quantization.axis;
      for (int i = axis + 1; i < tensor.dims(); ++i) inner *= tensor.dim_size(i);
    }
    const std::vector<int32_t> zero_points = weights.ZeroPoints(operand.signedness);
    const auto patterns = weights.patterns.template flat<uint8_t>();
    const auto replacements = map.flat<int32_t>();
    auto out = mapped->template flat<T>();
    const auto in = tensor.template flat<T>();
    for (int64_t i = 0; i < out.size(); ++i) {
      const int32_t replacement = replacements(patterns(i));
      if (replacement == patterns(i)) {  // stays as precise as it is
        out(i) = in(i);
        continue;
      }
      const size_t channel = static_cast<size_t>(i / inner) % weights.ranges.size();
      const auto value = static_cast<int32_t>(operand.ValueOf(replacement));
      out(i) = static_cast<T>(static_cast<float>(value - zero_points[channel]) *
                              weights.ranges[channel].scale);
    }
  }

 private:
  static absl::Status CheckMap(const tf::Tensor& map, const OperandSpec& operand) {
    const auto count = static_cast<int64_t>(operand.count());
    if (map.dims() != 1 || map.dim_size(0) != count) {
      return absl::InvalidArgumentError("map must have one entry for each of the " +
                                        std::to_string(count) + " weights; its shape is " +
                                        map.shape().DebugString());
    }
    for (int64_t i = 0; i < count; ++i) {
      const int32_t weight = map.flat<int32_t>()(i);
      if (weight >= 0 && weight < count) continue;
      return absl::InvalidArgumentError("entries of map must be bit patterns 0 .. " +
                                        std::to_string(count - 1) + "; entry " + std::to_string(i) +
                                        " is " + std::to_string(weight));
    }
    return absl::OkStatus();
  }
};

REGISTER_KERNEL_BUILDER(Name("AxlutTuneWeights").Device(tf::DEVICE_CPU), TuneWeightsOp);
AXLUT_REGISTER_FLOAT_KERNELS("AxlutMapWeights", MapWeightsOp);

}  // namespace
}  // namespace axlut
