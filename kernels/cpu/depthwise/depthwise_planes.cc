// SPDX-License-Identifier: MIT
#include "kernels/cpu/depthwise/depthwise_planes.h"

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

struct Range {
  int64_t begin;
  int64_t end;
};

// The i < count for which first + i * step lies in [0, size).
Range FindInside(int64_t count, int64_t first, int64_t step, int64_t size) {
  const int64_t begin = std::min(count, first >= 0 ? 0 : CeilDiv(-first, step));
  const int64_t end = first >= size ? 0 : CeilDiv(size - first, step);
  return {begin, std::clamp(end, begin, count)};
}

int64_t IndexOf(const std::vector<int64_t>& phases, int64_t phase) {
  return std::find(phases.begin(), phases.end(), phase) - phases.begin();
}

}  // namespace

DepthwisePlanes::DepthwisePlanes(const Conv2dShape& shape, bool whole_rows)
    : shape_(shape),
      reach_h_((shape.kernel_h - 1) * shape.dilation_h / shape.stride_h),
      reach_w_((shape.kernel_w - 1) * shape.dilation_w / shape.stride_w),
      phases_h_(FindPhases(shape.kernel_h, shape.dilation_h, shape.stride_h)),
      phases_w_(FindPhases(shape.kernel_w, shape.dilation_w, shape.stride_w)),
      shared_h_(reach_h_),
      shared_w_(whole_rows ? reach_w_ : 0) {
  for (const int64_t phase : phases_h_) {
    const int64_t count = shape.out_h + reach_h_;
    const Range inside = FindInside(count, phase - shape.pad_top, shape.stride_h, shape.in_h);
    shared_h_ = std::min({shared_h_, inside.begin, count - inside.end});
  }
  for (const int64_t phase : phases_w_) {
    const int64_t count = shape.out_w + reach_w_;
    const Range inside = FindInside(count, phase - shape.pad_left, shape.stride_w, shape.in_w);
    shared_w_ = std::min({shared_w_, inside.begin, count - inside.end});
  }
}

int64_t DepthwisePlanes::PlaneBytes(const DepthwiseBlock& block, int64_t lane_unit) const {
  // An odd number of cache lines: the planes of neighbouring channels then use different sets of
  // the cache.
  return (RoundUp(Pixels(block), 16) + lane_unit) / 64 * 64 + 64 +
         ((RoundUp(Pixels(block), 16) + lane_unit) / 64 % 2) * 64;
}

void DepthwisePlanes::FindOffsets(const DepthwiseBlock& block, int64_t* offsets) const {
  const Conv2dShape& s = shape_;
  const int64_t phase_pixels = PhasePixels(block);
  for (int64_t i = 0; i < s.kernel_h; ++i) {
    const int64_t y = i * s.dilation_h;
    for (int64_t j = 0; j < s.kernel_w; ++j) {
      const int64_t x = j * s.dilation_w;
      const int64_t phase =
          IndexOf(phases_h_, y % s.stride_h) * static_cast<int64_t>(phases_w_.size()) +
          IndexOf(phases_w_, x % s.stride_w);
      *offsets++ = phase * phase_pixels + y / s.stride_h * Pitch(block.columns) + x / s.stride_w;
    }
  }
}

void DepthwisePlanes::FindPixels(const Conv2dInput& input, const DepthwiseBlock& block,
                                 int64_t first_channel, const uint8_t* padding,
                                 const uint8_t** pointers) const {
  const Conv2dShape& s = shape_;
  const int64_t columns = block.columns + reach_w_;
  const int64_t rows = block.rows + reach_h_;
  const uint8_t** phase = pointers;
  for (const int64_t phase_h : phases_h_) {
    for (const int64_t phase_w : phases_w_) {
      const int64_t y0 = block.first_row * s.stride_h + phase_h - s.pad_top;
      const int64_t x0 = block.first_column * s.stride_w + phase_w - s.pad_left;
      const Range inside = FindInside(columns, x0, s.stride_w, s.in_w);
      for (int64_t n = 0; n < block.images; ++n) {
        const uint8_t** row = phase + n * ImageLanes(block.rows, block.columns);
        for (int64_t i = 0; i < rows; ++i, row += Pitch(block.columns)) {
          const int64_t y = y0 + i * s.stride_h;
          const bool row_inside = y >= 0 && y < s.in_h;
          const int64_t pixel =
              (((block.first_image + n) * s.in_h + y) * s.in_w + x0) * s.in_c + first_channel;
          std::fill(row, row + (row_inside ? inside.begin : columns), padding);
          if (!row_inside) continue;
          for (int64_t q = inside.begin; q < inside.end; ++q) {
            row[q] = input.codes + (pixel + q * s.stride_w * s.in_c);
          }
          std::fill(row + inside.end, row + columns, padding);
        }
      }
      phase += PhasePixels(block);
    }
  }
  std::fill(phase, pointers + RoundUp(phase - pointers, 16), padding);
}

}  // namespace axlut
