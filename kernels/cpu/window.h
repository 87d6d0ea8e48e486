// SPDX-License-Identifier: MIT
// Where the activations of a block of output positions lie: the address arithmetic of im2col, done
// per tap, with padding as just another address.
#pragma once

#include <cstdint>

#include "kernels/conv2d.h"
#include "kernels/cpu/conv2d_kernel.h"

namespace axlut {

// Consecutive positions of one output row.
struct PositionRun {
  const uint8_t* image = nullptr;  // pixel (0, 0), channel 0
  int64_t y = 0;                   // input row of the window's first tap
  int64_t x = 0;                   // input column of the same, for the first position
  int64_t count = 0;
};

// Cuts positions [first, first + count) into runs; returns how many there are (at most count).
int64_t FindRuns(const Conv2dShape& shape, const Conv2dInput& input, int64_t first, int64_t count,
                 PositionRun* runs);

// pointers[position] = address of channel `channel` of the pixel that tap number `tap` (i *
// kernel_w
// + j) reads, or `padding` where that lies outside the image. Then fills up to `lanes` with
// padding.
void FindTap(const Conv2dShape& shape, const PositionRun* runs, int64_t run_count, int64_t tap,
             int64_t channel, const uint8_t* padding, int64_t lanes, const uint8_t** pointers);

// out[c * stride + lane] = pointers[lane][c] for c < channels; lanes is a multiple of 16.
void TransposeCodes(const uint8_t* const* pointers, int64_t lanes, int64_t channels, uint8_t* out,
                    int64_t stride);

// Products [first_k, first_k + depth) of the windows of one group, k being tap * GroupInC + c.
struct WindowSlice {
  int64_t group = 0;
  int64_t first_k = 0;
  int64_t depth = 0;
};

// out[position * stride + k - first_k] = the activation of product k, & mask. `pointers` is scratch
// memory for `positions` pointers; `padding` holds GroupInC codes.
void CopyCodes(const Conv2dShape& shape, const PositionRun* runs, int64_t run_count,
               const WindowSlice& slice, const uint8_t* padding, int64_t positions,
               const uint8_t** pointers, uint8_t mask, uint8_t* out, int64_t stride);

}  // namespace axlut
