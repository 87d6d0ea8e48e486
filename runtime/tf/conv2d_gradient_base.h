// SPDX-License-Identifier: MIT
// What the kernels of a convolution's gradients share: attributes and the checks of the tensors'
// shapes. NHWC and float; runtime/python/axlut/_gradients.py makes other tensors so.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/nn/lut_conv2d.h"
#include "runtime/tf/conv2d_attributes.h"
#include "runtime/tf/quantized_input.h"
#include "runtime/tf/table_attribute.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace axlut {

class Conv2dGradientBase : public tensorflow::OpKernel {
 public:
  // Every one has three inputs first: the input or its sizes, the filter or its sizes, and the
  // gradient of the output.
  explicit Conv2dGradientBase(tensorflow::OpKernelConstruction* context);

 protected:
  enum : int { kInputIndex = 0, kFilterIndex = 1, kUpstreamIndex = 2 };

  // The table, the shape of the convolution, and output 0, which has the dimensions of input
  // `like` and is filled with zeros where there is nothing to sum. InvalidArgument if the three do
  // not fit.
  absl::Status Prepare(tensorflow::OpKernelContext* context, int like,
                       std::shared_ptr<const LutTable>* table, Conv2dShape* shape,
                       tensorflow::Tensor** output) const;
  // False if a tensor is empty (no images, no output channels, filters larger than the image).
  static bool HasProducts(tensorflow::OpKernelContext* context, const tensorflow::Tensor& output);

 private:
  TableAttribute table_;
  Conv2dAttributes attributes_;
};

// out[i] = scale * sums[i], in double and then rounded once, on TensorFlow's threads.
template <typename Accumulator>
void StoreScaled(tensorflow::OpKernelContext* context, const Accumulator* sums, double scale,
                 tensorflow::Tensor* output) {
  float* const values = output->flat<float>().data();
  WorkersOf(context)(output->NumElements(), kConversionGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      values[i] = static_cast<float>(scale * static_cast<double>(sums[i]));
    }
  });
}

}  // namespace axlut
