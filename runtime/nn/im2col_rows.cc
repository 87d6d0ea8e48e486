// SPDX-License-Identifier: MIT
#include "runtime/nn/im2col_rows.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "kernels/ceil_div.h"
#include "kernels/cpu/window.h"

namespace axlut {
namespace {

// Positions whose codes one task transposes; a multiple of 16.
constexpr int64_t kBlockPositions = 256;

}  // namespace

void FillIm2colRows(const Conv2dShape& s, const Conv2dInput& input, int64_t group, int64_t first,
                    int64_t count, uint8_t* rows, const ParallelFor& parallel_for) {
  const int64_t taps = s.kernel_h * s.kernel_w;
  const int64_t stride = RoundUp(count, 16);
  const std::vector<uint8_t> padding(static_cast<size_t>(s.GroupInC()), input.pad_code);
  parallel_for(CeilDiv(count, kBlockPositions), 1, [&](int64_t begin, int64_t end) {
    PositionRun runs[kBlockPositions];
    const uint8_t* pointers[kBlockPositions];
    for (int64_t block = begin; block < end; ++block) {
      const int64_t p = block * kBlockPositions;
      const int64_t positions = std::min(kBlockPositions, count - p);
      const int64_t lanes = RoundUp(positions, 16);
      const int64_t run_count = FindRuns(s, input, first + p, positions, runs);
      for (int64_t tap = 0; tap < taps; ++tap) {
        FindTap(s, runs, run_count, tap, group * s.GroupInC(), padding.data(), lanes, pointers);
        TransposeCodes(pointers, lanes, 0, s.GroupInC(), rows + tap * s.GroupInC() * stride + p,
                       stride);
      }
    }
  });
  if (stride == count) return;
  for (int64_t row = 1; row < taps * s.GroupInC(); ++row) {
    std::memmove(rows + row * count, rows + row * stride, static_cast<size_t>(count));
  }
}

}  // namespace axlut
