// SPDX-License-Identifier: MIT
// Where the activations of a block of output positions lie: the address arithmetic of im2col, done
// per tap, with padding as just another address.
#pragma once

#include <algorithm>
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

// out[c * stride + lane] = pointers[lane][first + c] for c < channels; lanes is a multiple of 16.
void TransposeCodes(const uint8_t* const* pointers, int64_t lanes, int64_t first, int64_t channels,
                    uint8_t* out, int64_t stride);

// Some products of the windows of one group: `channels` input channels of each of `taps` taps.
struct WindowSlice {
  int64_t group = 0;
  int64_t first_tap = 0;
  int64_t taps = 0;
  int64_t first_channel = 0;  // of the group
  int64_t channels = 0;

  int64_t Depth() const { return taps * channels; }
};

// The products of a whole window, cut into slices of at most max_depth products, in the order of
// ProductOrder(shape, block_channels): a slice has either one tap or all channels of a block. For
// every slice calls run(slice, first_k, starts_block), first_k being its place in that order.
template <typename Run>
void ForEachSlice(const Conv2dShape& shape, int64_t group, int64_t block_channels,
                  int64_t max_depth, const Run& run) {
  const int64_t taps = shape.kernel_h * shape.kernel_w;
  int64_t k = 0;
  for (int64_t first = 0; first < shape.GroupInC(); first += block_channels) {
    const int64_t count = std::min(block_channels, shape.GroupInC() - first);
    const int64_t max_taps = std::max<int64_t>(1, max_depth / count);
    const int64_t max_channels = std::min(count, max_depth);
    for (int64_t tap = 0; tap < taps; tap += max_taps) {
      for (int64_t c = 0; c < count; c += max_channels) {
        const WindowSlice slice{group, tap, std::min(max_taps, taps - tap), first + c,
                                std::min(max_channels, count - c)};
        run(slice, k, tap == 0 && c == 0);
        k += slice.Depth();
      }
    }
  }
}

// out[position * stride + k] = the activation of the slice's product k (by tap, then by channel).
// `pointers` is scratch memory for `positions` pointers; `padding` holds a pixel of the group from
// slice.first_channel on.
void CopyCodes(const Conv2dShape& shape, const PositionRun* runs, int64_t run_count,
               const WindowSlice& slice, const uint8_t* padding, int64_t positions,
               const uint8_t** pointers, uint8_t* out, int64_t stride);

}  // namespace axlut
