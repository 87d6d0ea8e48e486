// SPDX-License-Identifier: MIT
#include "kernels/cpu/window.h"

#include <algorithm>
#include <cstring>

namespace axlut {
namespace {

// GCC and Clang turn these shuffles into single unpack instructions, with SSE2 as well as NEON.
using Bytes = uint8_t __attribute__((vector_size(16)));

Bytes InterleaveLow(Bytes a, Bytes b) {
  return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

Bytes InterleaveHigh(Bytes a, Bytes b) {
  return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15,
                                 31);
}

// out[c * stride + lane] = pointers[lane][c] for 16 lanes and 16 channels. Row r of a 16x16 matrix
// interleaved with row r + 8, four times over, is its transpose.
void Transpose16x16(const uint8_t* const* pointers, int64_t channel, uint8_t* out, int64_t stride) {
  Bytes rows[16];
  for (int r = 0; r < 16; ++r) std::memcpy(&rows[r], pointers[r] + channel, 16);
  for (int step = 0; step < 4; ++step) {
    Bytes mixed[16];
    for (int r = 0; r < 8; ++r) {
      mixed[2 * r] = InterleaveLow(rows[r], rows[r + 8]);
      mixed[2 * r + 1] = InterleaveHigh(rows[r], rows[r + 8]);
    }
    std::copy(mixed, mixed + 16, rows);
  }
  for (int r = 0; r < 16; ++r) std::memcpy(out + r * stride, &rows[r], 16);
}

// A call of memcpy costs more than the few bytes of a pixel.
void CopyBytes(const uint8_t* from, int64_t count, uint8_t* to) {
  if (count < 16) {
    for (int64_t i = 0; i < count; ++i) to[i] = from[i];
    return;
  }
  for (int64_t i = 0; i + 16 < count; i += 16) std::memcpy(to + i, from + i, 16);
  std::memcpy(to + count - 16, from + count - 16, 16);
}

}  // namespace

int64_t FindRuns(const Conv2dShape& s, const Conv2dInput& input, int64_t first, int64_t count,
                 PositionRun* runs) {
  int64_t n = first / (s.out_h * s.out_w);
  int64_t y = first / s.out_w % s.out_h;
  int64_t x = first % s.out_w;
  int64_t found = 0;
  while (count > 0) {
    PositionRun& run = runs[found++];
    run.image = input.codes + n * s.in_h * s.in_w * s.in_c;
    run.y = y * s.stride_h - s.pad_top;
    run.x = x * s.stride_w - s.pad_left;
    run.count = std::min(count, s.out_w - x);
    count -= run.count;
    x = 0;
    if (++y == s.out_h) {
      y = 0;
      ++n;
    }
  }
  return found;
}

void FindTap(const Conv2dShape& s, const PositionRun* runs, int64_t run_count, int64_t tap,
             int64_t channel, const uint8_t* padding, int64_t lanes, const uint8_t** pointers) {
  const uint8_t** const end = pointers + lanes;
  const int64_t dy = tap / s.kernel_w * s.dilation_h;
  const int64_t dx = tap % s.kernel_w * s.dilation_w;
  for (const PositionRun* run = runs; run != runs + run_count; ++run) {
    const int64_t y = run->y + dy;
    const bool row_inside = y >= 0 && y < s.in_h;
    // Positions [inside, right) of the run read pixels, the others padding.
    const int64_t x = run->x + dx;
    int64_t inside = 0;
    int64_t right = 0;
    if (row_inside) {
      inside = std::min(run->count, x >= 0 ? 0 : (-x + s.stride_w - 1) / s.stride_w);
      right = x >= s.in_w ? 0 : (s.in_w - x + s.stride_w - 1) / s.stride_w;
      right = std::max(inside, std::min(run->count, right));
    }
    std::fill(pointers, pointers + inside, padding);
    const int64_t pixel = (y * s.in_w + x) * s.in_c + channel;
    const int64_t step = s.stride_w * s.in_c;
    for (int64_t i = inside; i < right; ++i) pointers[i] = run->image + (pixel + i * step);
    std::fill(pointers + right, pointers + run->count, padding);
    pointers += run->count;
  }
  std::fill(pointers, end, padding);
}

void TransposeCodes(const uint8_t* const* pointers, int64_t lanes, int64_t first, int64_t channels,
                    uint8_t* out, int64_t stride) {
  for (int64_t lane = 0; lane < lanes; lane += 16) {
    if (channels < 16) {
      for (int64_t c = 0; c < channels; ++c) {
        for (int64_t i = 0; i < 16; ++i) {
          out[c * stride + lane + i] = pointers[lane + i][first + c];
        }
      }
      continue;
    }
    int64_t c = 0;
    for (; c + 16 <= channels; c += 16) {
      Transpose16x16(pointers + lane, first + c, out + c * stride + lane, stride);
    }
    // The last block overlaps the one before it, so that nothing is read beyond a pixel's channels.
    if (c < channels) {
      c = channels - 16;
      Transpose16x16(pointers + lane, first + c, out + c * stride + lane, stride);
    }
  }
}

void CopyCodes(const Conv2dShape& s, const PositionRun* runs, int64_t run_count,
               const WindowSlice& slice, const uint8_t* padding, int64_t positions,
               const uint8_t** pointers, uint8_t* out, int64_t stride) {
  for (int64_t tap = slice.first_tap; tap < slice.first_tap + slice.taps; ++tap) {
    FindTap(s, runs, run_count, tap, slice.group * s.GroupInC() + slice.first_channel, padding,
            positions, pointers);
    uint8_t* row = out + (tap - slice.first_tap) * slice.channels;
    for (int64_t p = 0; p < positions; ++p, row += stride) {
      CopyBytes(pointers[p], slice.channels, row);
    }
  }
}

}  // namespace axlut
