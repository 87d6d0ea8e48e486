// SPDX-License-Identifier: MIT
// All tiles of a kernel, one after the other: what tests and benchmarks need.
#pragma once

#include "kernels/cpu/aligned_array.h"
#include "kernels/cpu/conv2d_kernel.h"

namespace axlut {

template <typename Acc>
void RunAllTiles(const Conv2dKernel& kernel, const Conv2dInput& input,
                 AlignedArray<uint8_t>* workspace, Acc* acc) {
  for (int64_t tile = 0; tile < kernel.TileCount(input.batch); ++tile) {
    kernel.RunTile(input, tile, workspace->data(), acc);
  }
}

}  // namespace axlut
