// SPDX-License-Identifier: MIT
#include "kernels/cpu/depthwise_planes.h"

#include <algorithm>

#include "kernels/cpu/blocking.h"

namespace axlut {
namespace {

// Remainders of tap * dilation divided by the stride, each once.
std::vector<int64_t> FindPhases(int64_t taps, int64_t dilation, int64_t stride) {
  std::vector<int64_t> phases;
  for (int64_t tap = 0; tap < taps; ++tap) {
    const int64_t phase = tap * dilation % stride;
    if (std::find(phases.begin(), phases.end(), phase) == phases.end()) phases.push_back(phase);
  }
  return phases;
}

int64_t IndexOf(const std::vector<int64_t>& phases, int64_t phase) {
  return std::find(phases.begin(), phases.end(), phase) - phases.begin();
}

}  // namespace

DepthwisePlanes::DepthwisePlanes(const Conv2dShape& shape)
    : shape_(shape),
      reach_h_((shape.kernel_h - 1) * shape.dilation_h / shape.stride_h),
      reach_w_((shape.kernel_w - 1) * shape.dilation_w / shape.stride_w),
      phases_h_(FindPhases(shape.kernel_h, shape.dilation_h, shape.stride_h)),
      phases_w_(FindPhases(shape.kernel_w, shape.dilation_w, shape.stride_w)) {}

int64_t DepthwisePlanes::PlaneBytes(const DepthwiseBlock& block, int64_t lane_unit) const {
  // An odd number of cache lines: the planes of neighbouring channels then use different sets of
  // the cache.
  return (RoundUp(Pixels(block), 16) + lane_unit) / 64 * 64 + 64 +
         ((RoundUp(Pixels(block), 16) + lane_unit) / 64 % 2) * 64;
}

void DepthwisePlanes::FindOffsets(const DepthwiseBlock& block, int64_t* offsets) const {
  const Conv2dShape& s = shape_;
  const int64_t phase_bytes = block.images * ImageLanes(block.rows, block.columns);
  for (int64_t i = 0; i < s.kernel_h; ++i) {
    const int64_t y = i * s.dilation_h;
    for (int64_t j = 0; j < s.kernel_w; ++j) {
      const int64_t x = j * s.dilation_w;
      const int64_t phase =
          IndexOf(phases_h_, y % s.stride_h) * static_cast<int64_t>(phases_w_.size()) +
          IndexOf(phases_w_, x % s.stride_w);
      *offsets++ = phase * phase_bytes + y / s.stride_h * Pitch(block.columns) + x / s.stride_w;
    }
  }
}

void DepthwisePlanes::FindPixels(const Conv2dInput& input, const DepthwiseBlock& block,
                                 int64_t first_channel, const uint8_t* padding,
                                 const uint8_t** pointers) const {
  const Conv2dShape& s = shape_;
  const int64_t pitch = Pitch(block.columns);
  const uint8_t** end = pointers;
  for (const int64_t phase_h : phases_h_) {
    for (const int64_t phase_w : phases_w_) {
      const int64_t x0 = block.first_column * s.stride_w + phase_w - s.pad_left;
      // Columns [inside, right) of a row are pixels, the others padding.
      const int64_t inside = std::min(pitch, x0 >= 0 ? 0 : CeilDiv(-x0, s.stride_w));
      const int64_t right =
          std::clamp(x0 >= s.in_w ? 0 : CeilDiv(s.in_w - x0, s.stride_w), inside, pitch);
      for (int64_t n = block.first_image; n < block.first_image + block.images; ++n) {
        for (int64_t row = 0; row < block.rows + reach_h_; ++row, end += pitch) {
          const int64_t y = (block.first_row + row) * s.stride_h + phase_h - s.pad_top;
          if (y < 0 || y >= s.in_h) {
            std::fill(end, end + pitch, padding);
            continue;
          }
          const int64_t pixel = ((n * s.in_h + y) * s.in_w + x0) * s.in_c + first_channel;
          std::fill(end, end + inside, padding);
          for (int64_t q = inside; q < right; ++q) {
            end[q] = input.codes + (pixel + q * s.stride_w * s.in_c);
          }
          std::fill(end + right, end + pitch, padding);
        }
      }
    }
  }
  std::fill(end, pointers + RoundUp(end - pointers, 16), padding);
}

}  // namespace axlut
