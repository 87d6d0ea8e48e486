// SPDX-License-Identifier: MIT
// Depthwise convolutions: every output channel reads one input channel. There is no reduction over
// channels that would pay for packing each tap, so a block of the input is turned into planes once
// (DepthwisePlanes) and every tap reads them where they are.
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/cpu/aligned_array.h"
#include "kernels/cpu/conv2d_kernel.h"
#include "kernels/cpu/depthwise/depthwise_method.h"
#include "kernels/cpu/depthwise/depthwise_planes.h"

namespace axlut {

class DepthwiseConv2d final : public Conv2dKernel {
 public:
  DepthwiseConv2d(const DepthwiseMethod& method, const PreparedLut& lut, const Conv2dShape& shape,
                  const Conv2dWeights& weights);

  int64_t TileCount(int64_t batch) const override;
  Conv2dTile TileAt(int64_t batch, int64_t tile) const override;
  int64_t WorkspaceBytes() const override;
  void RunTile(const Conv2dInput& input, int64_t tile, void* workspace,
               int32_t* acc) const override;
  void RunTile(const Conv2dInput& input, int64_t tile, void* workspace,
               int64_t* acc) const override;

 private:
  struct Workspace;
  // A tile: a block of positions and a block of input channels.
  struct Part {
    DepthwiseBlock block;
    int64_t first_channel = 0;
    int64_t channels = 0;
  };
  // Some lanes of a tile.
  struct Lanes {
    int64_t first = 0;
    int64_t count = 0;
  };

  // Chooses the members below.
  void ChooseChannels();
  void ChooseRows();
  void ChooseImages();
  int64_t BlockCost(const DepthwiseBlock& block) const;
  DepthwiseBlock LargestBlock() const;
  int64_t ImageBlocks(int64_t batch) const;
  Part PartOf(int64_t batch, int64_t tile) const;

  template <typename Acc>
  void Run(const Conv2dInput& input, int64_t tile, void* memory, Acc* acc) const;
  template <typename Acc>
  void FindTargets(const DepthwiseBlock& block, int64_t lanes, Acc* acc, Acc* unused,
                   Acc** targets) const;
  bool NeedsRowsByCode() const {
    return method_.map_codes == nullptr && !rows_by_class_.index_is_code;
  }
  // Whether planes of codes are needed beside those of indices.
  bool HasCodePlanes() const { return !rows_.index_is_code && !correction_.code_factor.empty(); }
  void MapCodes(const Part& part, const Workspace& work) const;
  // The sums of output channels [first, first + channels) of the tile; if `narrow` with scale and
  // code sums, which wrap at 32 bits.
  void SumChannels(const Part& part, int64_t first, int64_t channels, const Lanes& lanes,
                   bool narrow, const Workspace& work) const;
  // The last argument only names the accumulator.
  void StoreChannels(const Part& part, int64_t first, int64_t channels, const Lanes& lanes,
                     const Workspace& work, int32_t* acc) const;
  void StoreChannels(const Part& part, int64_t first, int64_t channels, const Lanes& lanes,
                     const Workspace& work, int64_t* acc) const;
  int64_t LaneOf(int64_t i) const {
    return (i & -method_.lane_unit) + method_.lane_order[i & (method_.lane_unit - 1)];
  }
  uint64_t CodeSum(const uint8_t* codes, const int64_t* offsets) const;

  const DepthwiseMethod& method_;
  const PreparedLut& lut_;
  const Conv2dShape shape_;
  const int64_t multiplier_;     // output channels per input channel
  const int64_t column_blocks_;  // > 1 only if rows_per_block_ is 1
  const DepthwisePlanes planes_;
  const LookupRows& rows_by_class_;
  const LookupRows rows_by_code_;  // where the method wants them
  const LookupRows& rows_;         // one of these
  const Conv2dCorrection correction_;
  const int64_t max_lanes_;
  const AlignedArray<uint8_t> filter_rows_;  // [out_c][K]
  const uint8_t code_mask_;
  int64_t channel_blocks_ = 1;
  int64_t rows_per_block_ = 1;
  int64_t images_per_block_ = 1;  // > 1 only if rows_per_block_ is out_h
};

// Entries of kernels.inc.

// Entries of two bytes; 64 positions at a time.
struct DepthwiseAvx512VbmiKernel {
  static bool Supports(const PreparedLut& lut, const Conv2dShape& shape);
  static double Cost(const PreparedLut& lut, const Conv2dShape& shape);
  static std::unique_ptr<Conv2dKernel> Make(const PreparedLut& lut, const Conv2dShape& shape,
                                            const Conv2dWeights& weights);
};

// Any table, if the sums of its entries over a window fit 32 bits.
struct DepthwisePortableKernel {
  static bool Supports(const PreparedLut& lut, const Conv2dShape& shape);
  static double Cost(const PreparedLut& lut, const Conv2dShape& shape);
  static std::unique_ptr<Conv2dKernel> Make(const PreparedLut& lut, const Conv2dShape& shape,
                                            const Conv2dWeights& weights);
};

}  // namespace axlut
