// SPDX-License-Identifier: MIT
// TensorFlow's quantization of floats to codes, as tf.quantization.fake_quant_with_min_max_vars
// does it: a range is moved ("nudged") by less than a step so that 0.0 is exactly one code.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/base/result.h"
#include "runtime/table/operand_spec.h"

namespace axlut {

// Codes 0 .. 2^width - 1 stand for min, min + scale, ..., max; zero_code stands for 0.0.
struct NudgedRange {
  float min = 0;
  float max = 0;
  float scale = 0;        // 0: the range holds nothing but 0.0, and every value becomes 0.0
  int32_t zero_code = 0;  // 0 .. 2^width - 1
  int width = 8;          // bits
};

// Nudges [min, max]. With min <= 0 <= max the result differs from it by less than a step.
// Otherwise, as in TensorFlow, a positive range becomes [0, max - min] and a negative one [min -
// max, 0]. Two cases that TensorFlow leaves open: a range of one value v != 0 is widened to hold
// 0.0 as well (TensorFlow divides by zero), and a step below the smallest normal float counts as 0.
// kInvalidInput, with `name` in front, unless both ends are finite, in order, and less than the
// largest float apart.
Result<NudgedRange> NudgeRange(float min, float max, int width, const std::string& name);

// Bit pattern of each value as an operand: its code for an unsigned one, its code - 2^(width - 1)
// for a two's-complement one. Values outside the range, infinities too, become its ends. False if
// a value is NaN (whose pattern is then any).
bool QuantizeToPatterns(const NudgedRange& range, Signedness signedness, const float* values,
                        int64_t count, uint8_t* patterns);

// The operand value that stands for 0.0: what LutConv2d calls a zero point.
int32_t ZeroPoint(const NudgedRange& range, Signedness signedness);

}  // namespace axlut
