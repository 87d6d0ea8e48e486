// SPDX-License-Identifier: MIT
// Gradient of a convolution by its filter whose products go through a table:
// kernels/reference/conv2d_gradients.h is what it must give.
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/conv2d.h"
#include "runtime/base/parallel_for.h"
#include "runtime/base/result.h"
#include "runtime/nn/lut_conv2d.h"

namespace axlut {

class LutConv2dFilterGradient {
 public:
  // `shape` is the convolution's, with the batch that Run gets. Zero points are operand values:
  // zero_a of the input, zero_b of the output gradient. Errors as LutConv2d::Create.
  static Result<LutConv2dFilterGradient> Create(std::shared_ptr<const LutTable> table,
                                                const Conv2dShape& shape, int32_t zero_a,
                                                int32_t zero_b);

  // out[i,j,c,o] = sum of (T[a][b] - zero_b*a - zero_a*b + zero_a*zero_b) over the pairs of
  // Conv2dFilterGradientReference: a an input, zero_a outside the image, b an output gradient. Both
  // tensors hold bit patterns, NHWC; `out` has shape.FilterCount() elements and is overwritten.
  // Integers, any thread count gives the same result. One object may Run on several threads at the
  // same time. Allocates some 4 MiB or 256 bytes per weight of an output channel, whatever is more,
  // however large the batch.
  void Run(const uint8_t* input, const uint8_t* output_gradient, int32_t* out,
           const ParallelFor& parallel_for) const;
  void Run(const uint8_t* input, const uint8_t* output_gradient, int64_t* out,
           const ParallelFor& parallel_for) const;

  // True if some tensors could make a result leave int32_t: then only the int64_t form may be
  // called (checked). A sum has one product for every output position of the batch.
  bool NeedsInt64() const { return needs_int64_; }
  const Conv2dShape& shape() const { return shape_; }

 private:
  LutConv2dFilterGradient(std::shared_ptr<const LutTable> table, const Conv2dShape& shape,
                          int32_t zero_a, int32_t zero_b, bool needs_int64)
      : table_(std::move(table)),
        shape_(shape),
        zero_a_(zero_a),
        zero_b_(zero_b),
        needs_int64_(needs_int64) {}

  template <typename Out>
  void RunInto(const uint8_t* input, const uint8_t* output_gradient, Out* out,
               const ParallelFor& parallel_for) const;
  template <typename Out>
  void RunProducts(const uint8_t* input, const uint8_t* output_gradient, Out* out,
                   const ParallelFor& parallel_for) const;
  template <typename Out>
  void RunPixels(const uint8_t* input, const uint8_t* output_gradient, Out* out,
                 const ParallelFor& parallel_for) const;

  std::shared_ptr<const LutTable> table_;
  Conv2dShape shape_;
  int32_t zero_a_, zero_b_;
  bool needs_int64_;
};

}  // namespace axlut
