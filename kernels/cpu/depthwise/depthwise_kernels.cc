// SPDX-License-Identifier: MIT
// The depthwise entries of kernels.inc: what they take and what they cost (ns on Zen 4, 3.7 GHz).
#include <algorithm>
#include <limits>

#include "kernels/cpu/blocking.h"
#include "kernels/cpu/depthwise/conv2d_depthwise.h"
#include "kernels/cpu/depthwise/depthwise_avx512vbmi.h"
#include "kernels/cpu/depthwise/depthwise_portable.h"
#include "kernels/cpu/lookup/lookup_cost.h"

namespace axlut {
namespace {

// How positions fill lanes, with images apart or together.
struct LaneUse {
  double per_position = 0;  // lanes
  int64_t together = 0;     // lanes that one tile could have
  double pixels_per_lane = 0;
};

LaneUse FindLaneUse(const Conv2dShape& shape, int64_t lane_unit) {
  const DepthwisePlanes planes(shape, true);
  const DepthwiseBlock image{0, 1, 0, shape.out_h, 0, shape.out_w};
  DepthwiseBlock images = image;
  images.images = shape.batch;
  const int64_t apart = RoundUp(planes.Lanes(image), lane_unit);
  const int64_t together = RoundUp(planes.Lanes(images), lane_unit);
  LaneUse use;
  use.together = std::max(apart, std::min(together, apart * shape.batch));
  use.per_position = static_cast<double>(std::min(together, apart * shape.batch)) /
                     static_cast<double>(shape.batch * shape.out_h * shape.out_w);
  use.pixels_per_lane =
      static_cast<double>(planes.Pixels(images)) / static_cast<double>(planes.Lanes(images));
  return use;
}

bool HasOutputs(const Conv2dShape& shape) {
  return shape.batch * shape.out_h * shape.out_w * shape.out_c > 0;
}

// Whether a plane of the smallest block, one row or a part of it, has a reasonable size: it holds
// what windows step over too, which for a huge dilation is more than there is memory. In double:
// the product can exceed int64_t.
bool PlanesFit(const Conv2dShape& s) {
  constexpr double kMaxPixels = 1 << 19;
  constexpr int64_t kLongRow = 1024;
  const auto extent = [](int64_t outputs, int64_t kernel, int64_t dilation, int64_t stride) {
    const int64_t phases = std::min(kernel, stride);
    return static_cast<double>(outputs + (kernel - 1) * dilation / stride) *
           static_cast<double>(phases);
  };
  return extent(1, s.kernel_h, s.dilation_h, s.stride_h) *
             extent(std::min(s.out_w, kLongRow), s.kernel_w, s.dilation_w, s.stride_w) <=
         kMaxPixels;
}

}  // namespace

bool DepthwisePortableKernel::Supports(const PreparedLut& lut, const Conv2dShape& shape) {
  return shape.groups == shape.in_c && PlanesFit(shape) &&
         (lut.range() == 0 || shape.Depth() <= std::numeric_limits<uint32_t>::max() / lut.range());
}

double DepthwisePortableKernel::Cost(const PreparedLut&, const Conv2dShape& shape) {
  constexpr double kRowNs = .6;     // looking a row up
  constexpr double kBandNs = .5;    // a band of four filter rows, per lane
  constexpr double kColumnNs = .2;  // a filter column of a band, per lane
  constexpr double kExpandNs = 90;  // the same, per tile
  constexpr double kStoreNs = .2;
  constexpr double kPackNs = .1;
  constexpr double kTileLanes = 1024;
  if (!HasOutputs(shape)) return kRowNs;
  const LaneUse use = FindLaneUse(shape, kDepthwisePortable.lane_unit);
  const auto depth = static_cast<double>(shape.Depth());
  const auto per_channel = static_cast<double>(shape.GroupOutC());
  const double others = kStoreNs + kPackNs * use.pixels_per_lane / per_channel;
  if (use.together < kMinExpandedLanes) return use.per_position * (kRowNs + others / depth);
  const int64_t phases = std::min(shape.stride_h, shape.kernel_h);
  const auto bands = static_cast<double>(phases * CeilDiv(CeilDiv(shape.kernel_h, phases), 4));
  const double columns = bands * static_cast<double>(shape.kernel_w);
  const double tile_lanes = std::min(kTileLanes, static_cast<double>(use.together));
  const double per_lane =
      bands * kBandNs + columns * kColumnNs + columns * kExpandNs / tile_lanes + others;
  return use.per_position * per_lane / depth;
}

std::unique_ptr<Conv2dKernel> DepthwisePortableKernel::Make(const PreparedLut& lut,
                                                            const Conv2dShape& shape,
                                                            const Conv2dWeights& weights) {
  return std::make_unique<DepthwiseConv2d>(kDepthwisePortable, lut, shape, weights);
}

bool DepthwiseAvx512VbmiKernel::Supports(const PreparedLut& lut, const Conv2dShape& shape) {
  return DepthwisePortableKernel::Supports(lut, shape) && lut.range() < 65536;
}

double DepthwiseAvx512VbmiKernel::Cost(const PreparedLut& lut, const Conv2dShape& shape) {
  constexpr double kStoreNs = .16;
  constexpr double kPackNs = .08;
  if (!HasOutputs(shape)) return 1;
  const LaneUse use = FindLaneUse(shape, kDepthwiseAvx512Vbmi.lane_unit);
  const int64_t lanes = std::min(kDepthwiseAvx512Vbmi.max_lanes, use.together);
  const double lookup = DirectAvx512VbmiCost(lut.BytePlanes(RowOperand::kB), lanes);
  const double others =
      kStoreNs + kPackNs * use.pixels_per_lane / static_cast<double>(shape.GroupOutC());
  return use.per_position * (lookup + others / static_cast<double>(shape.Depth()));
}

std::unique_ptr<Conv2dKernel> DepthwiseAvx512VbmiKernel::Make(const PreparedLut& lut,
                                                              const Conv2dShape& shape,
                                                              const Conv2dWeights& weights) {
  return std::make_unique<DepthwiseConv2d>(kDepthwiseAvx512Vbmi, lut, shape, weights);
}

}  // namespace axlut
