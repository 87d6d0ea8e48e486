// SPDX-License-Identifier: MIT
#include "kernels/cpu/planned_conv2d.h"

#include <algorithm>
#include <utility>

#include "kernels/cpu/blocking.h"

namespace axlut {
namespace {

// Positions of a tile at most: with 256 channels their sums take 192 KiB of the L2 cache.
constexpr int64_t kMaxPositions = 192;
// And at least, where tiles are only made smaller to have one for every thread.
constexpr int64_t kMinPositions = 48;
// Channels that the matrix product computes together.
constexpr int64_t kTermChannels = 64;

}  // namespace

PlannedConv2d::PlannedConv2d(const PlannedLut::Plan& plan, const GemmMethod& gemm,
                             const Conv2dShape& shape, const Conv2dWeights& weights,
                             std::unique_ptr<Conv2dKernel> residual)
    : shape_(shape), terms_(plan.plan, gemm, shape, weights), residual_(std::move(residual)) {}

PlannedConv2d::Tiling PlannedConv2d::TilingFor(int64_t batch) const {
  Tiling t;
  t.positions = batch * shape_.out_h * shape_.out_w;
  t.position_blocks = CeilDiv(t.positions, kMaxPositions);
  t.channel_blocks = 1;
  const int64_t wanted = CeilDiv(kMinTiles, shape_.groups);
  if (t.position_blocks < wanted) {
    t.position_blocks = std::max(t.position_blocks, std::min(wanted, t.positions / kMinPositions));
  }
  if (t.position_blocks < wanted) {
    t.channel_blocks = std::min(CeilDiv(wanted, std::max<int64_t>(1, t.position_blocks)),
                                CeilDiv(shape_.GroupOutC(), kTermChannels));
  }
  return t;
}

int64_t PlannedConv2d::TileCount(int64_t batch) const {
  if (residual_ != nullptr) return residual_->TileCount(batch);
  const Tiling t = TilingFor(batch);
  return t.position_blocks * shape_.groups * t.channel_blocks;
}

Conv2dTile PlannedConv2d::TileAt(int64_t batch, int64_t tile) const {
  if (residual_ != nullptr) return residual_->TileAt(batch, tile);
  const Tiling t = TilingFor(batch);
  const int64_t channel_block = tile % t.channel_blocks;
  const int64_t group = tile / t.channel_blocks % shape_.groups;
  const int64_t position_block = tile / t.channel_blocks / shape_.groups;
  const int64_t group_out_c = shape_.GroupOutC();
  const auto first_position = [&](int64_t block) {
    return BlockStart(block, t.positions, 1, t.position_blocks);
  };
  const auto first_channel = [&](int64_t block) {
    return BlockStart(block, group_out_c, kTermChannels, t.channel_blocks);
  };
  Conv2dTile result;
  result.first_position = first_position(position_block);
  result.positions = first_position(position_block + 1) - result.first_position;
  result.first_channel = group * group_out_c + first_channel(channel_block);
  result.channels = first_channel(channel_block + 1) - first_channel(channel_block);
  return result;
}

int64_t PlannedConv2d::WorkspaceBytes() const {
  const int64_t terms = terms_.WorkspaceBytes();
  return residual_ == nullptr ? terms : std::max(terms, residual_->WorkspaceBytes());
}

template <typename Acc>
void PlannedConv2d::Run(const Conv2dInput& input, int64_t index, void* workspace, Acc* acc) const {
  const Conv2dTile tile = TileAt(input.batch, index);
  terms_.Run(input, tile, workspace, acc);
  if (residual_ != nullptr) residual_->RunTile(input, index, workspace, acc);
}

void PlannedConv2d::RunTile(const Conv2dInput& input, int64_t tile, void* workspace,
                            int32_t* acc) const {
  Run(input, tile, workspace, acc);
}

void PlannedConv2d::RunTile(const Conv2dInput& input, int64_t tile, void* workspace,
                            int64_t* acc) const {
  Run(input, tile, workspace, acc);
}

}  // namespace axlut
