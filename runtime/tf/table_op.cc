// SPDX-License-Identifier: MIT
// AxlutTable and AxlutWriteTable: table files as tensors, through the readers and writers that
// everything else uses. axlut.tables is made of these.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/file_io.h"
#include "runtime/base/version.h"
#include "runtime/table/stored_table.h"
#include "runtime/tf/quantized_input.h"
#include "runtime/tf/stored_table_file.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"
#include "tensorflow/core/framework/shape_inference.h"

namespace axlut {
namespace {

namespace tf = ::tensorflow;
using tf::shape_inference::InferenceContext;

absl::Status InferTableShape(InferenceContext* context) {
  context->set_output(
      0, context->Matrix(InferenceContext::kUnknownDim, InferenceContext::kUnknownDim));
  context->set_output(1, context->Scalar());
  context->set_output(2, context->Scalar());
  return absl::OkStatus();
}

// Stateful: the file is read at every call, so its content must not be folded into a graph.
REGISTER_OP("AxlutTable")
    .Attr("table: string")
    .Attr("encoding: {'affine', 'sign_magnitude'} = 'affine'")
    .Output("products: int32")
    .Output("a_signed: bool")
    .Output("b_signed: bool")
    .SetIsStateful()
    .SetShapeFn(InferTableShape);

REGISTER_OP("AxlutWriteTable")
    .Input("products: int32")
    .Attr("path: string")
    .Attr("a_signed: bool")
    .Attr("b_signed: bool")
    .SetIsStateful()
    .SetShapeFn([](InferenceContext* context) {
      tf::shape_inference::ShapeHandle products;
      return context->WithRank(context->input(0), 2, &products);
    });

class TableOp : public tf::OpKernel {
 public:
  explicit TableOp(tf::OpKernelConstruction* context) : OpKernel(context) {
    std::string encoding;
    OP_REQUIRES_OK(context, context->GetAttr("table", &path_));
    OP_REQUIRES_OK(context, context->GetAttr("encoding", &encoding));
    const auto parsed = ParseEncoding(encoding);
    OP_REQUIRES(context, parsed.ok(), ToStatus(parsed.error()));
    encoding_ = *parsed;
  }

  void Compute(tf::OpKernelContext* context) override {
    const auto stored = ReadStoredTable(path_, encoding_);
    OP_REQUIRES(context, stored.ok(), ToStatus(stored.error()));
    const TruthTable& table = stored->table;
    tf::Tensor* products = nullptr;
    tf::Tensor* a_signed = nullptr;
    tf::Tensor* b_signed = nullptr;
    const tf::TensorShape shape(
        {static_cast<int64_t>(table.a().count()), static_cast<int64_t>(table.b().count())});
    OP_REQUIRES_OK(context, context->allocate_output(0, shape, &products));
    OP_REQUIRES_OK(context, context->allocate_output(1, {}, &a_signed));
    OP_REQUIRES_OK(context, context->allocate_output(2, {}, &b_signed));
    std::copy(table.products().begin(), table.products().end(), products->flat<int32_t>().data());
    a_signed->scalar<bool>()() = table.a().is_signed();
    b_signed->scalar<bool>()() = table.b().is_signed();
  }

 private:
  std::string path_;
  OperandEncoding encoding_ = OperandEncoding::kAffine;
};

// The operand with `count` bit patterns.
Result<OperandSpec> OperandOf(const char* name, int64_t count, bool is_signed) {
  OperandSpec operand{1, is_signed ? Signedness::kTwosComplement : Signedness::kUnsigned};
  while (operand.width < kMaxStoredOperandWidth && static_cast<int64_t>(operand.count()) < count) {
    ++operand.width;
  }
  if (static_cast<int64_t>(operand.count()) == count) return operand;
  return Error::InvalidInput(
      fmt::format("products must have 2^width {}, width being 1..{} bits; they have {}", name,
                  kMaxStoredOperandWidth, count));
}

class WriteTableOp : public tf::OpKernel {
 public:
  explicit WriteTableOp(tf::OpKernelConstruction* context) : OpKernel(context) {
    OP_REQUIRES_OK(context, context->GetAttr("path", &path_));
    OP_REQUIRES_OK(context, context->GetAttr("a_signed", &a_signed_));
    OP_REQUIRES_OK(context, context->GetAttr("b_signed", &b_signed_));
  }

  void Compute(tf::OpKernelContext* context) override {
    const Result<void> written = Write(context->input(0));
    OP_REQUIRES(context, written.ok(), ToStatus(written.error()));
  }

 private:
  Result<void> Write(const tf::Tensor& products) const {
    if (products.dims() != 2) {
      return Error::InvalidInput(
          fmt::format("products must have 2 dimensions, rows for operand a "
                      "and columns for b; they have {}",
                      products.dims()));
    }
    AXLUT_ASSIGN_OR_RETURN(const OperandSpec a, OperandOf("rows", products.dim_size(0), a_signed_));
    AXLUT_ASSIGN_OR_RETURN(const OperandSpec b,
                           OperandOf("columns", products.dim_size(1), b_signed_));
    const int32_t* const values = products.flat<int32_t>().data();
    AXLUT_ASSIGN_OR_RETURN(
        TruthTable table,
        TableOfProducts(a, b, std::vector<int32_t>(values, values + products.NumElements())));
    AXLUT_RETURN_IF_ERROR(CheckReadsBack(path_, table));
    TableInfo info;
    info.name = FileStem(path_);
    info.tools["axlut"] = AXLUT_VERSION;
    return SaveTable(path_, StoredTable{std::move(table), std::move(info)});
  }

  std::string path_;
  bool a_signed_ = false;
  bool b_signed_ = false;
};

REGISTER_KERNEL_BUILDER(Name("AxlutTable").Device(tf::DEVICE_CPU), TableOp);
REGISTER_KERNEL_BUILDER(Name("AxlutWriteTable").Device(tf::DEVICE_CPU), WriteTableOp);

}  // namespace
}  // namespace axlut
