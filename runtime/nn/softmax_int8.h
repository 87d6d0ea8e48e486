// SPDX-License-Identifier: MIT
// Softmax of int8 codes in fixed point, as TensorFlow Lite's reference kernel computes it.
#pragma once

#include <cstdint>

#include "runtime/base/result.h"
#include "runtime/nn/requantize.h"

namespace axlut {

struct SoftmaxParams {
  FixedPointMultiplier multiplier;  // beta * input scale * 2^26: code differences to Q5.26
  int32_t smallest_difference = 0;  // differences below it count as exp(-inf) = 0
};

// kUnsupported if beta * scale is not positive or too small to be represented.
Result<SoftmaxParams> MakeSoftmaxParams(float beta, float input_scale);

// `rows` rows of `depth` codes each. The output's scale is 1/256, its zero point -128.
// docs/emulation.md, eq. 15 to 18.
void SoftmaxInt8(const SoftmaxParams& params, const int8_t* input, int64_t rows, int64_t depth,
                 int8_t* output);

}  // namespace axlut
