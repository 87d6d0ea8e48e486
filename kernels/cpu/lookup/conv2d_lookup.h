// SPDX-License-Identifier: MIT
// A convolution around any LookupMethod. Two loop orders, chosen per call by LookupCost:
// - filter-stationary: a row of the table per weight, lanes are output positions. The activations
//   of a tile are packed K-major once and used by all output channels.
// - activation-stationary: a row per activation, lanes are output channels, the filter is packed
//   beforehand. For layers with more channels than positions, and for tables that are cheaper to
//   index by the weight.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <vector>

#include "kernels/cpu/aligned_array.h"
#include "kernels/cpu/conv2d_kernel.h"
#include "kernels/cpu/lookup/direct_avx512vbmi.h"
#include "kernels/cpu/lookup/expanded_rows_avx2.h"
#include "kernels/cpu/lookup/input_region.h"
#include "kernels/cpu/lookup/lookup.h"
#include "kernels/cpu/lookup/row_stationary.h"
#include "kernels/cpu/lookup/separable_avx2.h"

namespace axlut {

class LookupConv2d final : public Conv2dKernel {
 public:
  LookupConv2d(const LookupMethod& method, const PreparedLut& lut, const Conv2dShape& shape,
               const Conv2dWeights& weights);

  // Overrides the choice of the loop order (kA: activation-stationary), but for depthwise layers
  // with one input channel per group, which are filter-stationary. False if the table has no such
  // rows. For tests, benchmarks and kernels that are made for one order. Not while tiles run.
  bool ForceRows(RowOperand rows);

  int64_t TileCount(int64_t batch) const override;
  Conv2dTile TileAt(int64_t batch, int64_t tile) const override;
  int64_t WorkspaceBytes() const override;
  void RunTile(const Conv2dInput& input, int64_t tile, void* workspace,
               int32_t* acc) const override;
  void RunTile(const Conv2dInput& input, int64_t tile, void* workspace,
               int64_t* acc) const override;

 private:
  struct Workspace;
  // How the output is cut for one batch size: tile = (position block, group block, channel block).
  struct Tiling {
    bool activation_stationary = false;
    int64_t first_position = 0;
    int64_t positions = 0;
    int64_t position_unit = 0;  // blocks start at multiples of it
    int64_t position_blocks = 0;
    int64_t group_blocks = 0;
    int64_t channel_unit = 0;
    int64_t channel_blocks = 0;  // of one group
    int64_t TileCount() const { return position_blocks * group_blocks * channel_blocks; }
  };
  // Positions that would fill only part of a vector of lanes may be computed in the other order.
  struct Cut {
    Tiling main;
    Tiling tail;  // without positions: there is none
  };

  // Returns the size; with null memory only that.
  int64_t Place(uint8_t* memory, Workspace* work) const;
  void PackFilter(const uint8_t* filter);
  int64_t ChannelUnit() const;
  bool PrefersActivationRows(int64_t batch) const;
  Cut CutFor(int64_t batch) const;
  Tiling ByFilter(int64_t positions) const;
  Tiling ByActivation(int64_t first_position, int64_t positions) const;
  int64_t TailPositions(int64_t positions) const;
  // *tiling is the part of the cut that the tile belongs to.
  Conv2dTile TileOf(const Cut& cut, int64_t tile, const Tiling** tiling) const;
  // Products whose sum fits uint32_t, at most as many as the workspace has room for.
  template <typename Acc>
  int64_t ChunkDepth() const;
  template <typename Acc>
  void Run(const Conv2dInput& input, int64_t tile, void* memory, Acc* acc) const;
  template <typename Acc>
  void RunFilterStationary(const Conv2dTile& tile, int64_t run_count, Workspace* work,
                           Acc* acc) const;
  template <typename Acc>
  void LookUpPacked(const Conv2dTile& tile, int64_t depth, int64_t first_k, int64_t index_limit,
                    const Workspace* work, Acc* acc) const;
  template <typename Acc>
  void RunActivationStationary(const Conv2dTile& tile, int64_t run_count, Workspace* work,
                               Acc* acc) const;
  CodeBlock BlockToFinish(bool with_sums, uint32_t* sums) const;
  uint8_t PackTaps(const Conv2dTile& tile, int64_t run_count, const WindowSlice& slice,
                   int64_t lanes, Workspace* work) const;
  template <typename Acc>
  void FillOffsets(int64_t first_channel, int64_t channels, int64_t depth, bool is_first,
                   std::make_unsigned_t<Acc>* offsets) const;
  const int32_t* FactorsOf(int64_t first_channel) const;

  const LookupMethod& method_;
  const PreparedLut& lut_;
  const Conv2dShape shape_;
  const int64_t groups_per_tile_;  // > 1 only for one input channel per group
  const int64_t block_channels_;   // of ProductOrder
  const Conv2dCorrection correction_;
  const InputRegion region_;
  const uint8_t mask_a_;
  AlignedArray<uint8_t> filter_rows_;   // [out_c][K], row numbers
  AlignedArray<uint8_t> filter_index_;  // [group][lane block][K][lanes of the block]
  int64_t filter_index_limit_ = 256;
  const LookupRows* rows_by_b_;
  const LookupRows* rows_by_a_;
  std::optional<RowOperand> forced_order_;
};

// Entries of kernels.inc.

// Any table: sums are cut so that they fit uint32_t before they are widened.
struct RowStationaryKernel {
  static bool Supports(const PreparedLut&, const Conv2dShape&) { return true; }
  static double Cost(const PreparedLut& lut, const Conv2dShape& shape);
  static std::unique_ptr<Conv2dKernel> Make(const PreparedLut& lut, const Conv2dShape& shape,
                                            const Conv2dWeights& weights);
};

// Entries of two bytes; 64 lanes at a time.
struct DirectAvx512VbmiKernel {
  static bool Supports(const PreparedLut& lut, const Conv2dShape&) { return lut.range() < 65536; }
  static double Cost(const PreparedLut& lut, const Conv2dShape& shape);
  static std::unique_ptr<Conv2dKernel> Make(const PreparedLut& lut, const Conv2dShape& shape,
                                            const Conv2dWeights& weights);
};

// Tables that are separable by nibbles of an operand; depthwise layers take only those of a.
struct SeparableAvx2Kernel {
  static bool Supports(const PreparedLut& lut, const Conv2dShape& shape) {
    return lut.NibblePlanes(RowOperand::kB).planes > 0 ||
           (shape.GroupInC() > 1 && lut.NibblePlanes(RowOperand::kA).planes > 0);
  }
  static double Cost(const PreparedLut& lut, const Conv2dShape& shape);
  static std::unique_ptr<Conv2dKernel> Make(const PreparedLut& lut, const Conv2dShape& shape,
                                            const Conv2dWeights& weights);
};

// Entries of two bytes; always activation-stationary, for more output channels than positions.
struct ExpandedRowsAvx2Kernel {
  static bool Supports(const PreparedLut& lut, const Conv2dShape&) { return lut.range() < 65536; }
  static double Cost(const PreparedLut& lut, const Conv2dShape& shape);
  static std::unique_ptr<Conv2dKernel> Make(const PreparedLut& lut, const Conv2dShape& shape,
                                            const Conv2dWeights& weights);
};

}  // namespace axlut
