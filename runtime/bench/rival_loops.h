// SPDX-License-Identifier: MIT
// The loop orders of other emulators, written afresh from descriptions of them, as yardsticks:
// the best that a scalar loop of theirs does on this machine, with the same result as LutConv2d.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/conv2d.h"
#include "runtime/bench/operands.h"

namespace axlut {

// A layer as all rivals see it: tables of 8x8 unsigned bits with products of 0..65535. Everything
// that does not depend on the input is made beforehand, as ours is.
class RivalLayer {
 public:
  virtual ~RivalLayer() = default;
  // out[n,y,x,o] as LutConv2d::Run defines it. Serial.
  virtual void Run(const uint8_t* input, int32_t* out) = 0;

 protected:
  RivalLayer(const TruthTable& table, const Conv2dShape& shape, const LayerOperands& operands);
  int32_t Corrected(int64_t o, int32_t sum, int32_t code_sum) const {
    return sum - zero_b_ * code_sum + bias_[static_cast<size_t>(o)];
  }

  // The in_c codes that tap (i, j) of output (y, x) reads: the image's, or zero_a's.
  const uint8_t* Pixel(const uint8_t* image, int64_t y, int64_t x, int64_t i, int64_t j) const {
    const int64_t in_y = y * shape_.stride_h + i * shape_.dilation_h - shape_.pad_top;
    const int64_t in_x = x * shape_.stride_w + j * shape_.dilation_w - shape_.pad_left;
    const bool inside = in_y >= 0 && in_y < shape_.in_h && in_x >= 0 && in_x < shape_.in_w;
    return inside ? image + (in_y * shape_.in_w + in_x) * shape_.in_c : padding_.data();
  }

  Conv2dShape shape_;
  int32_t zero_b_;
  std::vector<int32_t> bias_;     // per output channel
  std::vector<uint8_t> padding_;  // in_c times zero_a
};

// TFApprox 1's CPU operator: seven nested loops over the output and its window, a table of int32
// (256 KiB), weights as they lie (HWIO: a stride of out_c between taps). Its bounds checks and the
// call for each product are left out. [Vaverka 2020]
class TfApproxOrderLayer : public RivalLayer {
 public:
  TfApproxOrderLayer(const TruthTable& table, const Conv2dShape& shape,
                     const LayerOperands& operands);
  void Run(const uint8_t* input, int32_t* out) override;

 private:
  int32_t Sum(const uint8_t* image, int64_t y, int64_t x, int64_t o) const;
  int32_t CodeSum(const uint8_t* image, int64_t y, int64_t x, int64_t group) const;

  std::vector<int32_t> table_;
  std::vector<uint8_t> filter_;
};

// TFApprox 2's CPU operator: im2col element by element, then for every output channel and position
// a dot product whose float weight is quantized again for each product, and whose sum is a float:
// inexact beyond 2^24.
class TfApprox2OrderLayer : public RivalLayer {
 public:
  TfApprox2OrderLayer(const TruthTable& table, const Conv2dShape& shape,
                      const LayerOperands& operands);
  void Run(const uint8_t* input, int32_t* out) override;

 private:
  void Unfold(const uint8_t* image, int64_t group);

  std::vector<int32_t> table_;
  std::vector<float> filter_;
  float filter_min_ = 0;
  float inverse_scale_ = 1;
  std::vector<uint8_t> columns_;    // [out_h * out_w][Depth()], of one image and group
  std::vector<int32_t> code_sums_;  // per position
};

// AdaPT's CPU kernel: im2col, then one dot product per output with eight scalar accumulators and a
// table of 16-bit words (128 KiB) indexed by weight, then activation. [Danopoulos 2022]
class AdaptOrderLayer : public RivalLayer {
 public:
  AdaptOrderLayer(const TruthTable& table, const Conv2dShape& shape, const LayerOperands& operands);
  void Run(const uint8_t* input, int32_t* out) override;

 private:
  void Unfold(const uint8_t* image, int64_t group);

  std::vector<uint16_t> table_;
  std::vector<uint8_t> filter_;     // [out_c][Depth()]
  std::vector<uint8_t> columns_;    // [out_h * out_w][Depth()], of one image and group
  std::vector<int32_t> code_sums_;  // per position
};

}  // namespace axlut
