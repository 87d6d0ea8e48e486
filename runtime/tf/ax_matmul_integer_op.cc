// SPDX-License-Identifier: MIT
// AxlutMatMulInteger: matrix products of operand values, without any rounding, as
// runtime/nn/lut_matmul.h defines them.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/tf/ax_matmul_base.h"
#include "runtime/tf/integer_input.h"
#include "runtime/tf/matmul_run.h"
#include "runtime/tf/quantized_input.h"
#include "tensorflow/core/framework/op.h"

namespace axlut {
namespace {

namespace tf = ::tensorflow;

REGISTER_OP("AxlutMatMulInteger")
    .Input("a: Ta")
    .Input("b: Tb")
    .Input("a_zero: int32")
    .Input("b_zero: int32")
    .Attr("Ta: {uint8, int8}")
    .Attr("Tb: {uint8, int8}")
    .Attr("out_type: {int32, int64} = DT_INT32")
    .Attr("table: string")
    .Attr("encoding: {'affine', 'sign_magnitude'} = 'affine'")
    .Attr("transpose_a: bool = false")
    .Attr("transpose_b: bool = false")
    .Output("product: out_type")
    .SetShapeFn([](tf::shape_inference::InferenceContext* context) {
      return InferMatmulShape(context, 1);
    });

template <typename Sum>
class AxMatmulIntegerOp : public AxMatmulBase {
 public:
  explicit AxMatmulIntegerOp(tf::OpKernelConstruction* context) : AxMatmulBase(context) {
    if (!context->status().ok()) return;
    std::shared_ptr<const LutTable> table;
    OP_REQUIRES_OK(context, Table(&table));
    OP_REQUIRES_OK(context, CheckIntegerType("a", context->input_type(0), table->table().a()));
    OP_REQUIRES_OK(context, CheckIntegerType("b", context->input_type(1), table->table().b()));
  }

 private:
  absl::Status Multiply(tf::OpKernelContext* context, const std::shared_ptr<const LutTable>& table,
                        const MatmulProblem& problem, tf::Tensor* output) override {
    const OperandSpec& spec_a = table->table().a();
    const OperandSpec& spec_b = table->table().b();
    const int64_t columns = problem.shape.n;
    IntegerInput a, b;
    std::vector<int32_t> a_zero, b_zeros;
    TF_RETURN_IF_ERROR(ReadIntegers(context, "a", 0, spec_a, &a));
    TF_RETURN_IF_ERROR(ReadIntegers(context, "b", 1, spec_b, &b));
    TF_RETURN_IF_ERROR(ReadZeroPoints(context, "a_zero_point", 2, spec_a, 1, &a_zero));
    TF_RETURN_IF_ERROR(ReadZeroPoints(context, "b_zero_point", 3, spec_b, columns, &b_zeros));
    const auto run = MatmulRun::Create(table, problem, a_zero[0], b_zeros, b.patterns, layers());
    if (!run.ok()) return ToStatus(run.error());
    if (sizeof(Sum) < sizeof(int64_t) && run->NeedsInt64()) {
      return absl::InvalidArgumentError("sums of " + std::to_string(problem.shape.k) +
                                        " products of this table can leave int32; use the "
                                        "out_type int64");
    }
    LogKernel(problem.shape, *run);
    Sum* const out = output->flat<Sum>().data();
    const SumSink<Sum> sink = [&](const SumBlock<Sum>& block) {
      for (int64_t p = 0; p < block.positions; ++p) {
        const Sum* const sums = block.sums + p * block.stride;
        std::copy(sums, sums + block.channels,
                  out + (block.first_position + p) * columns + block.first_channel);
      }
    };
    run->Run(a.patterns, sink, WorkersOf(context));
    return absl::OkStatus();
  }
};

#define AXLUT_REGISTER(Sum)                                                              \
  REGISTER_KERNEL_BUILDER(                                                               \
      Name("AxlutMatMulInteger").Device(tf::DEVICE_CPU).TypeConstraint<Sum>("out_type"), \
      AxMatmulIntegerOp<Sum>)
AXLUT_REGISTER(int32_t);
AXLUT_REGISTER(int64_t);
#undef AXLUT_REGISTER

}  // namespace
}  // namespace axlut
