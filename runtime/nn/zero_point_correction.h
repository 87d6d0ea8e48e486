// SPDX-License-Identifier: MIT
// From sums of products of codes to sums of products of real numbers. With a' = a - zero_a,
//   sum (T[a][b] - zero_b*a - zero_a*b + zero_a*zero_b)
//     = sum T[a][b] - zero_b * sum a' - zero_a * sum b
// so each output needs one sum of a' over its window and one constant per channel. A padded tap has
// a = zero_a, a' = 0, and drops out of the window's sum.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/conv2d.h"
#include "kernels/cpu/conv2d_kernel.h"
#include "runtime/table/operand_spec.h"

namespace axlut {

class ZeroPointCorrection {
 public:
  // zero_b has one entry or shape.out_c entries.
  ZeroPointCorrection(const OperandSpec& a, const OperandSpec& b, const Conv2dShape& shape,
                      const std::vector<uint8_t>& filter, int32_t zero_a,
                      const std::vector<int32_t>& zero_b);

  // -zero_a * sum b, per output channel: a bias for the kernel.
  const std::vector<int64_t>& Bias() const { return bias_; }

  // Whether there is anything left to do: true unless every zero_b is 0.
  bool NeedsPixelSums() const { return needs_pixel_sums_; }
  // sums[pixel][group] = sum of a' over the pixel's channels of that group, times zero_b if all
  // channels have the same, for the pixels [first, last) of the whole batch, counted
  // (n * in_h + y) * in_w + x. Every pixel is summed once, however many windows it lies in.
  void SumPixels(const uint8_t* input, int64_t first, int64_t last, int32_t* sums) const;

  // Subtracts zero_b * sum a' from one tile of out, the whole output tensor, modulo 2^32 or 2^64.
  template <typename Out>
  void Apply(const Conv2dTile& tile, const int32_t* pixel_sums, Out* out) const;

 private:
  // Consecutive positions of one output row.
  struct Run {
    int64_t first_position;
    int64_t count;
    int64_t first_pixel;  // of the image
    int64_t y;            // of the first position's first tap
    int64_t x;
  };

  template <typename Out>
  void ApplyToRun(const Conv2dTile& tile, const Run& run, const int32_t* pixel_sums,
                  Out* out) const;
  template <typename Out>
  void ApplyToRunOfGroups(const Conv2dTile& tile, const Run& run, const int32_t* pixel_sums,
                          Out* out) const;
  template <typename Out>
  void SubtractTaps(const Conv2dTile& tile, const int32_t* const* taps, int64_t tap_count,
                    Out* row) const;

  Conv2dShape shape_;
  // The value of a code is ((code & mask_) ^ sign_bit_) - sign_bit_, which vectorizes.
  int32_t mask_;
  int32_t sign_bit_;  // 0 for an unsigned operand
  int32_t zero_a_;
  bool needs_pixel_sums_;
  int32_t pixel_factor_ = 1;     // what SumPixels multiplies by
  std::vector<int32_t> zero_b_;  // per output channel; empty if pixel sums contain it
  std::vector<int64_t> bias_;
};

}  // namespace axlut
