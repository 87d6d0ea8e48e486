// SPDX-License-Identifier: MIT
// The linear part of a planned convolution: a plan's offsets and terms, as int8 matrix products.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "kernels/cpu/aligned_array.h"
#include "kernels/cpu/conv2d_kernel.h"
#include "kernels/cpu/terms/gemm_int8.h"
#include "kernels/cpu/terms/term_region.h"
#include "kernels/plan/plan.h"

namespace axlut {

// sum over k of plan.offset_b[weight], added to weights.bias: what a plan without a linear part
// leaves to the residual's kernel.
std::vector<int64_t> BiasWithOffsets(const KernelPlan& plan, const Conv2dShape& shape,
                                     const Conv2dWeights& weights);

class TermConv2d {
 public:
  // The plan's residual is ignored. `method` must outlive this, `plan` and `weights` are not kept.
  TermConv2d(const KernelPlan& plan, const GemmMethod& method, const Conv2dShape& shape,
             const Conv2dWeights& weights);

  // Scratch memory of one Run() for a tile of any size, to be aligned to 64 bytes.
  int64_t WorkspaceBytes() const;

  // For the tile's positions p and channels o of acc, which is the whole output tensor,
  //   acc[p][o] = bias[o] + code_factor[o] * sum_k (a_k ^ code_flip)
  //               + sum_k (offset_a[a_k] + offset_b[w_k] + sum_t scale_t * u_t[a_k] * v_t[w_k]),
  // k over the window's products. Overwrites acc. Modulo 2^32 in the int32_t form; exact in the
  // int64_t form (while the sums fit). The first channel of a tile must be a multiple of 16 within
  // its group. Any tile is right; tiles of several hundred positions and of whole groups or
  // multiples of 64 channels are quickest. `input.batch` is not needed.
  template <typename Acc>
  void Run(const Conv2dInput& input, const Conv2dTile& tile, void* workspace, Acc* acc) const;

 private:
  // Taps whose int32 sums cannot overflow.
  struct Chunk {
    int64_t first_tap, last_tap;
    int64_t first_unit;
  };
  // Terms of equal scale: one matrix product over all their taps.
  struct TermGroup {
    int32_t scale = 1;
    std::vector<GemmTap> taps;
    std::vector<Chunk> chunks;
    int64_t units = 0;              // of all taps
    AlignedArray<uint8_t> weights;  // [group][block of channels][unit][lane][depth_unit]
  };
  struct Workspace;
  // Positions of a step and channels of one block.
  struct Block;

  Workspace Place(void* memory, int64_t* bytes) const;
  void PlanSums(const KernelPlan& plan, std::vector<ByteMap>* maps);
  void AddTermGroup(const KernelPlan& plan, int32_t scale, const std::vector<size_t>& map_of_term,
                    const uint8_t* filter);
  void PackWeights(const std::vector<const PlanTerm*>& terms, const uint8_t* filter,
                   TermGroup* group) const;
  int64_t PaddedChannels() const;
  GemmWork WorkOf(const TermGroup& group, const Chunk& chunk, const Block& block,
                  const Workspace& work) const;
  void RunBlock(const Block& block, const Workspace& work, int32_t* acc) const;
  void RunBlock(const Block& block, const Workspace& work, int64_t* acc) const;

  const Conv2dShape shape_;
  const GemmMethod& method_;
  Conv2dCorrection correction_;  // bias includes what offset_b adds
  std::vector<int32_t> bias32_;
  std::vector<MapFactor> offset_sums_;  // their sum is that of offset_a (less what bias has)
  std::vector<MapFactor> code_sums_;    // of (a ^ code_flip); empty if not needed
  std::optional<TermRegion> region_;    // made once the maps are known
  std::vector<TermGroup> groups_;
};

}  // namespace axlut
