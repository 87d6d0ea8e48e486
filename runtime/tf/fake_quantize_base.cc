// SPDX-License-Identifier: MIT
#include "runtime/tf/fake_quantize_base.h"

#include "runtime/tf/table_cache.h"

namespace axlut {

namespace tf = ::tensorflow;

FakeQuantizeBase::FakeQuantizeBase(tf::OpKernelConstruction* context) : OpKernel(context) {
  std::string operand;
  OP_REQUIRES_OK(context, context->GetAttr("table", &table_path_));
  OP_REQUIRES_OK(context, context->GetAttr("operand", &operand));
  is_row_operand_ = operand == "a";
}

void FakeQuantizeBase::Compute(tf::OpKernelContext* context) {
  const auto table = TableCache::Global().Get(table_path_);
  OP_REQUIRES(context, table.ok(), ToStatus(table.error()));
  const OperandSpec& operand = is_row_operand_ ? (*table)->table().a() : (*table)->table().b();
  const tf::TensorShape& shape = context->input(kValues.tensor).shape();
  tf::Tensor* quantized = nullptr;
  tf::Tensor* inside = nullptr;
  OP_REQUIRES_OK(context, context->allocate_output(0, shape, &quantized));
  OP_REQUIRES_OK(context, context->allocate_output(1, shape, &inside));
  OP_REQUIRES_OK(context, Quantize(context, operand, quantized, inside));
}

}  // namespace axlut
