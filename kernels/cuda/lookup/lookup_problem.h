// SPDX-License-Identifier: MIT
// Convolutions and matrix products as the tiled products that the kernels of lookup/ compute.
#pragma once

#include <cstdint>

#include "kernels/cuda/launches.h"
#include "kernels/cuda/lookup/tile_product_params.h"

namespace axlut {

// Which loaders bring operands to the tiles, see lookup_kernels.cuh.
enum class LookupRole : uint8_t { kMatrices, kForward, kInputGradient, kFilterGradient };

struct LookupProblem {
  LookupRole role = LookupRole::kMatrices;
  // Complete but for the table and the grid.
  TileProductParams params;
  int64_t groups = 1;
  int64_t phases = 1;  // of the gradient by the input
  int64_t chunks = 0;  // TileGrid::chunks
  int64_t out_count = 0;
  int64_t channels = 1;  // of zero codes and scales of b, the outputs' last dimension
};

LookupProblem MakeLookupProblem(const Conv2dLaunch& launch);
LookupProblem MakeLookupProblem(const MatmulLaunch& launch);

}  // namespace axlut
