// SPDX-License-Identifier: MIT
#include "kernels/cpu/conv2d_depthwise.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>

#include "kernels/cpu/blocking.h"
#include "kernels/cpu/depthwise_avx512vbmi.h"
#include "kernels/cpu/pack_filter.h"

namespace axlut {
namespace {

// Channels that are packed together, to use whole cache lines of the input.
constexpr int64_t kMaxChannels = 64;
// Planes of a tile, so that they stay in a 1 MiB L2 cache beside a table of 128 KiB.
constexpr int64_t kMaxPlanesBytes = 256 << 10;
// Rows of positions below which packing the rows that two blocks share would cost too much.
constexpr int64_t kFewRows = 8;
// Longer rows of positions are cut.
constexpr int64_t kMaxColumns = 1024;
// What a position costs beside its lookups (flush and store), and a pixel that is packed, both in
// lookups (Zen 4).
constexpr int64_t kStoreCost = 5;
constexpr int64_t kPackCost = 1;

// sums[o][i] + what is added, for accumulators wider than the sums. See DepthwiseStore.
void StoreWide(const DepthwiseStore& work, const uint64_t* fixed, int64_t* const* targets) {
  for (int64_t i = 0; i < work.lanes; ++i) {
    int64_t* out = targets[i] + work.first_channel;
    for (int64_t o = 0; o < work.channels; ++o) {
      uint64_t value = work.sums[o * work.stride + i] + fixed[o];
      if (work.add_code_sums) {
        value += static_cast<uint64_t>(int64_t{work.code_factor[o]}) * work.code_sums[o][i];
      }
      out[o] = static_cast<int64_t>(value);
    }
  }
}

}  // namespace

// Views into the caller's memory.
struct DepthwiseConv2d::Workspace {
  uint8_t* planes;           // [channel][plane_bytes]
  const uint8_t** pointers;  // one per pixel
  void* targets;             // one pointer per lane
  void* unused;              // what lanes that are no positions are stored to
  uint32_t* sums;            // [kDepthwiseChannels][sums_stride]
  uint32_t* code_sums;       // the same
  int64_t* offsets;          // one per tap
  uint8_t* padding;          // a pixel of padding
  int64_t plane_bytes;
  int64_t sums_stride;

  // Returns the size; with null memory only that.
  static int64_t Place(uint8_t* memory, const DepthwiseConv2d& kernel, const Part& part,
                       Workspace* work) {
    const DepthwiseMethod& method = kernel.method_;
    int64_t used = 0;
    const auto take = [&](int64_t bytes) {
      uint8_t* start = memory == nullptr ? nullptr : memory + used;
      used += RoundUp(bytes, 64);
      return start;
    };
    const int64_t pixels = RoundUp(kernel.planes_.Pixels(part.block), 16);
    const int64_t lanes = RoundUp(kernel.planes_.Lanes(part.block), method.lane_unit);
    work->plane_bytes = kernel.planes_.PlaneBytes(part.block, method.lane_unit);
    // One line more than a power of two, which would map all channels to the same cache sets.
    work->sums_stride = std::min(lanes, method.max_lanes) + 16;
    work->planes = take(part.channels * work->plane_bytes);
    work->pointers = reinterpret_cast<const uint8_t**>(take(pixels * 8));
    work->targets = take(lanes * 8);
    work->unused = take(part.channels * kernel.multiplier_ * 8);
    work->sums = reinterpret_cast<uint32_t*>(take(kDepthwiseChannels * work->sums_stride * 4));
    work->code_sums = reinterpret_cast<uint32_t*>(take(kDepthwiseChannels * work->sums_stride * 4));
    work->offsets = reinterpret_cast<int64_t*>(take(kernel.shape_.Depth() * 8));
    work->padding = take(part.channels);
    return used;
  }
};

DepthwiseConv2d::DepthwiseConv2d(const DepthwiseMethod& method, const PreparedLut& lut,
                                 const Conv2dShape& shape, const Conv2dWeights& weights)
    : method_(method),
      lut_(lut),
      shape_(shape),
      multiplier_(shape.GroupOutC()),
      planes_(shape),
      rows_((lut.*method.rows)(RowOperand::kB)),
      correction_(shape, weights),
      filter_rows_(PackFilterRows(shape, weights.filter, rows_.row_mask)),
      code_mask_(static_cast<uint8_t>((1 << lut.view().width_a) - 1)) {
  ChooseChannels();
  ChooseRows();
  ChooseImages();
}

void DepthwiseConv2d::ChooseChannels() {
  const DepthwiseBlock few_rows{
      0, 1, 0, std::min(shape_.out_h, kFewRows), 0, std::min(shape_.out_w, kMaxColumns)};
  // Windows that reach far (dilation, large filters) need large planes, and then fewer of them.
  const bool large = planes_.Pixels(few_rows) * kMaxChannels > kMaxPlanesBytes;
  channel_blocks_ = CeilDiv(shape_.in_c, large ? kDepthwiseChannels : kMaxChannels);
}

// In lookups.
int64_t DepthwiseConv2d::BlockCost(const DepthwiseBlock& block) const {
  return RoundUp(planes_.Lanes(block), method_.lane_unit) * multiplier_ *
             (shape_.Depth() + kStoreCost) +
         planes_.Pixels(block) * kPackCost;
}

// The number of rows that wastes the fewest lanes, in as many tiles as threads may want.
void DepthwiseConv2d::ChooseRows() {
  column_blocks_ = CeilDiv(shape_.out_w, kMaxColumns);
  rows_per_block_ = 1;
  if (column_blocks_ > 1) return;
  const int64_t channels = CeilDiv(shape_.in_c, channel_blocks_);
  int64_t best = std::numeric_limits<int64_t>::max();
  for (int64_t blocks = shape_.out_h; blocks >= 1; --blocks) {
    const DepthwiseBlock block{0, 1, 0, CeilDiv(shape_.out_h, blocks), 0, shape_.out_w};
    if (block.rows > 1 && planes_.Pixels(block) * channels > kMaxPlanesBytes) break;
    const int64_t missing = std::max<int64_t>(0, kMinTiles - blocks * channel_blocks_);
    const int64_t cost = blocks * BlockCost(block) * (100 + missing);
    if (cost > best) continue;
    best = cost;
    rows_per_block_ = block.rows;
  }
}

// Small images share vectors.
void DepthwiseConv2d::ChooseImages() {
  images_per_block_ = 1;
  if (column_blocks_ > 1 || rows_per_block_ < shape_.out_h) return;
  int64_t best = std::numeric_limits<int64_t>::max();
  for (int64_t images = 1; images <= method_.lane_unit; ++images) {
    const DepthwiseBlock block{0, images, 0, shape_.out_h, 0, shape_.out_w};
    if (planes_.Pixels(block) * kMaxChannels > kMaxPlanesBytes) break;
    const int64_t cost = BlockCost(block) * 1000 / images;
    if (cost >= best) continue;
    best = cost;
    images_per_block_ = images;
  }
}

DepthwiseBlock DepthwiseConv2d::LargestBlock() const {
  return {0, images_per_block_, 0, rows_per_block_, 0, CeilDiv(shape_.out_w, column_blocks_)};
}

int64_t DepthwiseConv2d::ImageBlocks(int64_t batch) const {
  const int64_t enough = CeilDiv(kMinTiles, channel_blocks_);
  return std::min(batch, std::max(CeilDiv(batch, images_per_block_), enough));
}

// Tiles are counted with the channel block running first, then columns, rows and images.
DepthwiseConv2d::Part DepthwiseConv2d::PartOf(int64_t batch, int64_t tile) const {
  Part part;
  const int64_t channel_block = tile % channel_blocks_;
  part.first_channel = BlockStart(channel_block, shape_.in_c, kDepthwiseChannels, channel_blocks_);
  part.channels = BlockStart(channel_block + 1, shape_.in_c, kDepthwiseChannels, channel_blocks_) -
                  part.first_channel;
  tile /= channel_blocks_;
  DepthwiseBlock& block = part.block;
  const int64_t column_block = tile % column_blocks_;
  block.first_column = BlockStart(column_block, shape_.out_w, 1, column_blocks_);
  block.columns =
      BlockStart(column_block + 1, shape_.out_w, 1, column_blocks_) - block.first_column;
  tile /= column_blocks_;
  const int64_t row_blocks = CeilDiv(shape_.out_h, rows_per_block_);
  block.first_row = tile % row_blocks * rows_per_block_;
  block.rows = std::min(rows_per_block_, shape_.out_h - block.first_row);
  const int64_t image_block = tile / row_blocks;
  block.first_image = BlockStart(image_block, batch, 1, ImageBlocks(batch));
  block.images = BlockStart(image_block + 1, batch, 1, ImageBlocks(batch)) - block.first_image;
  return part;
}

int64_t DepthwiseConv2d::TileCount(int64_t batch) const {
  return channel_blocks_ * column_blocks_ * CeilDiv(shape_.out_h, rows_per_block_) *
         ImageBlocks(batch);
}

Conv2dTile DepthwiseConv2d::TileAt(int64_t batch, int64_t tile) const {
  const Part part = PartOf(batch, tile);
  const DepthwiseBlock& block = part.block;
  Conv2dTile result;
  result.first_position =
      (block.first_image * shape_.out_h + block.first_row) * shape_.out_w + block.first_column;
  result.positions = block.images * block.rows * block.columns;
  result.first_channel = part.first_channel * multiplier_;
  result.channels = part.channels * multiplier_;
  return result;
}

int64_t DepthwiseConv2d::WorkspaceBytes() const {
  Workspace work;
  const int64_t channels = RoundUp(CeilDiv(shape_.in_c, channel_blocks_), kDepthwiseChannels);
  return Workspace::Place(nullptr, *this, {LargestBlock(), 0, channels}, &work);
}

// targets[i] = the first channel of the output position of lane Lane(i), or `unused` where that
// lane is none.
template <typename Acc>
void DepthwiseConv2d::FindTargets(const DepthwiseBlock& block, int64_t lanes, Acc* acc, Acc* unused,
                                  Acc** targets) const {
  const int64_t unit = method_.lane_unit;
  uint8_t index_of[256];
  for (int64_t i = 0; i < unit; ++i) index_of[method_.lane_order[i]] = static_cast<uint8_t>(i);
  std::fill(targets, targets + lanes, unused);
  for (int64_t n = 0; n < block.images; ++n) {
    for (int64_t y = 0; y < block.rows; ++y) {
      const int64_t first_lane =
          n * planes_.ImageLanes(block.rows, block.columns) + y * planes_.Pitch(block.columns);
      Acc* out =
          acc + (((block.first_image + n) * shape_.out_h + block.first_row + y) * shape_.out_w +
                 block.first_column) *
                    shape_.out_c;
      for (int64_t lane = first_lane; lane < first_lane + block.columns; ++lane) {
        targets[(lane & -unit) + index_of[lane & (unit - 1)]] = out;
        out += shape_.out_c;
      }
    }
  }
}

// The sums of output channels [first, first + channels) of the tile, and the code sums that they
// need: one per input channel, from the first one's on.
void DepthwiseConv2d::SumChannels(const Part& part, int64_t first, int64_t channels,
                                  int64_t first_lane, int64_t lanes, const Workspace& work) const {
  const int64_t depth = shape_.Depth();
  const uint8_t* planes = work.planes + first_lane;
  for (int64_t o = 0; o < channels; ++o) {
    DepthwiseSum sum;
    sum.rows = filter_rows_.data() + (part.first_channel * multiplier_ + first + o) * depth;
    sum.plane = planes + (first + o) / multiplier_ * work.plane_bytes;
    sum.offsets = work.offsets;
    sum.depth = depth;
    sum.lanes = lanes;
    sum.sums = work.sums + o * work.sums_stride;
    method_.sum(rows_, sum);
  }
  if (correction_.code_factor.empty()) return;
  const int64_t first_plane = first / multiplier_;
  const int64_t last_plane = (first + channels - 1) / multiplier_;
  for (int64_t c = first_plane; c <= last_plane; ++c) {
    DepthwiseCodeSum sum;
    sum.plane = planes + c * work.plane_bytes;
    sum.offsets = work.offsets;
    sum.depth = depth;
    sum.lanes = lanes;
    sum.mask = code_mask_;
    sum.flip = correction_.code_flip;
    sum.sums = work.code_sums + (c - first_plane) * work.sums_stride;
    method_.sum_codes(sum);
  }
}

template <typename Acc>
void DepthwiseConv2d::StoreChannels(int64_t first_channel, int64_t first, int64_t channels,
                                    int64_t first_lane, int64_t lanes,
                                    const Workspace& work) const {
  using Wrapping = std::make_unsigned_t<Acc>;
  DepthwiseStore store;
  store.sums = work.sums;
  store.stride = work.sums_stride;
  store.lanes = lanes;
  store.channels = channels;
  store.first_channel = first_channel + first;
  store.add_code_sums = !correction_.code_factor.empty();
  Wrapping fixed[kDepthwiseChannels];
  for (int64_t o = 0; o < kDepthwiseChannels; ++o) {
    const int64_t known = std::min(o, channels - 1);
    const auto channel = static_cast<size_t>(first_channel + first + known);
    fixed[o] = MinOffset<Acc>(lut_.min(), shape_.Depth()) +
               static_cast<Wrapping>(correction_.bias[channel]);
    const int64_t plane = (first + known) / multiplier_ - first / multiplier_;
    store.code_sums[o] = work.code_sums + plane * work.sums_stride;
    store.code_factor[o] = store.add_code_sums ? correction_.code_factor[channel] : 0;
  }
  Acc* const* targets = static_cast<Acc* const*>(work.targets) + first_lane;
  if constexpr (sizeof(Acc) == 4) {
    std::copy(fixed, fixed + kDepthwiseChannels, store.fixed);
    store.targets = targets;
    method_.store(store);
  } else {
    StoreWide(store, fixed, targets);
  }
}

template <typename Acc>
void DepthwiseConv2d::Run(const Conv2dInput& input, int64_t tile, void* memory, Acc* acc) const {
  const Part part = PartOf(input.batch, tile);
  Workspace work;
  Workspace::Place(static_cast<uint8_t*>(memory), *this, part, &work);
  std::memset(work.padding, input.pad_code, static_cast<size_t>(part.channels));
  planes_.FindOffsets(part.block, work.offsets);
  planes_.Pack(input, part.block, part.first_channel, part.channels, work.padding, work.pointers,
               work.plane_bytes, work.planes);
  const int64_t lanes = RoundUp(planes_.Lanes(part.block), method_.lane_unit);
  const int64_t first_channel = part.first_channel * multiplier_;
  // Stores add the channel, which memory for one tile's channels must not.
  Acc* unused = static_cast<Acc*>(work.unused) - first_channel;
  FindTargets(part.block, lanes, acc, unused, static_cast<Acc**>(work.targets));
  const int64_t channels = part.channels * multiplier_;
  const int64_t parts = CeilDiv(lanes, method_.max_lanes);
  for (int64_t first = 0; first < channels; first += kDepthwiseChannels) {
    const int64_t count = std::min(kDepthwiseChannels, channels - first);
    for (int64_t i = 0; i < parts; ++i) {
      const int64_t lane = BlockStart(i, lanes, method_.lane_unit, parts);
      const int64_t some = BlockStart(i + 1, lanes, method_.lane_unit, parts) - lane;
      SumChannels(part, first, count, lane, some, work);
      StoreChannels<Acc>(first_channel, first, count, lane, some, work);
    }
  }
}

void DepthwiseConv2d::RunTile(const Conv2dInput& input, int64_t tile, void* workspace,
                              int32_t* acc) const {
  Run(input, tile, workspace, acc);
}

void DepthwiseConv2d::RunTile(const Conv2dInput& input, int64_t tile, void* workspace,
                              int64_t* acc) const {
  Run(input, tile, workspace, acc);
}

bool DepthwiseAvx512VbmiKernel::Supports(const PreparedLut& lut, const Conv2dShape& shape) {
  // Sums of up to 2^16 entries of 16 bits fit uint32_t.
  return shape.groups == shape.in_c && lut.range() < 65536 && shape.Depth() <= 65536;
}

bool DepthwiseAvx512VbmiKernel::Worthwhile(const PreparedLut&, const Conv2dShape& shape) {
  return shape.batch * shape.out_h * shape.out_w >= 8;
}

std::unique_ptr<Conv2dKernel> DepthwiseAvx512VbmiKernel::Make(const PreparedLut& lut,
                                                              const Conv2dShape& shape,
                                                              const Conv2dWeights& weights) {
  return std::make_unique<DepthwiseConv2d>(kDepthwiseAvx512Vbmi, lut, shape, weights);
}

}  // namespace axlut
