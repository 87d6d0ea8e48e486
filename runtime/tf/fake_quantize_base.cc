// SPDX-License-Identifier: MIT
#include "runtime/tf/fake_quantize_base.h"

#include <memory>
#include <string>

namespace axlut {

namespace tf = ::tensorflow;

QuantizeBase::QuantizeBase(tf::OpKernelConstruction* context) : OpKernel(context) {
  std::string operand;
  OP_REQUIRES_OK(context, context->GetAttr("operand", &operand));
  OP_REQUIRES_OK(context, context->GetAttr("narrow", &narrow_));
  OP_REQUIRES_OK(context, context->GetAttr("axis", &axis_));
  is_row_operand_ = operand == "a";
  OP_REQUIRES_OK(context, table_.Read(context));
}

absl::Status QuantizeBase::Quantization(InputQuantization* quantization) const {
  std::shared_ptr<const LutTable> table;
  TF_RETURN_IF_ERROR(table_.Get(&table));
  *quantization = {is_row_operand_ ? table->table().a() : table->table().b(), narrow_, axis_};
  return absl::OkStatus();
}

void FakeQuantizeBase::Compute(tf::OpKernelContext* context) {
  InputQuantization quantization;
  OP_REQUIRES_OK(context, Quantization(&quantization));
  const tf::TensorShape& shape = context->input(kValues.tensor).shape();
  tf::Tensor* quantized = nullptr;
  tf::Tensor* inside = nullptr;
  OP_REQUIRES_OK(context, context->allocate_output(0, shape, &quantized));
  OP_REQUIRES_OK(context, context->allocate_output(1, shape, &inside));
  OP_REQUIRES_OK(context, Quantize(context, quantization, quantized, inside));
}

}  // namespace axlut
