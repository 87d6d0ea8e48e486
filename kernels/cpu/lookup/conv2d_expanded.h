// SPDX-License-Identifier: MIT
// A convolution through expanded tables: for 16 output channels and each k, the table rows of the
// 16 weights are transposed so that one load per activation brings the products of all 16 channels.
// The expansion costs about as much as 200 positions, so it needs layers with many positions.
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/cpu/aligned_array.h"
#include "kernels/cpu/conv2d_kernel.h"

namespace axlut {

class ExpandedAvx2Kernel final : public Conv2dKernel {
 public:
  // Entries of two bytes.
  static bool Supports(const PreparedLut& lut, const Conv2dShape&) { return lut.range() < 65536; }
  static double Cost(const PreparedLut& lut, const Conv2dShape& shape);
  static std::unique_ptr<Conv2dKernel> Make(const PreparedLut& lut, const Conv2dShape& shape,
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
  ExpandedAvx2Kernel(const PreparedLut& lut, const Conv2dShape& shape,
                     const Conv2dWeights& weights);
  template <typename Acc>
  void Run(const Conv2dInput& input, int64_t tile, void* memory, Acc* acc) const;
  void SumChannels(int64_t first_channel, int64_t channels, int64_t first_k, int64_t depth,
                   int64_t positions, Workspace* work) const;
  template <typename Acc>
  void StoreChannels(const Conv2dTile& tile, int64_t first_k, int64_t depth, const Workspace& work,
                     Acc* acc) const;

  const PreparedLut& lut_;
  const Conv2dShape shape_;
  const uint8_t mask_a_;
  const LookupRows& rows_;
  const Conv2dCorrection correction_;
  const uint8_t* map_ = nullptr;       // from codes to indices; null: they are the same
  uint8_t largest_index_[256] = {};    // of the codes up to a code
  AlignedArray<uint8_t> filter_rows_;  // [out_c][K], row numbers
};

}  // namespace axlut
