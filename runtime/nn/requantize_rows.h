// SPDX-License-Identifier: MIT
// Sums of a layer to codes: bias, rescaling per channel, zero point, clamp, int8. The scalar form
// is written with the functions of requantize.h; the vector forms equal it bit for bit.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/cpu/aligned_array.h"
#include "kernels/cpu/isa.h"
#include "runtime/nn/requantize.h"

namespace axlut {

// The reference rounds dense layers otherwise than convolutions (docs/emulation.md, eq. 4 and 5).
enum class Rounding : uint8_t { kTwice, kOnce };

// Rows of sums, one row per position, and where their codes go.
struct RequantizeBlock {
  int64_t rows = 0;
  int64_t first_channel = 0;
  int64_t channels = 0;
  int64_t sum_stride = 0;     // from one row to the next, in elements
  int64_t output_stride = 0;  // likewise
};

// What the vector forms read, one entry per lane. Lane i of a row that starts at channel c has the
// parameters of entry (c + i) % period.
struct RequantizeLanes {
  const int32_t* bias;
  const int32_t* mantissa;
  const int32_t* left;   // shift
  const int32_t* right;  // shift
  const int32_t* mask;   // 2^right - 1
  int64_t period;        // a multiple of 16; 16 more entries repeat the first ones
  Rounding rounding;
  bool shifts_left;   // whether some `left` is not 0
  int32_t low, high;  // clamp, before the zero point is added
  int32_t zero_out;
};

class Requantizer {
 public:
  // One multiplier per entry of `bias`; clamp within -128..127, zero_out a code of int8.
  Requantizer(std::vector<int32_t> bias, std::vector<FixedPointMultiplier> multipliers,
              Rounding rounding, int32_t zero_out, CodeRange clamp);

  // sums[r * sum_stride + c] and output[r * output_stride + c] belong to channel first_channel + c.
  // A sum with its bias is taken modulo 2^32; returns how many that changed. `isa` is for tests.
  int64_t Run(const int32_t* sums, const RequantizeBlock& block, int8_t* output,
              KernelIsa isa = ActiveKernelIsa()) const;
  int64_t Run(const int64_t* sums, const RequantizeBlock& block, int8_t* output) const;

  int64_t channels() const { return static_cast<int64_t>(bias_.size()); }

 private:
  template <typename Sum>
  int64_t RunScalar(const Sum* sums, const RequantizeBlock& block, int8_t* output) const;
  int64_t CountWrapped(const int32_t* sums, const RequantizeBlock& block) const;

  std::vector<int32_t> bias_;
  std::vector<FixedPointMultiplier> multipliers_;
  Rounding rounding_;
  int32_t zero_out_;
  CodeRange clamp_;
  // Arrays of RequantizeLanes, one behind the other.
  AlignedArray<int32_t> lanes_;
  int64_t period_ = 0;
  bool shifts_left_ = false;
};

// `count` sums of one row, or of several that lie without a gap and begin at channel 0. Returns
// whether a sum wrapped.
bool RequantizeAvx512(const RequantizeLanes& lanes, const int32_t* sums, int64_t first_lane,
                      int64_t count, int8_t* output);
// As above, for the largest multiple of 8 in `count`.
bool RequantizeAvx2(const RequantizeLanes& lanes, const int32_t* sums, int64_t first_lane,
                    int64_t count, int8_t* output);

}  // namespace axlut
