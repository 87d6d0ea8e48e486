// SPDX-License-Identifier: MIT
#include "runtime/tf/ax_matmul_base.h"

#include <cstring>
#include <string>
#include <vector>

#include "runtime/tf/memory_guard.h"
#include "runtime/tf/quantized_input.h"
#include "tensorflow/core/framework/common_shape_fns.h"

namespace axlut {
namespace {

namespace tf = ::tensorflow;
using tf::shape_inference::DimensionHandle;
using tf::shape_inference::InferenceContext;
using tf::shape_inference::ShapeHandle;

std::vector<int64_t> DimensionsOf(const tf::Tensor& tensor) {
  std::vector<int64_t> dimensions;
  for (int i = 0; i < tensor.dims(); ++i) dimensions.push_back(tensor.dim_size(i));
  return dimensions;
}

// Every element zero: a sum of no products, in any of the output's types.
void FillWithZeros(tf::Tensor* tensor) {
  const auto bytes = tensor->tensor_data();
  std::memset(const_cast<char*>(bytes.data()), 0, bytes.size());
}

absl::Status CheckColumnVector(InferenceContext* context, ShapeHandle vector,
                               DimensionHandle columns) {
  ShapeHandle ignored;
  DimensionHandle merged;
  TF_RETURN_IF_ERROR(context->WithRankAtMost(vector, 1, &ignored));
  if (!context->RankKnown(vector) || context->Rank(vector) == 0) return absl::OkStatus();
  return context->Merge(context->Dim(vector, 0), columns, &merged);
}

}  // namespace

absl::Status InferMatmulShape(InferenceContext* context, int a_scalars) {
  bool transpose_a = false, transpose_b = false;
  ShapeHandle a, b, ignored;
  TF_RETURN_IF_ERROR(context->GetAttr("transpose_a", &transpose_a));
  TF_RETURN_IF_ERROR(context->GetAttr("transpose_b", &transpose_b));
  TF_RETURN_IF_ERROR(context->WithRankAtLeast(context->input(0), 2, &a));
  TF_RETURN_IF_ERROR(context->WithRankAtLeast(context->input(1), 2, &b));
  const DimensionHandle columns = context->Dim(b, transpose_b ? -2 : -1);
  for (int i = 2; i < context->num_inputs(); ++i) {
    if (i < 2 + a_scalars) {
      TF_RETURN_IF_ERROR(context->WithRank(context->input(i), 0, &ignored));
    } else {
      TF_RETURN_IF_ERROR(CheckColumnVector(context, context->input(i), columns));
    }
  }
  DimensionHandle inner;
  TF_RETURN_IF_ERROR(context->Merge(context->Dim(a, transpose_a ? -2 : -1),
                                    context->Dim(b, transpose_b ? -1 : -2), &inner));
  ShapeHandle batch_a, batch_b, batch, output;
  TF_RETURN_IF_ERROR(context->Subshape(a, 0, -2, &batch_a));
  TF_RETURN_IF_ERROR(context->Subshape(b, 0, -2, &batch_b));
  TF_RETURN_IF_ERROR(tf::shape_inference::BroadcastBinaryOpOutputShapeFnHelper(
      context, batch_a, batch_b, /*incompatible_shape_error=*/true, &batch));
  const ShapeHandle matrix = context->Matrix(context->Dim(a, transpose_a ? -1 : -2), columns);
  TF_RETURN_IF_ERROR(context->Concatenate(batch, matrix, &output));
  context->set_output(0, output);
  return absl::OkStatus();
}

AxMatmulBase::AxMatmulBase(tf::OpKernelConstruction* context) : OpKernel(context) {
  OP_REQUIRES_OK(context, context->GetAttr("transpose_a", &attributes_.transpose_a));
  OP_REQUIRES_OK(context, context->GetAttr("transpose_b", &attributes_.transpose_b));
  OP_REQUIRES_OK(context, table_.Read(context));
}

void AxMatmulBase::Compute(tf::OpKernelContext* context) {
  const auto problem =
      attributes_.ProblemFor(DimensionsOf(context->input(0)), DimensionsOf(context->input(1)));
  OP_REQUIRES(context, problem.ok(), ToStatus(problem.error()));
  tf::TensorShape shape;
  OP_REQUIRES_OK(context, tf::TensorShape::BuildTensorShape(problem->output, &shape));
  tf::Tensor* output = nullptr;
  OP_REQUIRES_OK(context, context->allocate_output(0, shape, &output));
  if (output->NumElements() == 0) return;
  if (problem->shape.k == 0) return FillWithZeros(output);
  std::shared_ptr<const LutTable> table;
  OP_REQUIRES_OK(context, table_.Get(&table));
  // The list of pairs of matrices, where each is small, takes more memory than the output.
  OP_REQUIRES_OK(context,
                 WithinMemory(context, [&] { return Multiply(context, table, *problem, output); }));
}

void AxMatmulBase::LogKernel(const MatmulShape& shape, const MatmulRun& run) {
  if (!KernelLog::IsOn()) return;
  const std::string problem = std::to_string(shape.batch) + " times " + std::to_string(shape.m) +
                              "x" + std::to_string(shape.k) + " * " + std::to_string(shape.k) +
                              "x" + std::to_string(shape.n);
  if (const auto line = kernel_log_.Line(name(), problem, run.kernel_name())) LOG(INFO) << *line;
}

}  // namespace axlut
