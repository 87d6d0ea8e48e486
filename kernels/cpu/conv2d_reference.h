// SPDX-License-Identifier: MIT
// The reference as an entry of the list: any table.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/cpu/conv2d_kernel.h"

namespace axlut {

class Conv2dReferenceKernel final : public Conv2dKernel {
 public:
  static bool Supports(const PreparedLut& lut, const Conv2dShape&) { return !lut.is_residual(); }
  // It allocates, so it is the choice only where no other kernel is.
  static double Cost(const PreparedLut&, const Conv2dShape&) { return 1e6; }
  static std::unique_ptr<Conv2dKernel> Make(const PreparedLut& lut, const Conv2dShape& shape,
                                            const Conv2dWeights& weights);

  // One tile per image.
  int64_t TileCount(int64_t batch) const override { return batch; }
  Conv2dTile TileAt(int64_t batch, int64_t tile) const override;
  int64_t WorkspaceBytes() const override { return 0; }
  void RunTile(const Conv2dInput& input, int64_t tile, void* workspace,
               int32_t* acc) const override;
  void RunTile(const Conv2dInput& input, int64_t tile, void* workspace,
               int64_t* acc) const override;

 private:
  Conv2dReferenceKernel(const PreparedLut& lut, const Conv2dShape& shape,
                        const Conv2dWeights& weights);
  template <typename Acc>
  void Run(const Conv2dInput& input, int64_t tile, Acc* acc) const;

  LutView lut_;
  Conv2dShape image_;  // the shape with batch 1
  std::vector<uint8_t> filter_;
  Conv2dCorrection correction_;
  std::vector<int32_t> code_values_;  // a table whose products are the codes themselves
};

}  // namespace axlut
