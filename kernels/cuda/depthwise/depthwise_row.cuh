// SPDX-License-Identifier: MIT
// Reading rows of images: patterns of row operand a with the padding around them.
#pragma once

#include "kernels/cuda/depthwise/depthwise_params.h"
#include "kernels/cuda/operands.cuh"

namespace axlut::AXLUT_GPU_TARGET {

// One row of one channel of the input as a convolution sees it: the zero code wherever there is no
// input.
class InputRow {
 public:
  __device__ InputRow(const DepthwiseParams& p, const OperandReader& reader, int32_t n, int32_t y,
                      int32_t channel)
      : reader_(reader), channels_(p.in_c) {
    const bool is_inside = y >= 0 && y < p.in_h;
    width_ = is_inside ? p.in_w : 0;
    first_ = is_inside ? ((n * p.in_h + y) * p.in_w) * p.in_c + channel : 0;
  }

  // Reads something in any case: loads behind branches would wait for each other.
  __device__ uint32_t Pattern(int32_t x) const {
    const bool is_inside = static_cast<uint32_t>(x) < static_cast<uint32_t>(width_);
    const int32_t index = is_inside ? first_ + x * channels_ : 0;
    const uint32_t pattern = reader_.Pattern(static_cast<uint32_t>(index));
    return is_inside ? pattern : reader_.ZeroPattern();
  }

 private:
  const OperandReader& reader_;
  int32_t channels_;
  int32_t width_;  // 0: all padding
  int32_t first_;  // index of x = 0
};

}  // namespace axlut::AXLUT_GPU_TARGET
