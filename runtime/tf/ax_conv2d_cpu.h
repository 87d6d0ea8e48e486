// SPDX-License-Identifier: MIT
// The kernel for CPUs of AxlutConv2D and of the ops that stand in for TFApprox': its arithmetic is
// that of runtime/nn/lut_conv2d.h.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/nn/layer_cache.h"
#include "runtime/nn/lut_conv2d.h"
#include "runtime/tf/ax_conv2d_base.h"
#include "runtime/tf/conv2d_output.h"
#include "runtime/tf/quantized_input.h"

namespace axlut {

// T: float, half or bfloat16.
template <typename T>
class AxConv2dCpu : public AxConv2dBase {
 public:
  explicit AxConv2dCpu(tensorflow::OpKernelConstruction* context,
                       FilterLayout filter_layout = FilterLayout::kHwio)
      : AxConv2dBase(context, filter_layout) {
    // Ops without these attributes have no narrow ranges.
    if (!context->HasAttr("narrow_input")) return;
    OP_REQUIRES_OK(context, context->GetAttr("narrow_input", &narrow_input_));
    OP_REQUIRES_OK(context, context->GetAttr("narrow_filter", &narrow_filter_));
  }

 private:
  absl::Status Convolve(tensorflow::OpKernelContext* context,
                        const std::shared_ptr<const LutTable>& table, const Conv2dShape& shape,
                        tensorflow::Tensor* output) override {
    const OperandSpec& a = table->table().a();
    const OperandSpec& b = table->table().b();
    QuantizedInput input, filter;
    TF_RETURN_IF_ERROR(data_format() == DataFormat::kNhwc
                           ? QuantizeInput(context, kInput, {a, narrow_input_}, &input)
                           : QuantizeNchwInput(context, kInput, {a, narrow_input_}, &input));
    TF_RETURN_IF_ERROR(
        QuantizeInput(context, kFilter, FilterQuantization(b, narrow_filter_), &filter));
    const auto found =
        layers_.Get(table, shape, filter.patterns.flat<uint8_t>().data(),
                    ZeroPoint(input.ranges[0], a.signedness), filter.ZeroPoints(b.signedness));
    if (!found.ok()) return ToStatus(found.error());
    std::vector<double> scales(static_cast<size_t>(shape.out_c));
    for (size_t c = 0; c < scales.size(); ++c) {
      const NudgedRange& range = filter.ranges[filter.ranges.size() == 1 ? 0 : c];
      scales[c] = static_cast<double>(input.ranges[0].scale) * range.scale;
    }
    const LutConv2d& layer = **found;
    LogKernel(layer);
    if (layer.NeedsInt64()) {
      Run<int64_t>(context, layer, input.patterns, shape, scales.data(), output);
    } else {
      Run<int32_t>(context, layer, input.patterns, shape, scales.data(), output);
    }
    return absl::OkStatus();
  }

  // The integers, then the only rounding: to double (exact up to 2^53), and to float, which is what
  // other types are made of.
  template <typename Accumulator>
  void Run(tensorflow::OpKernelContext* context, const LutConv2d& layer,
           const tensorflow::Tensor& patterns, const Conv2dShape& shape, const double* scales,
           tensorflow::Tensor* output) const {
    T* const out = output->flat<T>().data();
    layer.RunBlocks(patterns.flat<uint8_t>().data(), shape.batch,
                    SumSink<Accumulator>([&](const SumBlock<Accumulator>& block) {
                      StoreBlock(
                          block, data_format(), shape,
                          [scales](Accumulator sum, int64_t channel) {
                            return static_cast<T>(
                                static_cast<float>(scales[channel] * static_cast<double>(sum)));
                          },
                          out);
                    }),
                    WorkersOf(context));
  }

  bool narrow_input_ = false, narrow_filter_ = false;
  LayerCache layers_;
};

}  // namespace axlut
