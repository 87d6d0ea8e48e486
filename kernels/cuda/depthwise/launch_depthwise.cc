// SPDX-License-Identifier: MIT
#include <algorithm>

#include "kernels/ceil_div.h"
#include "kernels/cuda/depthwise/depthwise_params.h"
#include "kernels/cuda/launches.h"
#include "kernels/cuda/make_params.h"

namespace axlut {
namespace {

constexpr int64_t kMaxGridY = 65535;

DepthwiseParams MakeParams(const Conv2dLaunch& launch) {
  const Conv2dShape& s = launch.shape;
  const auto narrow = [](int64_t size) { return static_cast<int32_t>(size); };
  DepthwiseParams p;
  p.call = MakeCallParams(*launch.call, launch.add_to_out);
  p.table = MakeLookupParams(*launch.table, /*transposed=*/true);
  p.in_h = narrow(s.in_h), p.in_w = narrow(s.in_w), p.in_c = narrow(s.in_c);
  p.kernel_h = narrow(s.kernel_h), p.kernel_w = narrow(s.kernel_w);
  p.out_h = narrow(s.out_h), p.out_w = narrow(s.out_w), p.out_c = narrow(s.out_c);
  p.stride_h = narrow(s.stride_h), p.stride_w = narrow(s.stride_w);
  p.dilation_h = narrow(s.dilation_h), p.dilation_w = narrow(s.dilation_w);
  p.pad_top = narrow(s.pad_top), p.pad_left = narrow(s.pad_left);
  p.multiplier = narrow(s.out_c / s.in_c);
  return p;
}

// The kernels of one role; those for any shape come in all forms of table and sum.
struct KernelsForAnyShape {
  GpuKernelId texture16, texture32, l1;

  GpuKernelId Of(const Conv2dLaunch& launch) const {
    if (launch.variant == GpuVariant::kL1) return l1;
    return launch.table->images().entries16 != nullptr ? texture16 : texture32;
  }
};

constexpr KernelsForAnyShape kForward32 = {GpuKernelId::kDepthwiseForwardTexture16Sum32,
                                           GpuKernelId::kDepthwiseForwardTexture32Sum64,
                                           GpuKernelId::kDepthwiseForwardL1Table16Sum32};
constexpr KernelsForAnyShape kForward64 = {GpuKernelId::kDepthwiseForwardTexture16Sum64,
                                           GpuKernelId::kDepthwiseForwardTexture32Sum64,
                                           GpuKernelId::kDepthwiseForwardL1Table16Sum64};
constexpr KernelsForAnyShape kInputGradient32 = {
    GpuKernelId::kDepthwiseInputGradientTexture16Sum32,
    GpuKernelId::kDepthwiseInputGradientTexture32Sum64,
    GpuKernelId::kDepthwiseInputGradientL1Table16Sum32};
constexpr KernelsForAnyShape kInputGradient64 = {
    GpuKernelId::kDepthwiseInputGradientTexture16Sum64,
    GpuKernelId::kDepthwiseInputGradientTexture32Sum64,
    GpuKernelId::kDepthwiseInputGradientL1Table16Sum64};
constexpr KernelsForAnyShape kFilterGradient = {GpuKernelId::kDepthwiseFilterGradientTexture16,
                                                GpuKernelId::kDepthwiseFilterGradientTexture32,
                                                GpuKernelId::kDepthwiseFilterGradientL1Table16};

// Kernels for one width of the filter and one stride; all read 16-bit textures. The input
// gradient's sums and the forward kernel's have 32 bits.
struct KernelForWidth {
  GpuRole role;
  int64_t kernel_w, stride_w;
  GpuKernelId kernel;
};
constexpr KernelForWidth kKernelsForWidths[] = {
    {GpuRole::kForward, 3, 1, GpuKernelId::kDepthwiseForwardTexture16Sum32_3s1},
    {GpuRole::kForward, 3, 2, GpuKernelId::kDepthwiseForwardTexture16Sum32_3s2},
    {GpuRole::kForward, 5, 1, GpuKernelId::kDepthwiseForwardTexture16Sum32_5s1},
    {GpuRole::kForward, 5, 2, GpuKernelId::kDepthwiseForwardTexture16Sum32_5s2},
    {GpuRole::kInputGradient, 3, 1, GpuKernelId::kDepthwiseInputGradientTexture16Sum32_3s1},
    {GpuRole::kInputGradient, 5, 1, GpuKernelId::kDepthwiseInputGradientTexture16Sum32_5s1},
    {GpuRole::kFilterGradient, 3, 1, GpuKernelId::kDepthwiseFilterGradientTexture16_3s1},
    {GpuRole::kFilterGradient, 3, 2, GpuKernelId::kDepthwiseFilterGradientTexture16_3s2},
    {GpuRole::kFilterGradient, 5, 1, GpuKernelId::kDepthwiseFilterGradientTexture16_5s1},
    {GpuRole::kFilterGradient, 5, 2, GpuKernelId::kDepthwiseFilterGradientTexture16_5s2},
};

const KernelForWidth* FindKernelForWidth(const Conv2dLaunch& launch) {
  const Conv2dShape& s = launch.shape;
  if (launch.variant != GpuVariant::kTexture || s.dilation_w != 1 ||
      launch.table->images().entries16 == nullptr ||
      (launch.call->sum == GpuSum::kInt64 && launch.role != GpuRole::kFilterGradient)) {
    return nullptr;
  }
  for (const KernelForWidth& known : kKernelsForWidths) {
    if (known.role == launch.role && known.kernel_w == s.kernel_w && known.stride_w == s.stride_w) {
      return &known;
    }
  }
  return nullptr;
}

uint32_t Blocks(int64_t items, int64_t per_block) {
  return static_cast<uint32_t>(CeilDiv(items, per_block));
}

// How the planes kernel cuts a layer.
struct PlanesCut {
  int64_t bands = 0, band_w = 0, tiles_per_band = 0;
  int64_t plane_pitch = 0;  // 0: too large to be told
  int64_t channel_blocks = 0, channels_per_block = 0;
  int64_t shared_bytes = 0;

  PlanesCut(const Conv2dShape& s, bool has_int64_sums) {
    bands = CeilDiv(s.out_w, kPlanesColumns);
    band_w = CeilDiv(s.out_w, bands);
    tiles_per_band = CeilDiv(s.out_h * band_w, kPlanesPositions);
    // A tile can begin anywhere in a row.
    const int64_t rows = std::min(s.out_h, (kPlanesPositions + band_w - 2) / band_w + 1);
    const int64_t region_h = (rows - 1) * s.stride_h + (s.kernel_h - 1) * s.dilation_h + 1;
    const int64_t region_w = (band_w - 1) * s.stride_w + (s.kernel_w - 1) * s.dilation_w + 1;
    if (region_h > kMaxPlaneBytes || region_w > kMaxPlaneBytes) return;
    plane_pitch = (CeilDiv(region_h * region_w, 4) | 1) * 4;
    // As many channels, in whole rounds of the warps, as the limit allows.
    const int64_t sums_bytes = static_cast<int64_t>(
        has_int64_sums ? sizeof(PlanesShared<uint64_t>) : sizeof(PlanesShared<uint32_t>));
    const int64_t fitting = (kMaxSharedBytes - sums_bytes) / plane_pitch;
    const int64_t most = std::clamp<int64_t>(fitting / kDepthwiseWarps * kDepthwiseWarps,
                                             kDepthwiseWarps, kPlanesChannels);
    channel_blocks = CeilDiv(s.out_c, most);
    channels_per_block = CeilDiv(s.out_c, channel_blocks);
    shared_bytes = sums_bytes + channels_per_block * plane_pitch;
  }

  // Four blocks of a multiprocessor leave most of the memory that is also the L1 cache to the
  // table.
  static constexpr int64_t kMaxSharedBytes = 20 << 10;
  static constexpr int64_t kMaxPlaneBytes = kMaxSharedBytes / kDepthwiseWarps;
  bool Fits() const { return plane_pitch > 0 && shared_bytes <= kMaxSharedBytes; }
};

// Fewer channels than warps would leave warps without work.
bool PlanesFit(const Conv2dShape& s, const PlanesCut& cut) {
  return s.out_c >= kDepthwiseWarps && cut.Fits() && cut.channel_blocks <= kMaxGridY;
}

GpuStatus LaunchPlanes(const Conv2dLaunch& launch, const PlanesCut& cut) {
  DepthwiseParams p = MakeParams(launch);
  p.bands = static_cast<int32_t>(cut.bands);
  p.band_w = static_cast<int32_t>(cut.band_w);
  p.tiles_per_band = static_cast<int32_t>(cut.tiles_per_band);
  p.channels_per_block = static_cast<int32_t>(cut.channels_per_block);
  p.plane_pitch = static_cast<int32_t>(cut.plane_pitch);
  GpuLaunch grid;
  grid.grid_x = static_cast<uint32_t>(launch.shape.batch * cut.bands * cut.tiles_per_band);
  grid.grid_y = static_cast<uint32_t>(cut.channel_blocks);
  grid.threads = kDepthwiseThreads;
  grid.shared_bytes = static_cast<size_t>(cut.shared_bytes);
  return LaunchKernel(launch.table->gpu(),
                      launch.call->sum == GpuSum::kInt64 ? GpuKernelId::kDepthwisePlanesSum64
                                                         : GpuKernelId::kDepthwisePlanesSum32,
                      grid, launch.call->stream, p);
}

// One thread for each of p.items: by a kernel for the layer's width, else by one of `any`.
GpuStatus LaunchItems(const Conv2dLaunch& launch, const KernelsForAnyShape& any,
                      const DepthwiseParams& p) {
  const KernelForWidth* const known = FindKernelForWidth(launch);
  GpuLaunch grid;
  grid.grid_x = Blocks(p.items, kDepthwiseThreads);
  grid.threads = kDepthwiseThreads;
  return LaunchKernel(launch.table->gpu(), known != nullptr ? known->kernel : any.Of(launch), grid,
                      launch.call->stream, p);
}

GpuStatus LaunchForward(const Conv2dLaunch& launch) {
  const Conv2dShape& s = launch.shape;
  if (s.OutputCount() == 0) return {};
  if (launch.variant == GpuVariant::kL1) {
    const PlanesCut cut(s, launch.call->sum == GpuSum::kInt64);
    if (PlanesFit(s, cut)) return LaunchPlanes(launch, cut);
  }
  DepthwiseParams p = MakeParams(launch);
  p.items_w = static_cast<int32_t>(CeilDiv(p.out_w, kDepthwiseTile));
  p.items = static_cast<uint32_t>(s.batch * s.out_h * p.items_w * s.out_c);
  return LaunchItems(launch, launch.call->sum == GpuSum::kInt64 ? kForward64 : kForward32, p);
}

GpuStatus LaunchInputGradient(const Conv2dLaunch& launch) {
  const Conv2dShape& s = launch.shape;
  DepthwiseParams p = MakeParams(launch);
  // A tile has columns stride_w apart.
  const int64_t tile_columns = int64_t{kDepthwiseTile} * s.stride_w;
  p.phases = std::min(p.stride_w, p.in_w);
  p.items_w = static_cast<int32_t>(CeilDiv(s.in_w, tile_columns)) * p.phases;
  p.items = static_cast<uint32_t>(s.batch * s.in_h * p.items_w * s.in_c);
  if (p.items == 0) return {};
  const bool has_int64_sums = launch.call->sum == GpuSum::kInt64;
  return LaunchItems(launch, has_int64_sums ? kInputGradient64 : kInputGradient32, p);
}

GpuStatus LaunchFilterGradient(const Conv2dLaunch& launch) {
  const Conv2dShape& s = launch.shape;
  Gpu* const gpu = launch.table->gpu();
  DepthwiseParams p = MakeParams(launch);
  if (!launch.add_to_out && s.FilterCount() > 0) {
    const size_t bytes = launch.call->sum == GpuSum::kInt64 ? sizeof(int64_t) : sizeof(int32_t);
    AXLUT_RETURN_IF_GPU_ERROR(gpu->Fill(
        launch.call->out, 0, static_cast<size_t>(s.FilterCount()) * bytes, launch.call->stream));
  }
  const KernelForWidth* const known = FindKernelForWidth(launch);
  const int32_t taps = known != nullptr ? p.kernel_w : kDepthwiseTaps;
  p.items_w = static_cast<int32_t>(CeilDiv(p.kernel_w, taps));
  p.items = static_cast<uint32_t>(s.kernel_h * p.items_w * s.out_c);
  p.segments_w = static_cast<int32_t>(CeilDiv(p.out_w, kDepthwiseSegment));
  p.segments = static_cast<uint32_t>(s.batch * s.out_h * p.segments_w);
  if (p.items == 0 || p.segments == 0) return {};
  GpuLaunch grid;
  grid.grid_x = Blocks(p.items, 32);
  // Enough blocks to fill the device, unless the positions are too few.
  constexpr int64_t kBlocksPerMultiprocessor = 8;
  const int64_t wanted = Blocks(
      kBlocksPerMultiprocessor * std::max(1, gpu->properties().multiprocessors), grid.grid_x);
  grid.grid_y = static_cast<uint32_t>(
      std::min({wanted, int64_t{Blocks(p.segments, kDepthwiseWarps)}, kMaxGridY}));
  grid.threads = kDepthwiseThreads;
  grid.shared_bytes = sizeof(uint64_t) * kDepthwiseThreads * static_cast<size_t>(taps);
  return LaunchKernel(gpu, known != nullptr ? known->kernel : kFilterGradient.Of(launch), grid,
                      launch.call->stream, p);
}

}  // namespace

GpuStatus LaunchDepthwiseConv2d(const Conv2dLaunch& launch) {
  const bool has_16 = launch.table->images().entries16 != nullptr;
  if (launch.variant != GpuVariant::kTexture && !(launch.variant == GpuVariant::kL1 && has_16)) {
    return {GpuErrorKind::kUnsupported, "this table has no form for the kernel that was asked for"};
  }
  if (launch.role == GpuRole::kForward) return LaunchForward(launch);
  if (launch.role == GpuRole::kInputGradient) return LaunchInputGradient(launch);
  return LaunchFilterGradient(launch);
}

double DepthwisePlanesFilled(const Conv2dShape& s) {
  const PlanesCut cut(s, /*has_int64_sums=*/false);
  if (!PlanesFit(s, cut)) return 0;
  const int64_t positions = cut.bands * RoundUp(s.out_h * cut.band_w, 32);
  const int64_t channels = cut.channel_blocks * RoundUp(cut.channels_per_block, kDepthwiseWarps);
  return static_cast<double>(s.out_h * s.out_w * s.out_c) /
         static_cast<double>(positions * channels);
}

}  // namespace axlut
