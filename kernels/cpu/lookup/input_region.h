// SPDX-License-Identifier: MIT
// The pixels that the windows of a tile touch, channel by channel: transposed once, they serve
// every tap of a window by copying runs that are shifted against each other. Without it each tap is
// transposed by itself, which for a 3x3 filter is nine times the work.
#pragma once

#include <cstdint>

#include "kernels/conv2d.h"
#include "kernels/cpu/lookup/code_ops.h"
#include "kernels/cpu/window.h"

namespace axlut {

class InputRegion {
 public:
  // Copied runs may write this many bytes beyond the last lane.
  static constexpr int64_t kSlack = 64;

  // For tiles of up to `lanes` positions.
  InputRegion(const Conv2dShape& shape, int64_t lanes);

  // Views into the caller's memory.
  struct Workspace {
    uint8_t* codes = nullptr;            // MaxPixels per channel, and kSlack
    const uint8_t** pointers = nullptr;  // MaxPixels
    uint32_t* pixel_sums = nullptr;      // MaxPixels
    int32_t* starts = nullptr;           // StartCount: [run][kernel_h], a pixel of the region
    CodeRun* copies = nullptr;           // one per lane
  };
  int64_t MaxPixels() const { return max_pixels_; }  // a multiple of 64; 0: never used
  int64_t StartCount() const { return max_pixels_ == 0 ? 0 : lanes_ * shape_.kernel_h; }

  // Finds the pixels of a tile for the group that starts at first_channel; `padding` holds a pixel
  // of it. Returns how many there are, rounded up to a multiple of 64, or 0 if a region does not
  // pay because the windows share little.
  int64_t Plan(const PositionRun* runs, int64_t run_count, int64_t first_channel,
               const uint8_t* padding, const Workspace& work) const;
  // Transposes `count` channels from `channel` (of the group) on, for Plan's pixels. Then they are
  // finished as FinishCodes does, with what `block` says besides the place. Returns the bitwise or
  // of all codes.
  uint8_t Load(int64_t channel, int64_t count, int64_t pixels, uint8_t (*finish)(const CodeBlock&),
               CodeBlock block, const Workspace& work) const;
  // codes[k * lanes + position] = the code of the slice's product k; the slice has all channels
  // that are loaded.
  void Copy(const PositionRun* runs, int64_t run_count, const WindowSlice& slice,
            void (*copy_runs)(const CodeCopy&), const Workspace& work, int64_t lanes,
            uint8_t* codes) const;
  // sums[position] = the sum of pixel_sums over the slice's taps.
  void SumTaps(const PositionRun* runs, int64_t run_count, const WindowSlice& slice,
               const Workspace& work, int64_t lanes, uint32_t* sums) const;

 private:
  int32_t FindRow(const PositionRun* runs, int64_t first_run, int64_t run, int64_t tap_row,
                  int64_t y, const Workspace& work) const;
  void AddRow(const PositionRun& run, int64_t y, int64_t first_x, int64_t width,
              int64_t first_channel, const uint8_t* padding, const uint8_t** pointers) const;

  const Conv2dShape shape_;
  const int64_t lanes_;
  int64_t max_pixels_ = 0;
};

}  // namespace axlut
