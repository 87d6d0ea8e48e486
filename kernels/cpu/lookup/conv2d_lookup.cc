// SPDX-License-Identifier: MIT
#include "kernels/cpu/lookup/conv2d_lookup.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>
#include <type_traits>

#include "kernels/cpu/blocking.h"
#include "kernels/cpu/lookup/lookup_cost.h"
#include "kernels/cpu/pack_filter.h"
#include "kernels/cpu/window.h"

namespace axlut {
namespace {

// Products per packed block: 1152 (3x3 taps of 128 channels) x 256 lanes of activations are 288 KiB
// of a 1 MiB L2 cache.
constexpr int64_t kMaxChunk = 1152;
constexpr int64_t kMaxLanes = 512;
// Depthwise: groups that are packed together, to use whole cache lines of the input.
constexpr int64_t kGroupBlock = 64;
// Output channels that a packed block of activations is used for, if there are as many: packing for
// 32 channels costs up to a fifth of a cheap table's lookups (Zen 4).
constexpr int64_t kMinTileChannels = 64;
// Positions of an activation-stationary tile: how often a packed filter block is used from cache.
constexpr int64_t kActivationPositions = 64;

// Input channels of which all taps are packed together.
int64_t BlockChannels(const Conv2dShape& shape) {
  const int64_t channels = shape.GroupInC();
  const int64_t most =
      std::max<int64_t>(16, kMaxChunk / (shape.kernel_h * shape.kernel_w) / 16 * 16);
  if (channels <= most) return channels;
  return RoundUp(CeilDiv(channels, CeilDiv(channels, most)), 16);
}

// The bound for LookupSum of indices whose bits are given.
int64_t IndexLimit(uint8_t bits) { return bits < 64 ? 64 : bits < 128 ? 128 : 256; }

// The channels of a block, each to the lane whose sum lies in the channel's own slot. Lanes beyond
// the last channel are left alone: their sums are not stored.
void PackLanes(const uint8_t* channels, int64_t count, bool splits_lanes, uint8_t* lanes) {
  if (!splits_lanes) {
    std::copy(channels, channels + count, lanes);
    return;
  }
  int64_t first = 0;
  for (; first + 64 <= count; first += 64) {
    for (int64_t i = 0; i < 32; ++i) {
      lanes[first + 2 * i] = channels[first + i];
      lanes[first + 2 * i + 1] = channels[first + 32 + i];
    }
  }
  for (int64_t lane = first; lane < first + 64; ++lane) {
    if (SplitSlot(lane) < count) lanes[lane] = channels[SplitSlot(lane)];
  }
}

}  // namespace

// Views into the caller's memory.
struct LookupConv2d::Workspace {
  uint8_t* codes;            // packed activations
  uint32_t* sums;            // kChannelBlock x lanes
  uint32_t* code_sums;       // groups of the tile x lanes
  const uint8_t** pointers;  // one per lane
  PositionRun* runs;         // one per lane
  uint8_t* padding;          // a pixel of padding
  InputRegion::Workspace region;
};

int64_t LookupConv2d::Place(uint8_t* memory, Workspace* work) const {
  const int64_t lanes = std::max(method_.max_lanes, kActivationPositions);
  const int64_t pixels = region_.MaxPixels();
  int64_t used = 0;
  const auto take = [&](int64_t bytes) {
    uint8_t* start = memory == nullptr ? nullptr : memory + used;
    used += RoundUp(bytes, 64);
    return start;
  };
  work->codes = take(kMaxChunk * lanes + InputRegion::kSlack);
  work->sums = reinterpret_cast<uint32_t*>(take(kChannelBlock * lanes * 4));
  work->code_sums = reinterpret_cast<uint32_t*>(take(groups_per_tile_ * lanes * 4));
  work->pointers = reinterpret_cast<const uint8_t**>(take(lanes * 8));
  work->runs = reinterpret_cast<PositionRun*>(take(lanes * int64_t{sizeof(PositionRun)}));
  work->padding = take(std::max(shape_.GroupInC(), groups_per_tile_));
  work->region.codes = take(block_channels_ * pixels + InputRegion::kSlack);
  work->region.pointers = reinterpret_cast<const uint8_t**>(take(pixels * 8));
  work->region.pixel_sums = reinterpret_cast<uint32_t*>(take(pixels * 4));
  work->region.starts = reinterpret_cast<int32_t*>(take(region_.StartCount() * 4));
  work->region.copies = reinterpret_cast<CodeRun*>(take(lanes * int64_t{sizeof(CodeRun)}));
  return used;
}

LookupConv2d::LookupConv2d(const LookupMethod& method, const PreparedLut& lut,
                           const Conv2dShape& shape, const Conv2dWeights& weights)
    : method_(method),
      lut_(lut),
      shape_(shape),
      groups_per_tile_(shape.GroupInC() == 1 ? std::min(shape.groups, kGroupBlock) : 1),
      block_channels_(BlockChannels(shape)),
      correction_(shape, weights),
      region_(shape_, method.max_lanes),
      mask_a_(static_cast<uint8_t>((1 << lut.view().width_a) - 1)),
      rows_by_b_(&(lut.*method.rows)(RowOperand::kB)),
      rows_by_a_(&(lut.*method.rows)(RowOperand::kA)) {
  PackFilter(weights.filter);
}

// Tiles of the activation-stationary order start at multiples of it, as a plan's linear part needs.
int64_t LookupConv2d::ChannelUnit() const {
  return std::max<int64_t>(kChannelBlock, method_.lane_unit);
}

void LookupConv2d::PackFilter(const uint8_t* filter) {
  const std::vector<int64_t> order = ProductOrder(shape_, block_channels_);
  filter_rows_ = PackFilterRows(shape_, filter, order, rows_by_b_->row_of);
  if (groups_per_tile_ > 1 || rows_by_a_->planes == 0) return;  // always filter-stationary
  const int64_t count = shape_.FilterCount();
  AlignedArray<uint8_t> indices(RoundUp(count, 64));
  std::copy(filter, filter + count, indices.data());
  // Code by code only where it changes something.
  if (!rows_by_a_->index_is_code) {
    method_.map_row(indices.data(), count, rows_by_a_->index_of, 0xff, 0);
  }
  const int64_t group_out_c = shape_.GroupOutC();
  const int64_t padded_c = RoundUp(group_out_c, ChannelUnit());
  const int64_t blocks = CeilDiv(padded_c, method_.max_lanes);
  filter_index_ = AlignedArray<uint8_t>(shape_.groups * shape_.Depth() * padded_c);
  uint8_t* out = filter_index_.data();
  for (int64_t g = 0; g < shape_.groups; ++g) {
    for (int64_t block = 0; block < blocks; ++block) {
      const int64_t first = BlockStart(block, padded_c, ChannelUnit(), blocks);
      const int64_t last = BlockStart(block + 1, padded_c, ChannelUnit(), blocks);
      for (int64_t k : order) {
        const uint8_t* row = indices.data() + k * shape_.out_c + g * group_out_c + first;
        PackLanes(row, std::min(last, group_out_c) - first, method_.splits_lanes, out);
        out += last - first;
      }
    }
  }
  const uint8_t bits = std::accumulate(indices.data(), indices.data() + count, uint8_t{0},
                                       [](uint8_t l, uint8_t r) { return uint8_t(l | r); });
  filter_index_limit_ = IndexLimit(bits);
}

LookupConv2d::Tiling LookupConv2d::ByActivation(int64_t first_position, int64_t positions) const {
  Tiling t;
  t.activation_stationary = true;
  t.first_position = first_position;
  t.positions = positions;
  t.position_unit = method_.row_unit;
  t.group_blocks = shape_.groups;
  t.channel_unit = ChannelUnit();
  t.channel_blocks = CeilDiv(shape_.GroupOutC(), method_.max_lanes);
  const int64_t tiles_per_position = t.group_blocks * t.channel_blocks;
  t.position_blocks = std::max(
      CeilDiv(t.positions, kActivationPositions),
      std::min(CeilDiv(kMinTiles, tiles_per_position), CeilDiv(t.positions, method_.row_unit)));
  return t;
}

LookupConv2d::Tiling LookupConv2d::ByFilter(int64_t positions) const {
  const int64_t group_out_c = shape_.GroupOutC();
  Tiling t;
  t.positions = positions;
  t.position_unit = method_.lane_unit;
  t.position_blocks = CeilDiv(t.positions, method_.max_lanes);
  t.group_blocks = CeilDiv(shape_.groups, groups_per_tile_);
  t.channel_unit = kChannelBlock;
  t.channel_blocks = 1;
  const int64_t tiles = t.position_blocks * t.group_blocks;
  if (groups_per_tile_ == 1 && tiles < kMinTiles) {
    t.channel_blocks =
        std::min(CeilDiv(kMinTiles, tiles), std::max<int64_t>(1, group_out_c / kMinTileChannels));
  }
  return t;
}

// How many of the last positions are cheaper activation-stationary than in a vector of lanes that
// they do not fill.
int64_t LookupConv2d::TailPositions(int64_t positions) const {
  if (forced_order_ || groups_per_tile_ > 1 || rows_by_a_->planes == 0) return 0;
  const int64_t tail = positions % method_.lane_unit;
  if (tail == positions) return 0;
  const int64_t channel_lanes = RoundUp(shape_.GroupOutC(), method_.lane_unit);
  const double by_activation =
      static_cast<double>(tail * channel_lanes) *
      method_.cost(*rows_by_a_, std::min(channel_lanes, method_.max_lanes));
  const double by_filter = static_cast<double>(method_.lane_unit * shape_.GroupOutC()) *
                           method_.cost(*rows_by_b_, method_.max_lanes);
  return by_activation < by_filter ? tail : 0;
}

LookupConv2d::Cut LookupConv2d::CutFor(int64_t batch) const {
  const int64_t positions = batch * shape_.out_h * shape_.out_w;
  if (groups_per_tile_ == 1 && PrefersActivationRows(batch)) {
    return {ByActivation(0, positions), {}};
  }
  const int64_t tail = TailPositions(positions);
  if (tail == 0) return {ByFilter(positions), {}};
  return {ByFilter(positions - tail), ByActivation(positions - tail, tail)};
}

bool LookupConv2d::PrefersActivationRows(int64_t batch) const {
  if (forced_order_) return *forced_order_ == RowOperand::kA;
  Conv2dShape shape = shape_;
  shape.batch = batch;
  return LookupCost(method_, lut_, shape, RowOperand::kA) <
         LookupCost(method_, lut_, shape, RowOperand::kB);
}

bool LookupConv2d::ForceRows(RowOperand rows) {
  if ((rows == RowOperand::kA ? rows_by_a_ : rows_by_b_)->planes == 0) return false;
  forced_order_ = rows;
  return true;
}

Conv2dTile LookupConv2d::TileOf(const Cut& cut, int64_t tile, const Tiling** tiling) const {
  const bool is_tail = tile >= cut.main.TileCount();
  const Tiling& t = is_tail ? cut.tail : cut.main;
  *tiling = &t;
  if (is_tail) tile -= cut.main.TileCount();
  const int64_t channel_block = tile % t.channel_blocks;
  const int64_t group_block = tile / t.channel_blocks % t.group_blocks;
  const int64_t position_block = tile / t.channel_blocks / t.group_blocks;
  const int64_t start = BlockStart(position_block, t.positions, t.position_unit, t.position_blocks);
  const int64_t end =
      BlockStart(position_block + 1, t.positions, t.position_unit, t.position_blocks);
  Conv2dTile result;
  result.first_position = t.first_position + start;
  result.positions = end - start;
  const int64_t group_out_c = shape_.GroupOutC();
  if (groups_per_tile_ > 1) {
    const int64_t first = BlockStart(group_block, shape_.groups, 1, t.group_blocks);
    const int64_t last = BlockStart(group_block + 1, shape_.groups, 1, t.group_blocks);
    result.first_channel = first * group_out_c;
    result.channels = (last - first) * group_out_c;
    return result;
  }
  const int64_t first = BlockStart(channel_block, group_out_c, t.channel_unit, t.channel_blocks);
  const int64_t last = BlockStart(channel_block + 1, group_out_c, t.channel_unit, t.channel_blocks);
  result.first_channel = group_block * group_out_c + first;
  result.channels = last - first;
  return result;
}

int64_t LookupConv2d::TileCount(int64_t batch) const {
  const Cut cut = CutFor(batch);
  return cut.main.TileCount() + cut.tail.TileCount();
}

Conv2dTile LookupConv2d::TileAt(int64_t batch, int64_t tile) const {
  const Tiling* tiling;
  return TileOf(CutFor(batch), tile, &tiling);
}

int64_t LookupConv2d::WorkspaceBytes() const {
  Workspace work;
  return Place(nullptr, &work);
}

template <typename Acc>
int64_t LookupConv2d::ChunkDepth() const {
  if (sizeof(Acc) == 4 || lut_.range() == 0) return kMaxChunk;  // wraps as the reference does
  const int64_t fits = std::numeric_limits<uint32_t>::max() / lut_.range();
  return std::min(kMaxChunk, fits);
}

CodeBlock LookupConv2d::BlockToFinish(bool with_sums, uint32_t* sums) const {
  CodeBlock block;
  block.map = rows_by_b_->index_is_code ? nullptr : rows_by_b_->index_of;
  block.mask = mask_a_;
  block.flip = correction_.code_flip;
  block.sums = with_sums ? sums : nullptr;
  return block;
}

// codes[k * lanes + lane] for the products of the slice. With several groups each has such a block
// of its own. Returns the bitwise or of the indices.
uint8_t LookupConv2d::PackTaps(const Conv2dTile& tile, int64_t run_count, const WindowSlice& slice,
                               int64_t lanes, Workspace* work) const {
  const bool several = groups_per_tile_ > 1;
  const int64_t groups = several ? tile.channels / shape_.GroupOutC() : 1;
  const int64_t depth = slice.Depth();
  const int64_t first_channel = slice.group * shape_.GroupInC() + slice.first_channel;
  for (int64_t tap = 0; tap < slice.taps; ++tap) {
    FindTap(shape_, work->runs, run_count, slice.first_tap + tap, first_channel, work->padding,
            lanes, work->pointers);
    TransposeCodes(work->pointers, lanes, 0, several ? groups : slice.channels,
                   work->codes + tap * slice.channels * lanes, several ? depth * lanes : lanes);
  }
  uint8_t bits = 0;
  for (int64_t g = 0; g < groups; ++g) {
    CodeBlock block = BlockToFinish(!correction_.code_factor.empty(), work->code_sums + g * lanes);
    block.codes = work->codes + g * depth * lanes;
    block.rows = depth;
    block.stride = block.length = lanes;
    bits |= method_.finish_codes(block);
  }
  return bits;
}

// What is added to a sum of `depth` products of each channel, as LookupStore wants it.
template <typename Acc>
void LookupConv2d::FillOffsets(int64_t first_channel, int64_t channels, int64_t depth,
                               bool is_first, std::make_unsigned_t<Acc>* offsets) const {
  using Wrapping = std::make_unsigned_t<Acc>;
  for (int64_t o = 0; o < channels; ++o) {
    const int64_t bias = is_first ? correction_.bias[static_cast<size_t>(first_channel + o)] : 0;
    offsets[o] = MinOffset<Acc>(lut_.min(), depth) + static_cast<Wrapping>(bias);
  }
}

const int32_t* LookupConv2d::FactorsOf(int64_t first_channel) const {
  return correction_.code_factor.empty() ? nullptr : correction_.code_factor.data() + first_channel;
}

template <typename Acc>
void LookupConv2d::RunFilterStationary(const Conv2dTile& tile, int64_t run_count, Workspace* work,
                                       Acc* acc) const {
  // TransposeCodes writes whole blocks of 16; the lookup need not read them all.
  const int64_t lanes = RoundUp(tile.positions, std::max<int64_t>(16, method_.lane_unit));
  const int64_t group = tile.first_channel / shape_.GroupOutC();
  const int64_t max_depth = std::max<int64_t>(1, ChunkDepth<Acc>() / groups_per_tile_);
  const bool with_sums = !correction_.code_factor.empty();
  // A region serves whole blocks of channels only.
  const int64_t pixels = max_depth < block_channels_ || groups_per_tile_ > 1
                             ? 0
                             : region_.Plan(work->runs, run_count, group * shape_.GroupInC(),
                                            work->padding, work->region);
  uint8_t bits = 0;
  ForEachSlice(
      shape_, group, block_channels_, max_depth,
      [&](const WindowSlice& slice, int64_t first_k, bool starts_block) {
        if (pixels == 0) {
          bits = PackTaps(tile, run_count, slice, lanes, work);
        } else {
          if (starts_block) {
            bits = region_.Load(slice.first_channel, slice.channels, pixels, method_.finish_codes,
                                BlockToFinish(with_sums, work->region.pixel_sums), work->region);
          }
          region_.Copy(work->runs, run_count, slice, method_.copy_runs, work->region, lanes,
                       work->codes);
          if (with_sums) {
            region_.SumTaps(work->runs, run_count, slice, work->region, lanes, work->code_sums);
          }
        }
        LookUpPacked(tile, slice.Depth(), first_k, IndexLimit(bits), work, acc);
      });
}

// All channels of the tile through the packed activations.
template <typename Acc>
void LookupConv2d::LookUpPacked(const Conv2dTile& tile, int64_t depth, int64_t first_k,
                                int64_t index_limit, const Workspace* work, Acc* acc) const {
  const int64_t lanes = RoundUp(tile.positions, std::max<int64_t>(16, method_.lane_unit));
  const bool several = groups_per_tile_ > 1;
  std::make_unsigned_t<Acc> offsets[kChannelBlock];
  const uint32_t* code_sums[kChannelBlock];
  LookupSum sum;
  sum.row_stride = shape_.Depth();
  sum.index_stride = lanes;
  sum.index_limit = index_limit;
  sum.depth = depth;
  sum.lanes = RoundUp(tile.positions, method_.lane_unit);
  sum.sum_stride = lanes;
  LookupStore<Acc> store;
  store.sums = work->sums;
  store.sum_stride = lanes;
  store.splits_lanes = method_.splits_lanes;
  store.positions = tile.positions;
  store.scale = static_cast<std::make_unsigned_t<Acc>>(Acc{lut_.scale()});
  store.offsets = offsets;
  store.code_sums = code_sums;
  store.add = first_k > 0 || correction_.add_to_acc;
  store.out_stride = shape_.out_c;
  for (int64_t o0 = 0; o0 < tile.channels; o0 += kChannelBlock) {
    const int64_t first = tile.first_channel + o0;
    store.channels = std::min(kChannelBlock, tile.channels - o0);
    // With one input channel per group, every group's channels have activations of their own.
    for (int64_t o = 0, count = 0; o < store.channels; o += count) {
      const int64_t group = several ? (o0 + o) / shape_.GroupOutC() : 0;
      count = several ? std::min(store.channels, (group + 1) * shape_.GroupOutC() - o0) - o
                      : store.channels;
      sum.rows = filter_rows_.data() + (first + o) * shape_.Depth() + first_k;
      sum.row_count = count;
      sum.index = work->codes + group * depth * lanes;
      sum.sums = work->sums + o * lanes;
      method_.sum(*rows_by_b_, sum);
      std::fill(code_sums + o, code_sums + o + count, work->code_sums + group * lanes);
    }
    FillOffsets<Acc>(first, store.channels, depth, first_k == 0, offsets);
    store.factors = FactorsOf(first);
    store.out = acc + tile.first_position * shape_.out_c + first;
    if constexpr (sizeof(Acc) == 4) {
      method_.store_transposed(store);
    } else {
      StoreTransposed(store);
    }
  }
}

template <typename Acc>
void LookupConv2d::RunActivationStationary(const Conv2dTile& tile, int64_t run_count,
                                           Workspace* work, Acc* acc) const {
  const int64_t group_out_c = shape_.GroupOutC();
  const int64_t group = tile.first_channel / group_out_c;
  const int64_t padded_c = RoundUp(group_out_c, ChannelUnit());
  const int64_t lanes = RoundUp(tile.channels, ChannelUnit());
  const uint8_t* filter =
      filter_index_.data() + shape_.Depth() * (group * padded_c + tile.first_channel % group_out_c);
  std::make_unsigned_t<Acc> offsets[kMaxLanes];
  LookupSum sum;
  sum.index_stride = lanes;
  sum.index_limit = filter_index_limit_;
  sum.lanes = lanes;
  sum.sums = work->sums;
  sum.sum_stride = lanes;
  LookupStore<Acc> store;
  store.sums = work->sums;
  store.sum_stride = lanes;
  store.channels = tile.channels;
  store.scale = static_cast<std::make_unsigned_t<Acc>>(Acc{lut_.scale()});
  store.offsets = offsets;
  store.factors = FactorsOf(tile.first_channel);
  store.out_stride = shape_.out_c;
  ForEachSlice(
      shape_, group, block_channels_, ChunkDepth<Acc>(),
      [&](const WindowSlice& slice, int64_t first_k, bool) {
        sum.depth = slice.Depth();
        sum.row_stride = RoundUp(sum.depth, 64);
        sum.index = filter + first_k * lanes;
        CopyCodes(shape_, work->runs, run_count, slice, work->padding, tile.positions,
                  work->pointers, work->codes, sum.row_stride);
        for (int64_t p = 0; p < tile.positions; ++p) {
          work->code_sums[p] = method_.map_row(work->codes + p * sum.row_stride, sum.depth,
                                               rows_by_a_->row_of, mask_a_, correction_.code_flip);
        }
        FillOffsets<Acc>(tile.first_channel, tile.channels, sum.depth, first_k == 0, offsets);
        store.add = first_k > 0 || correction_.add_to_acc;
        for (int64_t p = 0; p < tile.positions; p += kChannelBlock) {
          sum.rows = work->codes + p * sum.row_stride;
          sum.row_count = store.positions = std::min(kChannelBlock, tile.positions - p);
          method_.sum(*rows_by_a_, sum);
          store.row_sums = work->code_sums + p;
          store.out = acc + (tile.first_position + p) * shape_.out_c + tile.first_channel;
          if constexpr (sizeof(Acc) == 4) {
            method_.store_rows(store);
          } else {
            StoreRows(store);
          }
        }
      });
}

template <typename Acc>
void LookupConv2d::Run(const Conv2dInput& input, int64_t index, void* memory, Acc* acc) const {
  const Cut cut = CutFor(input.batch);
  const Tiling* tiling;
  const Conv2dTile tile = TileOf(cut, index, &tiling);
  Workspace work;
  Place(static_cast<uint8_t*>(memory), &work);
  std::memset(work.padding, input.pad_code,
              static_cast<size_t>(std::max(shape_.GroupInC(), groups_per_tile_)));
  const int64_t runs = FindRuns(shape_, input, tile.first_position, tile.positions, work.runs);
  if (tiling->activation_stationary) {
    RunActivationStationary(tile, runs, &work, acc);
  } else {
    RunFilterStationary(tile, runs, &work, acc);
  }
}

void LookupConv2d::RunTile(const Conv2dInput& input, int64_t tile, void* workspace,
                           int32_t* acc) const {
  Run(input, tile, workspace, acc);
}

void LookupConv2d::RunTile(const Conv2dInput& input, int64_t tile, void* workspace,
                           int64_t* acc) const {
  Run(input, tile, workspace, acc);
}

double RowStationaryKernel::Cost(const PreparedLut& lut, const Conv2dShape& shape) {
  return LookupCost(kRowStationaryLookup, lut, shape);
}

std::unique_ptr<Conv2dKernel> RowStationaryKernel::Make(const PreparedLut& lut,
                                                        const Conv2dShape& shape,
                                                        const Conv2dWeights& weights) {
  return std::make_unique<LookupConv2d>(kRowStationaryLookup, lut, shape, weights);
}

double DirectAvx512VbmiKernel::Cost(const PreparedLut& lut, const Conv2dShape& shape) {
  return LookupCost(kDirectAvx512VbmiLookup, lut, shape);
}

std::unique_ptr<Conv2dKernel> DirectAvx512VbmiKernel::Make(const PreparedLut& lut,
                                                           const Conv2dShape& shape,
                                                           const Conv2dWeights& weights) {
  return std::make_unique<LookupConv2d>(kDirectAvx512VbmiLookup, lut, shape, weights);
}

double SeparableAvx2Kernel::Cost(const PreparedLut& lut, const Conv2dShape& shape) {
  return LookupCost(kSeparableAvx2Lookup, lut, shape);
}

std::unique_ptr<Conv2dKernel> SeparableAvx2Kernel::Make(const PreparedLut& lut,
                                                        const Conv2dShape& shape,
                                                        const Conv2dWeights& weights) {
  return std::make_unique<LookupConv2d>(kSeparableAvx2Lookup, lut, shape, weights);
}

double ExpandedRowsAvx2Kernel::Cost(const PreparedLut& lut, const Conv2dShape& shape) {
  const int64_t positions = shape.batch * shape.out_h * shape.out_w;
  if (positions == 0) return 0;
  // The rows of 16 positions are expanded together.
  return LookupCost(kExpandedRowsAvx2Lookup, lut, shape, RowOperand::kA) *
         static_cast<double>(RoundUp(positions, 16)) / static_cast<double>(positions);
}

std::unique_ptr<Conv2dKernel> ExpandedRowsAvx2Kernel::Make(const PreparedLut& lut,
                                                           const Conv2dShape& shape,
                                                           const Conv2dWeights& weights) {
  auto kernel = std::make_unique<LookupConv2d>(kExpandedRowsAvx2Lookup, lut, shape, weights);
  kernel->ForceRows(RowOperand::kA);
  return kernel;
}

}  // namespace axlut
