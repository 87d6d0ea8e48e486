// SPDX-License-Identifier: MIT
// Mean of int8 codes over some dimensions, as TensorFlow Lite's reference kernel computes it.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/nn/requantize.h"

namespace axlut {

struct MeanParams {
  // Strides of the output in the input's dimensions: output index = sum of index[d] *
  // out_strides[d]; 0 for a dimension that is averaged away.
  std::vector<int64_t> in_shape;
  std::vector<int64_t> out_strides;
  int64_t out_count = 1;
  int64_t terms = 1;  // codes that are averaged for one output
  int32_t zero_in = 0, zero_out = 0;
  FixedPointMultiplier multiplier;  // scale_in / (scale_out * terms)
};

// `reduced[d]` says whether dimension d is averaged away.
Result<MeanParams> MakeMeanParams(const std::vector<int64_t>& in_shape,
                                  const std::vector<bool>& reduced, float scale_in, int32_t zero_in,
                                  float scale_out, int32_t zero_out);

// `sums` has room for out_count values. docs/emulation.md, eq. 11.
void MeanInt8(const MeanParams& params, const int8_t* input, int32_t* sums, int8_t* output);

}  // namespace axlut
