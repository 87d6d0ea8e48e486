// SPDX-License-Identifier: MIT
// Gradient of a convolution by its input whose products go through a table, at the speed of the
// convolution itself: kernels/reference/conv2d_gradients.h is what it must give.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/conv2d.h"
#include "runtime/base/parallel_for.h"
#include "runtime/base/result.h"
#include "runtime/nn/lut_conv2d.h"

namespace axlut {

class LutConv2dInputGradient {
 public:
  // `shape` is the convolution's. `filter` holds shape.FilterCount() bit patterns of operand b in
  // HWIO order and is copied. Zero points are operand values: zero_a of the output gradient, zero_b
  // of the filter. Errors as LutConv2d::Create.
  static Result<LutConv2dInputGradient> Create(std::shared_ptr<const LutTable> table,
                                               const Conv2dShape& shape,
                                               const std::vector<uint8_t>& filter, int32_t zero_a,
                                               int32_t zero_b,
                                               const LutConv2dOptions& options = {});
  LutConv2dInputGradient(LutConv2dInputGradient&&) noexcept;
  LutConv2dInputGradient& operator=(LutConv2dInputGradient&&) noexcept;
  ~LutConv2dInputGradient();

  // out[n,h,w,c] = sum of (T[a][b] - zero_b*a - zero_a*b + zero_a*zero_b) over the pairs of
  // Conv2dInputGradientReference: a an output gradient, b a weight, and none where a tap meets no
  // output. `output_gradient` holds shape.OutputCount() bit patterns of operand a, NHWC; `out` has
  // shape.InputCount() elements and is overwritten. Integers, any thread count gives the same
  // result. One object may Run on several threads at the same time.
  void Run(const uint8_t* output_gradient, int32_t* out, const ParallelFor& parallel_for) const;
  void Run(const uint8_t* output_gradient, int64_t* out, const ParallelFor& parallel_for) const;

  // True if some gradient could make a result leave int32_t: then only the int64_t form may be
  // called (checked).
  bool NeedsInt64() const;

 private:
  struct Impl;
  explicit LutConv2dInputGradient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace axlut
