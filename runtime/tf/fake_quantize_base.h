// SPDX-License-Identifier: MIT
// What the kernels of AxlutFakeQuantize for CPUs and for GPUs share: attributes and outputs.
#pragma once

#include <string>

#include "runtime/table/operand_spec.h"
#include "runtime/tf/quantized_input.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace axlut {

class FakeQuantizeBase : public tensorflow::OpKernel {
 public:
  explicit FakeQuantizeBase(tensorflow::OpKernelConstruction* context);
  void Compute(tensorflow::OpKernelContext* context) final;

 protected:
  static constexpr InputPlace kValues{"values", 0, 1};

  // Fills both outputs, which have the shape of the values.
  virtual absl::Status Quantize(tensorflow::OpKernelContext* context, const OperandSpec& operand,
                                tensorflow::Tensor* quantized, tensorflow::Tensor* inside) = 0;

 private:
  std::string table_path_;
  bool is_row_operand_ = true;
};

}  // namespace axlut
