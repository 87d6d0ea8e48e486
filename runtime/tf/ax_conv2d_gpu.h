// SPDX-License-Identifier: MIT
// AxlutConv2D on a GPU: everything is queued on the op's stream, and nothing waits for the device.
#pragma once

#include <memory>

#include "runtime/tf/ax_conv2d_base.h"
#include "runtime/tf/gpu_place.h"

namespace axlut {

// The tensors and the ends of their ranges are in the memory of the device, and so is the output,
// which is not empty. A range that is none makes it NaN: only the device knows.
absl::Status ConvolveOnGpu(tensorflow::OpKernelContext* context, const GpuPlace& place,
                           const InputPlace& input, const InputPlace& filter,
                           const std::shared_ptr<const LutTable>& table, const Conv2dShape& shape,
                           tensorflow::Tensor* output);

// The kernel for one kind of device: CUDA's, or the emulated one that tests run.
template <GpuPlace (*kPlaceOf)(tensorflow::OpKernelContext*)>
class AxConv2dGpuOp : public AxConv2dBase {
 public:
  explicit AxConv2dGpuOp(tensorflow::OpKernelConstruction* context) : AxConv2dBase(context) {
    bool narrow_input = false, narrow_filter = false;
    OP_REQUIRES_OK(context, context->GetAttr("narrow_input", &narrow_input));
    OP_REQUIRES_OK(context, context->GetAttr("narrow_filter", &narrow_filter));
    OP_REQUIRES(context, data_format() == DataFormat::kNhwc, NotOnGpu("data_format NCHW"));
    OP_REQUIRES(context, !narrow_input && !narrow_filter, NotOnGpu("a narrow range"));
  }

 private:
  absl::Status Convolve(tensorflow::OpKernelContext* context,
                        const std::shared_ptr<const LutTable>& table, const Conv2dShape& shape,
                        tensorflow::Tensor* output) override {
    return ConvolveOnGpu(context, kPlaceOf(context), kInput, kFilter, table, shape, output);
  }
};

}  // namespace axlut
