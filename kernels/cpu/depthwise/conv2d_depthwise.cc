// SPDX-License-Identifier: MIT
#include "kernels/cpu/depthwise/conv2d_depthwise.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>
#include <type_traits>

#include "kernels/cpu/blocking.h"
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
// Tiles that let a few threads share the work of one image, and what each that is missing may cost
// a single thread, in percent.
constexpr int64_t kEnoughTiles = 8;
constexpr int64_t kMissingTileCost = 4;
// Lanes that make a tile of small images worth its while.
constexpr int64_t kEnoughLanes = 1024;

// Classes as rows, but indexed by codes.
LookupRows RowsByCode(const LookupRows& table) {
  LookupRows rows;
  rows.planes = table.planes;
  rows.row_length = 256;
  rows.row_bytes = 256 * table.planes;
  rows.index_is_code = true;
  rows.storage = AlignedArray<uint8_t>(256 * rows.row_bytes);
  rows.data = rows.storage.data();
  const int64_t count = 1 + *std::max_element(table.row_of, table.row_of + 256);
  for (int64_t row = 0; row < count; ++row) {
    for (int64_t code = 0; code < 256; ++code) {
      const uint8_t* entry =
          table.data + row * table.row_bytes + table.index_of[code] * table.planes;
      std::copy(entry, entry + table.planes,
                rows.storage.data() + row * rows.row_bytes + code * table.planes);
    }
  }
  return rows;
}

}  // namespace

// Views into the caller's memory.
struct DepthwiseConv2d::Workspace {
  uint8_t* planes;           // [channel][plane_bytes]
  uint8_t* code_planes;      // the same before codes are mapped, where that is needed
  const uint8_t** pointers;  // one per pixel
  void* targets;             // one pointer per lane
  void* unused;              // what lanes that are no positions are stored to
  uint32_t* sums;            // [kDepthwiseChannels][sums_stride], between margins
  void* scratch;             // of the method
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
    const int64_t margin =
        method.needs_margin ? RoundUp(kernel.planes_.RowReach(part.block.columns), 16) : 0;
    work->sums_stride = std::min(lanes, kernel.max_lanes_) + 2 * margin + 16;
    work->planes = take(part.channels * work->plane_bytes);
    work->code_planes = work->planes;
    if (kernel.HasCodePlanes()) work->code_planes = take(part.channels * work->plane_bytes);
    work->pointers = reinterpret_cast<const uint8_t**>(take(pixels * 8));
    work->targets = take(lanes * 8);
    work->unused = take(part.channels * kernel.multiplier_ * 8);
    work->sums =
        reinterpret_cast<uint32_t*>(take(kDepthwiseChannels * work->sums_stride * 4)) + margin;
    work->scratch = take(method.scratch_bytes);
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
      column_blocks_(std::max<int64_t>(1, CeilDiv(shape.out_w, kMaxColumns))),
      planes_(shape, column_blocks_ == 1),
      rows_by_class_((lut.*method.rows)(RowOperand::kB)),
      rows_by_code_(NeedsRowsByCode() ? RowsByCode(rows_by_class_) : LookupRows{}),
      rows_(NeedsRowsByCode() ? rows_by_code_ : rows_by_class_),
      correction_(shape, weights),
      max_lanes_(correction_.code_factor.empty() ? method.max_lanes : method.max_code_lanes),
      filter_rows_(PackFilterRows(shape, weights.filter, ProductOrder(shape, shape.GroupInC()),
                                  rows_by_class_.row_of)),
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
  const int64_t lanes = RoundUp(planes_.Lanes(block), method_.lane_unit);
  const int64_t sums =
      (lanes + CeilDiv(lanes, max_lanes_) * method_.row_cost) * shape_.Depth() + lanes * kStoreCost;
  return sums * multiplier_ + planes_.Pixels(block) * kPackCost;
}

// The number of rows that wastes the fewest lanes, unless that leaves too few tiles.
void DepthwiseConv2d::ChooseRows() {
  rows_per_block_ = 1;
  if (column_blocks_ > 1) return;
  const int64_t channels = CeilDiv(shape_.in_c, channel_blocks_);
  int64_t best = std::numeric_limits<int64_t>::max();
  for (int64_t rows = 1; rows <= shape_.out_h; ++rows) {
    const DepthwiseBlock block{0, 1, 0, rows, 0, shape_.out_w};
    if (rows > 1 && planes_.Pixels(block) * channels > kMaxPlanesBytes) break;
    const int64_t blocks = CeilDiv(shape_.out_h, rows);
    const int64_t missing = kEnoughTiles - shape_.batch * blocks * channel_blocks_;
    DepthwiseBlock last = block;
    last.rows = shape_.out_h - (blocks - 1) * rows;
    const int64_t cost = ((blocks - 1) * BlockCost(block) + BlockCost(last)) *
                         (100 + kMissingTileCost * std::max<int64_t>(0, missing));
    if (cost >= best) continue;
    best = cost;
    rows_per_block_ = rows;
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
  if (batch == 0) return 0;
  // More tiles than necessary only while each has lanes enough.
  const int64_t lanes = batch * planes_.ImageLanes(rows_per_block_, shape_.out_w);
  const int64_t filled = std::max<int64_t>(1, lanes / std::min(max_lanes_, kEnoughLanes));
  const int64_t enough = std::min(CeilDiv(kEnoughTiles, channel_blocks_), filled);
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
  for (int64_t i = 0; i < unit; ++i) index_of[LaneOf(i)] = static_cast<uint8_t>(i);
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

// From codes to indices.
void DepthwiseConv2d::MapCodes(const Part& part, const Workspace& work) const {
  if (HasCodePlanes()) {
    std::memcpy(work.planes, work.code_planes,
                static_cast<size_t>(part.channels * work.plane_bytes));
  }
  CodeBlock block;
  block.codes = work.planes;
  block.rows = part.channels;
  block.stride = work.plane_bytes;
  block.length = work.plane_bytes;
  block.map = rows_.index_of;
  method_.map_codes(block);
}

// The sums of output channels [first, first + channels) of the tile.
void DepthwiseConv2d::SumChannels(const Part& part, int64_t first, int64_t channels,
                                  const Lanes& lanes, bool narrow, const Workspace& work) const {
  for (int64_t o = 0; o < channels; ++o) {
    const int64_t channel = part.first_channel * multiplier_ + first + o;
    DepthwiseSum sum;
    sum.rows = filter_rows_.data() + channel * shape_.Depth();
    sum.plane = work.planes + (first + o) / multiplier_ * work.plane_bytes + lanes.first;
    sum.code_plane = work.code_planes + (sum.plane - work.planes);
    sum.offsets = work.offsets;
    sum.depth = shape_.Depth();
    sum.kernel_w = shape_.kernel_w;
    sum.row_step = shape_.stride_h / std::gcd(shape_.stride_h, shape_.dilation_h);
    sum.lanes = lanes.count;
    if (narrow) sum.scale = lut_.scale();
    if (narrow && !correction_.code_factor.empty()) {
      sum.code_factor = correction_.code_factor[static_cast<size_t>(channel)];
      sum.code_mask = code_mask_;
      sum.code_flip = correction_.code_flip;
    }
    sum.sums = work.sums + o * work.sums_stride;
    sum.scratch = work.scratch;
    method_.sum(rows_, sum);
  }
}

void DepthwiseConv2d::StoreChannels(const Part& part, int64_t first, int64_t channels,
                                    const Lanes& lanes, const Workspace& work, int32_t*) const {
  DepthwiseStore store;
  store.sums = work.sums;
  store.stride = work.sums_stride;
  store.lanes = lanes.count;
  store.channels = channels;
  store.add = correction_.add_to_acc;
  store.first_channel = part.first_channel * multiplier_ + first;
  for (int64_t o = 0; o < channels; ++o) {
    const auto channel = static_cast<size_t>(store.first_channel + o);
    store.fixed[o] = MinOffset<int32_t>(lut_.min(), shape_.Depth()) +
                     static_cast<uint32_t>(correction_.bias[channel]);
  }
  store.targets = static_cast<int32_t* const*>(work.targets) + lanes.first;
  method_.store(store);
}

// Never quick: a depthwise layer's sums hardly ever exceed 32 bits.
void DepthwiseConv2d::StoreChannels(const Part& part, int64_t first, int64_t channels,
                                    const Lanes& lanes, const Workspace& work, int64_t*) const {
  const int64_t first_channel = part.first_channel * multiplier_ + first;
  auto* const* targets = static_cast<int64_t* const*>(work.targets) + lanes.first;
  for (int64_t i = 0; i < lanes.count; ++i) {
    for (int64_t o = 0; o < channels; ++o) {
      const auto channel = static_cast<size_t>(first_channel + o);
      const auto scale = static_cast<uint64_t>(int64_t{lut_.scale()});
      uint64_t value = scale * work.sums[o * work.sums_stride + i] +
                       MinOffset<int64_t>(lut_.min(), shape_.Depth()) +
                       static_cast<uint64_t>(correction_.bias[channel]);
      if (!correction_.code_factor.empty()) {
        const uint8_t* plane = work.code_planes + (first + o) / multiplier_ * work.plane_bytes;
        const auto factor = static_cast<uint64_t>(int64_t{correction_.code_factor[channel]});
        value += factor * CodeSum(plane + LaneOf(lanes.first + i), work.offsets);
      }
      int64_t* target = targets[i] + first_channel + o;
      if (correction_.add_to_acc) value += static_cast<uint64_t>(*target);
      *target = static_cast<int64_t>(value);
    }
  }
}

uint64_t DepthwiseConv2d::CodeSum(const uint8_t* codes, const int64_t* offsets) const {
  uint64_t sum = 0;
  for (int64_t k = 0; k < shape_.Depth(); ++k) {
    sum += (codes[offsets[k]] & code_mask_) ^ correction_.code_flip;
  }
  return sum;
}

template <typename Acc>
void DepthwiseConv2d::Run(const Conv2dInput& input, int64_t tile, void* memory, Acc* acc) const {
  const Part part = PartOf(input.batch, tile);
  Workspace work;
  Workspace::Place(static_cast<uint8_t*>(memory), *this, part, &work);
  std::memset(work.padding, input.pad_code, static_cast<size_t>(part.channels));
  planes_.FindOffsets(part.block, work.offsets);
  planes_.FindPixels(input, part.block, part.first_channel, work.padding, work.pointers);
  method_.transpose(work.pointers, RoundUp(planes_.Pixels(part.block), 16), part.channels,
                    work.code_planes, work.plane_bytes);
  if (!rows_.index_is_code) MapCodes(part, work);
  const int64_t lanes = RoundUp(planes_.Lanes(part.block), method_.lane_unit);
  const int64_t first_channel = part.first_channel * multiplier_;
  // Stores add the channel, which memory for one tile's channels must not.
  Acc* unused = static_cast<Acc*>(work.unused) - first_channel;
  FindTargets(part.block, lanes, acc, unused, static_cast<Acc**>(work.targets));
  const int64_t channels = part.channels * multiplier_;
  const int64_t parts = CeilDiv(lanes, max_lanes_);
  for (int64_t first = 0; first < channels; first += kDepthwiseChannels) {
    const int64_t count = std::min(kDepthwiseChannels, channels - first);
    for (int64_t i = 0; i < parts; ++i) {
      Lanes some;
      some.first = BlockStart(i, lanes, method_.lane_unit, parts);
      some.count = BlockStart(i + 1, lanes, method_.lane_unit, parts) - some.first;
      SumChannels(part, first, count, some, sizeof(Acc) == 4, work);
      StoreChannels(part, first, count, some, work, acc);
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

}  // namespace axlut
