// SPDX-License-Identifier: MIT
// AxlutFakeQuantize on a GPU, as AxlutConv2D runs there (ax_conv2d_gpu.h).
#pragma once

#include "runtime/tf/fake_quantize_base.h"
#include "runtime/tf/gpu_place.h"

namespace axlut {

absl::Status FakeQuantizeOnGpu(tensorflow::OpKernelContext* context, const GpuPlace& place,
                               const InputPlace& values, const OperandSpec& operand,
                               tensorflow::Tensor* quantized, tensorflow::Tensor* inside);

template <GpuPlace (*kPlaceOf)(tensorflow::OpKernelContext*)>
class FakeQuantizeGpuOp : public FakeQuantizeBase {
 public:
  explicit FakeQuantizeGpuOp(tensorflow::OpKernelConstruction* context)
      : FakeQuantizeBase(context) {
    OP_REQUIRES(context, !narrow(), NotOnGpu("a narrow range"));
  }

 private:
  absl::Status Quantize(tensorflow::OpKernelContext* context, const InputQuantization& quantization,
                        tensorflow::Tensor* quantized, tensorflow::Tensor* inside) override {
    return FakeQuantizeOnGpu(context, kPlaceOf(context), kValues, quantization.operand, quantized,
                             inside);
  }
};

}  // namespace axlut
