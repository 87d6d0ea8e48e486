// SPDX-License-Identifier: MIT
// TensorFlow's quantization of floats to codes, as tf.quantization.fake_quant_with_min_max_vars
// does it: a range is moved ("nudged") by less than a step so that 0.0 is exactly one code.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/cpu/isa.h"
#include "runtime/base/result.h"
#include "runtime/table/operand_spec.h"

namespace axlut {

// Codes min_code .. 2^width - 1 stand for min, min + scale, ..., max; zero_code stands for 0.0.
struct NudgedRange {
  float min = 0;
  float max = 0;
  float scale = 0;        // 0: the range holds nothing but 0.0, and every value becomes 0.0
  int32_t zero_code = 0;  // min_code .. 2^width - 1
  int width = 8;          // bits
  int32_t min_code = 0;   // 1: the narrow range, which leaves out code 0
};

// Nudges [min, max]. With min <= 0 <= max the result differs from it by less than a step.
// Otherwise, as in TensorFlow, a positive range becomes [0, max - min] and a negative one [min -
// max, 0]. Two cases that TensorFlow leaves open: a range of one value v != 0 is widened to hold
// 0.0 as well (TensorFlow divides by zero), and a step below the smallest normal float counts as 0.
// kInvalidInput, with `name` in front, unless both ends are finite, in order, and less than the
// largest float apart. `narrow`: codes start at 1, so that a range (-m, m) has as many steps below
// 0.0 as above it; kInvalidInput for a width of 1, which would leave one code.
Result<NudgedRange> NudgeRange(float min, float max, int width, const std::string& name,
                               bool narrow = false);

// Bit pattern of each value as an operand: its code for an unsigned one, its code - 2^(width - 1)
// for a two's-complement one. Values outside the range, infinities too, become its ends. False if
// a value is NaN (whose pattern is then any). `isa` is for tests.
bool QuantizeToPatterns(const NudgedRange& range, Signedness signedness, const float* values,
                        int64_t count, uint8_t* patterns, KernelIsa isa = ActiveKernelIsa());

// The ranges of a tensor's channels, in the form that a loop over channels reads.
class ChannelRanges {
 public:
  // `ranges` have one width.
  ChannelRanges(const std::vector<NudgedRange>& ranges, Signedness signedness);
  // QuantizeToPatterns for values of the channels `first_channel`, `first_channel` + 1, ...
  bool Quantize(const float* values, int64_t first_channel, int64_t count, uint8_t* patterns,
                KernelIsa isa = ActiveKernelIsa()) const;

 private:
  std::vector<float> min_, max_, divisor_, zero_step_;
  std::vector<int32_t> zero_code_;
  int32_t flip_;
};

// The operand value that stands for 0.0: what LutConv2d calls a zero point.
int32_t ZeroPoint(const NudgedRange& range, Signedness signedness);

}  // namespace axlut
