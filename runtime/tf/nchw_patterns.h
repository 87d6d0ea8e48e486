// SPDX-License-Identifier: MIT
// Kernels read bit patterns in NHWC; an op's tensor may be NCHW.
#pragma once

#include <algorithm>
#include <cstdint>

#include "runtime/base/parallel_for.h"

namespace axlut {

// Fills `nhwc` with the patterns of an NCHW tensor: produce(begin, count, patterns) writes those of
// the `count` elements from flat index `begin` on, and is called on the threads of parallel_for,
// for at most kNchwRun elements of one channel.
inline constexpr int64_t kNchwRun = 64;
template <typename Produce>
void ProduceNhwc(int64_t images, int64_t channels, int64_t pixels, int64_t grain,
                 const ParallelFor& parallel_for, const Produce& produce, uint8_t* nhwc) {
  // Runs are as short as this so that the rows written to stay in the first-level cache while one
  // channel after the other goes into them.
  const int64_t runs = (pixels + kNchwRun - 1) / kNchwRun;
  const int64_t run_grain = std::max<int64_t>(1, grain / (kNchwRun * channels));
  parallel_for(images * runs, run_grain, [&](int64_t begin, int64_t end) {
    uint8_t patterns[kNchwRun];
    for (int64_t index = begin; index < end; ++index) {
      const int64_t image = index / runs;
      const int64_t first = index % runs * kNchwRun;
      const int64_t count = std::min(kNchwRun, pixels - first);
      uint8_t* const out = nhwc + (image * pixels + first) * channels;
      for (int64_t c = 0; c < channels; ++c) {
        produce((image * channels + c) * pixels + first, count, patterns);
        for (int64_t i = 0; i < count; ++i) out[i * channels + c] = patterns[i];
      }
    }
  });
}

}  // namespace axlut
