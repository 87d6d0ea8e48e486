// SPDX-License-Identifier: MIT
// What the kernels of the convolution ops share, on CPUs and on GPUs: attributes, checks, the
// output.
#pragma once

#include <cstdint>
#include <memory>

#include "runtime/nn/lut_conv2d.h"
#include "runtime/tf/conv2d_attributes.h"
#include "runtime/tf/kernel_log.h"
#include "runtime/tf/quantized_input.h"
#include "runtime/tf/table_attribute.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace axlut {

// What the dimensions of a filter are.
enum class FilterLayout : uint8_t {
  kHwio,       // height, width, input channels of a group, output channels
  kDepthwise,  // height, width, channels, multiplier: output channel = channel * multiplier + m
};

class AxConv2dBase : public tensorflow::OpKernel {
 public:
  explicit AxConv2dBase(tensorflow::OpKernelConstruction* context,
                        FilterLayout filter_layout = FilterLayout::kHwio);
  void Compute(tensorflow::OpKernelContext* context) final;

 protected:
  static constexpr InputPlace kInput{"input", 0, 2}, kFilter{"filter", 1, 4};

  // Fills an output that is not empty.
  virtual absl::Status Convolve(tensorflow::OpKernelContext* context,
                                const std::shared_ptr<const LutTable>& table,
                                const Conv2dShape& shape, tensorflow::Tensor* output) = 0;

  // The table as it is now.
  absl::Status Table(std::shared_ptr<const LutTable>* table) const { return table_.Get(table); }
  DataFormat data_format() const { return attributes_.data_format; }
  // How to quantize the filter: its range can be one per output channel.
  InputQuantization FilterQuantization(const OperandSpec& operand, bool narrow) const;
  // Says in the log what runs, if it was asked for (kernel_log.h).
  void LogKernel(const LutConv2d& layer);

 private:
  const FilterLayout filter_layout_;
  TableAttribute table_;
  Conv2dAttributes attributes_;
  KernelLog kernel_log_;
};

}  // namespace axlut
