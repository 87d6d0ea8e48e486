// SPDX-License-Identifier: MIT
// A convolution by a plan. Tile by tile the linear part (offsets and terms: an int8 matrix product)
// is written to the output, then a lookup kernel adds the residual while the tile is in the cache.
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/cpu/conv2d_kernel.h"
#include "kernels/cpu/planned_lut.h"
#include "kernels/cpu/terms/term_conv2d.h"

namespace axlut {

class PlannedConv2d final : public Conv2dKernel {
 public:
  // `residual` was made for the plan's residual with add_to_acc, without bias and code sums; null
  // if the plan has none. Not for groups with one input channel each.
  PlannedConv2d(const PlannedLut::Plan& plan, const GemmMethod& gemm, const Conv2dShape& shape,
                const Conv2dWeights& weights, std::unique_ptr<Conv2dKernel> residual);

  int64_t TileCount(int64_t batch) const override;
  Conv2dTile TileAt(int64_t batch, int64_t tile) const override;
  int64_t WorkspaceBytes() const override;
  void RunTile(const Conv2dInput& input, int64_t tile, void* workspace,
               int32_t* acc) const override;
  void RunTile(const Conv2dInput& input, int64_t tile, void* workspace,
               int64_t* acc) const override;

 private:
  // How the output is cut if there is no residual: tile = (position block, group, channel block).
  struct Tiling {
    int64_t positions = 0;
    int64_t position_blocks = 0;
    int64_t channel_blocks = 0;  // of one group
  };
  Tiling TilingFor(int64_t batch) const;
  template <typename Acc>
  void Run(const Conv2dInput& input, int64_t tile, void* workspace, Acc* acc) const;

  const Conv2dShape shape_;
  const TermConv2d terms_;
  const std::unique_ptr<Conv2dKernel> residual_;
};

}  // namespace axlut
