// SPDX-License-Identifier: MIT
// What the kernels of AxlutFakeQuantize and AxlutQuantize share: the attributes.
#pragma once

#include <cstdint>

#include "runtime/table/operand_spec.h"
#include "runtime/tf/quantized_input.h"
#include "runtime/tf/table_attribute.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace axlut {

class QuantizeBase : public tensorflow::OpKernel {
 public:
  explicit QuantizeBase(tensorflow::OpKernelConstruction* context);

 protected:
  static constexpr InputPlace kValues{"values", 0, 1};

  // With the operand of the table as it is now.
  absl::Status Quantization(InputQuantization* quantization) const;
  bool narrow() const { return narrow_; }

 private:
  TableAttribute table_;
  bool is_row_operand_ = true;
  bool narrow_ = false;
  int32_t axis_ = -1;
};

// AxlutFakeQuantize.
class FakeQuantizeBase : public QuantizeBase {
 public:
  explicit FakeQuantizeBase(tensorflow::OpKernelConstruction* context) : QuantizeBase(context) {}
  void Compute(tensorflow::OpKernelContext* context) final;

 protected:
  // Fills both outputs, which have the shape of the values.
  virtual absl::Status Quantize(tensorflow::OpKernelContext* context,
                                const InputQuantization& quantization,
                                tensorflow::Tensor* quantized, tensorflow::Tensor* inside) = 0;
};

}  // namespace axlut
