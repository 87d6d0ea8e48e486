// SPDX-License-Identifier: MIT
// From the sums of a convolution to the tensor that an op returns, block by block.
#pragma once

#include <algorithm>
#include <cstdint>

#include "runtime/nn/lut_conv2d.h"
#include "runtime/tf/conv2d_attributes.h"

namespace axlut {

// out = convert(sum, channel) for every sum of a block. `out` is the whole output of a convolution
// with `shape`'s height, width and channels, in the data format.
template <typename T, typename Acc, typename Convert>
void StoreBlock(const SumBlock<Acc>& block, DataFormat format, const Conv2dShape& shape,
                const Convert& convert, T* out) {
  if (format == DataFormat::kNhwc) {
    for (int64_t p = 0; p < block.positions; ++p) {
      const Acc* const sums = block.sums + p * block.stride;
      T* const row = out + (block.first_position + p) * shape.out_c + block.first_channel;
      for (int64_t c = 0; c < block.channels; ++c) {
        row[c] = convert(sums[c], block.first_channel + c);
      }
    }
    return;
  }
  // A channel of an image lies together; a block can cover several images.
  const int64_t pixels = shape.out_h * shape.out_w;
  const int64_t end = block.first_position + block.positions;
  for (int64_t first = block.first_position; first < end;) {
    const int64_t image = first / pixels;
    const int64_t count = std::min(end, (image + 1) * pixels) - first;
    const Acc* const sums = block.sums + (first - block.first_position) * block.stride;
    for (int64_t c = 0; c < block.channels; ++c) {
      const int64_t channel = block.first_channel + c;
      T* const plane = out + (image * shape.out_c + channel) * pixels + first - image * pixels;
      for (int64_t p = 0; p < count; ++p) plane[p] = convert(sums[p * block.stride + c], channel);
    }
    first += count;
  }
}

}  // namespace axlut
