// SPDX-License-Identifier: MIT
#include "kernels/cpu/lookup/input_region.h"

#include <algorithm>

#include "kernels/cpu/blocking.h"

namespace axlut {
namespace {

// Output rows up to this width share their input rows: wider ones hardly meet in one tile.
constexpr int64_t kMaxSharedWidth = 128;

}  // namespace

InputRegion::InputRegion(const Conv2dShape& shape, int64_t lanes) : shape_(shape), lanes_(lanes) {
  const int64_t taps = shape.kernel_h * shape.kernel_w;
  if (shape.stride_w != 1 || taps == 1) return;
  constexpr int64_t kMaxPixels = 2304;
  max_pixels_ = std::min(kMaxPixels, taps * lanes / 2) / 64 * 64;
}

int64_t InputRegion::Plan(const PositionRun* runs, int64_t run_count, int64_t first_channel,
                          const uint8_t* padding, const Workspace& work) const {
  if (max_pixels_ == 0) return 0;
  const Conv2dShape& s = shape_;
  const bool shared = s.out_w <= kMaxSharedWidth;
  const int64_t reach = (s.kernel_w - 1) * s.dilation_w;
  int64_t pixels = 0;
  int64_t image_start = 0;  // first run of the image
  for (int64_t r = 0; r < run_count; ++r) {
    const PositionRun& run = runs[r];
    if (run.image != runs[image_start].image) image_start = r;
    const int64_t first_x = shared ? -s.pad_left : run.x;
    const int64_t width = (shared ? s.out_w : run.count) + reach;
    for (int64_t i = 0; i < s.kernel_h; ++i) {
      const int64_t y = run.y + i * s.dilation_h;
      int32_t* start = work.starts + r * s.kernel_h + i;
      *start = shared ? FindRow(runs, image_start, r, i, y, work) : -1;
      if (*start < 0) {
        if (pixels + width > max_pixels_) return 0;
        *start = static_cast<int32_t>(pixels);
        AddRow(run, y, first_x, width, first_channel, padding, work.pointers + pixels);
        pixels += width;
      }
    }
  }
  // From the first pixel of a row to that of the run.
  if (shared) {
    for (int64_t r = 0; r < run_count; ++r) {
      const auto shift = static_cast<int32_t>(runs[r].x + s.pad_left);
      for (int64_t i = 0; i < s.kernel_h; ++i) work.starts[r * s.kernel_h + i] += shift;
    }
  }
  const int64_t padded = RoundUp(pixels, 64);
  std::fill(work.pointers + pixels, work.pointers + padded, padding);
  return padded;
}

// Where row y of the image was put for an earlier run or tap row, or -1.
int32_t InputRegion::FindRow(const PositionRun* runs, int64_t first_run, int64_t run,
                             int64_t tap_row, int64_t y, const Workspace& work) const {
  for (int64_t r = run; r >= first_run; --r) {
    const int64_t distance = y - runs[r].y;
    if (distance < 0 || distance % shape_.dilation_h != 0) continue;
    const int64_t i = distance / shape_.dilation_h;
    if (i < (r == run ? tap_row : shape_.kernel_h)) return work.starts[r * shape_.kernel_h + i];
  }
  return -1;
}

void InputRegion::AddRow(const PositionRun& run, int64_t y, int64_t first_x, int64_t width,
                         int64_t first_channel, const uint8_t* padding,
                         const uint8_t** pointers) const {
  const Conv2dShape& s = shape_;
  std::fill(pointers, pointers + width, padding);
  if (y < 0 || y >= s.in_h) return;
  const int64_t left = std::clamp<int64_t>(-first_x, 0, width);
  const int64_t right = std::clamp<int64_t>(s.in_w - first_x, left, width);
  for (int64_t i = left; i < right; ++i) {
    pointers[i] = run.image + ((y * s.in_w + first_x + i) * s.in_c + first_channel);
  }
}

uint8_t InputRegion::Load(int64_t channel, int64_t count, int64_t pixels,
                          uint8_t (*finish)(const CodeBlock&), CodeBlock block,
                          const Workspace& work) const {
  TransposeCodes(work.pointers, pixels, channel, count, work.codes, max_pixels_);
  block.codes = work.codes;
  block.rows = count;
  block.stride = max_pixels_;
  block.length = pixels;
  return finish(block);
}

void InputRegion::Copy(const PositionRun* runs, int64_t run_count, const WindowSlice& slice,
                       void (*copy_runs)(const CodeCopy&), const Workspace& work, int64_t lanes,
                       uint8_t* codes) const {
  CodeCopy copy;
  copy.runs = work.copies;
  copy.run_count = run_count;
  copy.rows = slice.channels;
  copy.from_stride = max_pixels_;
  copy.to_stride = lanes;
  for (int64_t tap = slice.first_tap; tap < slice.first_tap + slice.taps; ++tap) {
    int32_t position = 0;
    for (int64_t r = 0; r < run_count; ++r) {
      const auto count = static_cast<int32_t>(runs[r].count);
      work.copies[r] = {work.starts[r * shape_.kernel_h + tap / shape_.kernel_w], position, count};
      position += count;
    }
    copy.from = work.codes + tap % shape_.kernel_w * shape_.dilation_w;
    copy.to = codes + (tap - slice.first_tap) * slice.channels * lanes;
    copy_runs(copy);
  }
}

void InputRegion::SumTaps(const PositionRun* runs, int64_t run_count, const WindowSlice& slice,
                          const Workspace& work, int64_t lanes, uint32_t* sums) const {
  std::fill(sums, sums + lanes, 0u);
  for (int64_t tap = slice.first_tap; tap < slice.first_tap + slice.taps; ++tap) {
    const int64_t shift = tap % shape_.kernel_w * shape_.dilation_w;
    uint32_t* out = sums;
    for (int64_t r = 0; r < run_count; ++r) {
      const int64_t start = work.starts[r * shape_.kernel_h + tap / shape_.kernel_w];
      const uint32_t* from = work.pixel_sums + start + shift;
      for (int64_t i = 0; i < runs[r].count; ++i) out[i] += from[i];
      out += runs[r].count;
    }
  }
}

}  // namespace axlut
