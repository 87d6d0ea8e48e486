// SPDX-License-Identifier: MIT
// AxlutMatMul: tf.linalg.matmul with every multiplication replaced by a look-up in a truth table.
// Specified in docs/tensorflow.md.
#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/tf/ax_matmul_base.h"
#include "runtime/tf/matmul_run.h"
#include "runtime/tf/quantized_input.h"
#include "runtime/tf/register_float_kernels.h"
#include "tensorflow/core/framework/op.h"

namespace axlut {
namespace {

namespace tf = ::tensorflow;

// The gradient attributes are for the op's gradient in Python, which reads them.
REGISTER_OP("AxlutMatMul")
    .Input("a: T")
    .Input("b: T")
    .Input("a_min: float")
    .Input("a_max: float")
    .Input("b_min: float")
    .Input("b_max: float")
    .Attr("T: {float, half, bfloat16} = DT_FLOAT")
    .Attr("table: string")
    .Attr("encoding: {'affine', 'sign_magnitude'} = 'affine'")
    .Attr("transpose_a: bool = false")
    .Attr("transpose_b: bool = false")
    .Attr("narrow_a: bool = false")
    .Attr("narrow_b: bool = false")
    .Attr(
        "gradient: {'straight_through', 'approximate', 'difference_1d', 'difference_2d'} = "
        "'straight_through'")
    .Attr("a_gradient_table: string = ''")
    .Attr("b_gradient_table: string = ''")
    .Attr("difference_window: int >= 0 = 0")
    .Output("product: T")
    .SetShapeFn([](tf::shape_inference::InferenceContext* context) {
      return InferMatmulShape(context, 2);
    });

template <typename T>
class AxMatmulOp : public AxMatmulBase {
 public:
  explicit AxMatmulOp(tf::OpKernelConstruction* context) : AxMatmulBase(context) {
    OP_REQUIRES_OK(context, context->GetAttr("narrow_a", &narrow_a_));
    OP_REQUIRES_OK(context, context->GetAttr("narrow_b", &narrow_b_));
  }

 private:
  static constexpr InputPlace kA{"a", 0, 2}, kB{"b", 1, 4};

  absl::Status Multiply(tf::OpKernelContext* context, const std::shared_ptr<const LutTable>& table,
                        const MatmulProblem& problem, tf::Tensor* output) override {
    const OperandSpec& spec_a = table->table().a();
    const OperandSpec& spec_b = table->table().b();
    QuantizedInput a, b;
    TF_RETURN_IF_ERROR(QuantizeInput(context, kA, {spec_a, narrow_a_}, &a));
    TF_RETURN_IF_ERROR(QuantizeInput(context, kB, {spec_b, narrow_b_, column_axis()}, &b));
    const auto run = MatmulRun::Create(table, problem, ZeroPoint(a.ranges[0], spec_a.signedness),
                                       b.ZeroPoints(spec_b.signedness),
                                       b.patterns.flat<uint8_t>().data(), layers());
    if (!run.ok()) return ToStatus(run.error());
    LogKernel(problem.shape, *run);
    std::vector<double> scales(static_cast<size_t>(problem.shape.n));
    for (size_t x = 0; x < scales.size(); ++x) {
      scales[x] =
          static_cast<double>(a.ranges[0].scale) * b.ranges[b.ranges.size() == 1 ? 0 : x].scale;
    }
    if (run->NeedsInt64()) {
      Store<int64_t>(context, *run, a.patterns, problem.shape.n, scales.data(), output);
    } else {
      Store<int32_t>(context, *run, a.patterns, problem.shape.n, scales.data(), output);
    }
    return absl::OkStatus();
  }

  // The integers, then the only rounding: to double (exact up to 2^53), and to float, which is what
  // other types are made of.
  template <typename Acc>
  static void Store(tf::OpKernelContext* context, const MatmulRun& run, const tf::Tensor& patterns,
                    int64_t columns, const double* scales, tf::Tensor* output) {
    T* const out = output->flat<T>().data();
    const SumSink<Acc> sink = [&](const SumBlock<Acc>& block) {
      for (int64_t p = 0; p < block.positions; ++p) {
        const Acc* const sums = block.sums + p * block.stride;
        T* const row = out + (block.first_position + p) * columns + block.first_channel;
        const double* const row_scales = scales + block.first_channel;
        for (int64_t c = 0; c < block.channels; ++c) {
          row[c] = static_cast<T>(static_cast<float>(row_scales[c] * static_cast<double>(sums[c])));
        }
      }
    };
    run.Run(patterns.flat<uint8_t>().data(), sink, WorkersOf(context));
  }

  bool narrow_a_ = false, narrow_b_ = false;
};

AXLUT_REGISTER_FLOAT_KERNELS("AxlutMatMul", AxMatmulOp);

}  // namespace
}  // namespace axlut
