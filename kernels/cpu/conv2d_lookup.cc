// SPDX-License-Identifier: MIT
#include "kernels/cpu/conv2d_lookup.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>

#include "kernels/cpu/blocking.h"
#include "kernels/cpu/pack_filter.h"
#include "kernels/cpu/window.h"

namespace axlut {
namespace {

// Products per packed block: 1024 x 256 lanes of activations are a quarter of a 1 MiB L2 cache.
constexpr int64_t kMaxChunk = 1024;
// Depthwise: groups that are packed together, to use whole cache lines of the input.
constexpr int64_t kGroupBlock = 64;
// Positions of an activation-stationary tile: how often a packed filter block is used from cache.
constexpr int64_t kActivationPositions = 16;

// Store for 4 positions x 4 channels of int32_t.
using Words = uint32_t __attribute__((vector_size(16)));

void Transpose4x4(const uint32_t* sums, int64_t lanes, const uint32_t* offsets, bool add,
                  int32_t* out, int64_t stride) {
  Words rows[4];
  for (int r = 0; r < 4; ++r) {
    std::memcpy(&rows[r], sums + r * lanes, 16);
    rows[r] += offsets[r];
  }
  const Words low01 = __builtin_shufflevector(rows[0], rows[1], 0, 4, 1, 5);
  const Words high01 = __builtin_shufflevector(rows[0], rows[1], 2, 6, 3, 7);
  const Words low23 = __builtin_shufflevector(rows[2], rows[3], 0, 4, 1, 5);
  const Words high23 = __builtin_shufflevector(rows[2], rows[3], 2, 6, 3, 7);
  Words columns[4] = {__builtin_shufflevector(low01, low23, 0, 1, 4, 5),
                      __builtin_shufflevector(low01, low23, 2, 3, 6, 7),
                      __builtin_shufflevector(high01, high23, 0, 1, 4, 5),
                      __builtin_shufflevector(high01, high23, 2, 3, 6, 7)};
  for (int p = 0; p < 4; ++p) {
    if (add) {
      Words before;
      std::memcpy(&before, out + p * stride, 16);
      columns[p] += before;
    }
    std::memcpy(out + p * stride, &columns[p], 16);
  }
}

// sums[lane] = sum over k < depth of (codes[k * lanes + lane] & mask) ^ flip, lanes being a
// multiple of 16. Even and odd bytes are summed in words, then interleaved and widened.
void SumCodes(const uint8_t* codes, int64_t depth, int64_t lanes, uint8_t mask, uint8_t flip,
              uint32_t* sums) {
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the low byte of a word comes first");
  using Halves = uint16_t __attribute__((vector_size(16)));
  const auto twice = [](uint8_t byte) { return static_cast<uint16_t>(byte * 0x0101); };
  constexpr int64_t kMaxDepth = 256;  // 256 * 255 fits a word
  std::fill(sums, sums + lanes, 0u);
  for (int64_t lane = 0; lane < lanes; lane += 16) {
    for (int64_t k0 = 0; k0 < depth; k0 += kMaxDepth) {
      const int64_t end = std::min(depth, k0 + kMaxDepth);
      Halves even = {};
      Halves odd = {};
      for (int64_t k = k0; k < end; ++k) {
        Halves part;
        std::memcpy(&part, codes + k * lanes + lane, sizeof part);
        part = (part & twice(mask)) ^ twice(flip);
        even += part & uint16_t{0xff};
        odd += part >> 8;
      }
      const Halves zero = {};
      const Halves halves[2] = {__builtin_shufflevector(even, odd, 0, 8, 1, 9, 2, 10, 3, 11),
                                __builtin_shufflevector(even, odd, 4, 12, 5, 13, 6, 14, 7, 15)};
      for (int i = 0; i < 2; ++i) {
        const Halves low = __builtin_shufflevector(halves[i], zero, 0, 8, 1, 9, 2, 10, 3, 11);
        const Halves high = __builtin_shufflevector(halves[i], zero, 4, 12, 5, 13, 6, 14, 7, 15);
        Words words[2];
        std::memcpy(words, sums + lane + 8 * i, sizeof words);
        words[0] += reinterpret_cast<Words>(low);
        words[1] += reinterpret_cast<Words>(high);
        std::memcpy(sums + lane + 8 * i, words, sizeof words);
      }
    }
  }
}

// What is added to a block of up to kChannelBlock channels on its way to the output.
template <typename Acc>
struct BlockOffsets {
  std::make_unsigned_t<Acc> fixed[kChannelBlock];  // per channel
  const int32_t* code_factor;                      // per channel; null: all 0
  const uint32_t* code_sums[kChannelBlock];        // of the channel's group, per lane
};

// out[p * stride + o] = or += sums[o * lanes + p] + the offsets. Destroys the sums.
template <typename Acc>
void StoreTransposed(uint32_t* sums, int64_t lanes, int64_t positions, int64_t channels,
                     const BlockOffsets<Acc>& offsets, bool add, Acc* out, int64_t stride) {
  if constexpr (sizeof(Acc) == 4) {
    if (offsets.code_factor != nullptr) {
      for (int64_t o = 0; o < channels; ++o) {
        const auto factor = static_cast<uint32_t>(offsets.code_factor[o]);
        const uint32_t* code_sums = offsets.code_sums[o];
        uint32_t* row = sums + o * lanes;
        for (int64_t p = 0; p < positions; ++p) row[p] += factor * code_sums[p];
      }
    }
    // Blocks of 4x4, which the compiler can keep in vector registers.
    const int64_t whole_positions = positions / 4 * 4;
    const int64_t whole_channels = channels / 4 * 4;
    for (int64_t p = 0; p < whole_positions; p += 4) {
      for (int64_t o = 0; o < whole_channels; o += 4) {
        Transpose4x4(sums + o * lanes + p, lanes, offsets.fixed + o, add, out + p * stride + o,
                     stride);
      }
    }
    for (int64_t p = 0; p < positions; ++p) {
      for (int64_t o = p < whole_positions ? whole_channels : 0; o < channels; ++o) {
        Store(sums[o * lanes + p], offsets.fixed[o], add, out + p * stride + o);
      }
    }
  } else {
    for (int64_t p = 0; p < positions; ++p) {
      for (int64_t o = 0; o < channels; ++o) {
        auto offset = offsets.fixed[o];
        if (offsets.code_factor != nullptr) {
          offset +=
              static_cast<uint64_t>(int64_t{offsets.code_factor[o]}) * offsets.code_sums[o][p];
        }
        Store(sums[o * lanes + p], offset, add, out + p * stride + o);
      }
    }
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

  // Returns the size; with null memory only that.
  static int64_t Place(uint8_t* memory, int64_t lanes, int64_t groups, int64_t padding_bytes,
                       Workspace* work) {
    int64_t used = 0;
    const auto take = [&](int64_t bytes) {
      uint8_t* start = memory == nullptr ? nullptr : memory + used;
      used += RoundUp(bytes, 64);
      return start;
    };
    work->codes = take(kMaxChunk * lanes);
    work->sums = reinterpret_cast<uint32_t*>(take(kChannelBlock * lanes * 4));
    work->code_sums = reinterpret_cast<uint32_t*>(take(groups * lanes * 4));
    work->pointers = reinterpret_cast<const uint8_t**>(take(lanes * 8));
    work->runs = reinterpret_cast<PositionRun*>(take(lanes * int64_t{sizeof(PositionRun)}));
    work->padding = take(padding_bytes);
    return used;
  }
};

LookupConv2d::LookupConv2d(const LookupMethod& method, const PreparedLut& lut,
                           const Conv2dShape& shape, const Conv2dWeights& weights)
    : method_(method),
      lut_(lut),
      shape_(shape),
      groups_per_tile_(shape.GroupInC() == 1 ? std::min(shape.groups, kGroupBlock) : 1),
      correction_(shape, weights),
      rows_by_b_(&(lut.*method.rows)(RowOperand::kB)),
      rows_by_a_(&(lut.*method.rows)(RowOperand::kA)) {
  PackFilter(weights.filter);
}

void LookupConv2d::PackFilter(const uint8_t* filter) {
  const int64_t depth = shape_.Depth();
  const int64_t group_out_c = shape_.GroupOutC();
  filter_rows_ = PackFilterRows(shape_, filter, rows_by_b_->row_mask);
  if (groups_per_tile_ > 1) return;  // always filter-stationary
  const int64_t padded_c = RoundUp(group_out_c, method_.lane_unit);
  const int64_t blocks = CeilDiv(padded_c, method_.max_lanes);
  filter_index_ = AlignedArray<uint8_t>(shape_.groups * depth * padded_c);
  uint8_t* out = filter_index_.data();
  for (int64_t g = 0; g < shape_.groups; ++g) {
    for (int64_t block = 0; block < blocks; ++block) {
      const int64_t first = BlockStart(block, padded_c, method_.lane_unit, blocks);
      const int64_t last = BlockStart(block + 1, padded_c, method_.lane_unit, blocks);
      for (int64_t k = 0; k < depth; ++k) {
        const uint8_t* row = filter + k * shape_.out_c + g * group_out_c;
        // Lanes beyond the last channel stay 0; their sums are not stored.
        std::copy(row + first, row + std::min(last, group_out_c), out);
        out += last - first;
      }
    }
  }
}

LookupConv2d::Tiling LookupConv2d::TilingFor(int64_t batch) const {
  const int64_t group_out_c = shape_.GroupOutC();
  Tiling t;
  t.positions = batch * shape_.out_h * shape_.out_w;
  const int64_t unit = method_.lane_unit;
  // Lanes that would be computed in either order.
  const int64_t position_lanes = RoundUp(t.positions, unit) * group_out_c;
  const int64_t channel_lanes = RoundUp(group_out_c, unit) * t.positions;
  t.activation_stationary = groups_per_tile_ == 1 && channel_lanes < position_lanes;
  if (t.activation_stationary) {
    t.position_unit = 1;
    t.position_blocks = CeilDiv(t.positions, kActivationPositions);
    t.group_blocks = shape_.groups;
    t.channel_unit = unit;
    t.channel_blocks = CeilDiv(group_out_c, method_.max_lanes);
    return t;
  }
  t.position_unit = unit;
  t.position_blocks = CeilDiv(t.positions, method_.max_lanes);
  t.group_blocks = CeilDiv(shape_.groups, groups_per_tile_);
  t.channel_unit = kChannelBlock;
  t.channel_blocks = 1;
  const int64_t tiles = t.position_blocks * t.group_blocks;
  if (groups_per_tile_ == 1 && tiles < kMinTiles) {
    t.channel_blocks = std::min(CeilDiv(kMinTiles, tiles), CeilDiv(group_out_c, kChannelBlock));
  }
  return t;
}

Conv2dTile LookupConv2d::TileOf(const Tiling& t, int64_t tile) const {
  const int64_t channel_block = tile % t.channel_blocks;
  const int64_t group_block = tile / t.channel_blocks % t.group_blocks;
  const int64_t position_block = tile / t.channel_blocks / t.group_blocks;
  Conv2dTile result;
  result.first_position =
      BlockStart(position_block, t.positions, t.position_unit, t.position_blocks);
  result.positions =
      BlockStart(position_block + 1, t.positions, t.position_unit, t.position_blocks) -
      result.first_position;
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
  const Tiling t = TilingFor(batch);
  return t.position_blocks * t.group_blocks * t.channel_blocks;
}

Conv2dTile LookupConv2d::TileAt(int64_t batch, int64_t tile) const {
  return TileOf(TilingFor(batch), tile);
}

int64_t LookupConv2d::WorkspaceBytes() const {
  Workspace work;
  const int64_t lanes = std::max(method_.max_lanes, kActivationPositions);
  return Workspace::Place(nullptr, lanes, groups_per_tile_,
                          std::max(shape_.GroupInC(), groups_per_tile_), &work);
}

template <typename Acc>
int64_t LookupConv2d::ChunkDepth() const {
  if (sizeof(Acc) == 4 || lut_.range() == 0) return kMaxChunk;  // wraps as the reference does
  const int64_t fits = std::numeric_limits<uint32_t>::max() / lut_.range();
  return std::min(kMaxChunk, fits);
}

// codes[(k - first_k) * lanes + lane] for the taps and channels of [first_k, first_k + depth). With
// several groups k is a tap, and each group has such a block of its own.
void LookupConv2d::PackActivations(const Conv2dTile& tile, int64_t run_count, int64_t first_k,
                                   int64_t depth, int64_t lanes, Workspace* work) const {
  const int64_t group_in_c = shape_.GroupInC();
  const int64_t first_group = tile.first_channel / shape_.GroupOutC();
  const bool several = groups_per_tile_ > 1;
  for (int64_t k = first_k; k < first_k + depth;) {
    const int64_t tap = k / group_in_c;
    const int64_t c = k % group_in_c;
    const int64_t taken = std::min(group_in_c - c, first_k + depth - k);
    const int64_t channels = several ? tile.channels / shape_.GroupOutC() : taken;
    FindTap(shape_, work->runs, run_count, tap, first_group * group_in_c + c, work->padding, lanes,
            work->pointers);
    TransposeCodes(work->pointers, lanes, channels, work->codes + (k - first_k) * lanes,
                   several ? depth * lanes : lanes);
    k += taken;
  }
}

template <typename Acc>
void LookupConv2d::RunFilterStationary(const Conv2dTile& tile, int64_t run_count, Workspace* work,
                                       Acc* acc) const {
  using Wrapping = std::make_unsigned_t<Acc>;
  const int64_t depth = shape_.Depth();
  // TransposeCodes writes whole blocks of 16; the lookup need not read them all.
  const int64_t lanes = RoundUp(tile.positions, std::max<int64_t>(16, method_.lane_unit));
  const int64_t groups = groups_per_tile_ > 1 ? tile.channels / shape_.GroupOutC() : 1;
  const int64_t max_chunk = std::max<int64_t>(1, ChunkDepth<Acc>() / groups_per_tile_);
  for (int64_t k0 = 0; k0 < depth; k0 += max_chunk) {
    const int64_t chunk = std::min(max_chunk, depth - k0);
    PackActivations(tile, run_count, k0, chunk, lanes, work);
    if (!correction_.code_factor.empty()) {
      for (int64_t g = 0; g < groups; ++g) {
        SumCodes(work->codes + g * chunk * lanes, chunk, lanes, rows_by_a_->row_mask,
                 correction_.code_flip, work->code_sums + g * lanes);
      }
    }
    for (int64_t o0 = 0; o0 < tile.channels; o0 += kChannelBlock) {
      const int64_t channels = std::min(kChannelBlock, tile.channels - o0);
      for (int64_t o = 0; o < channels; ++o) {
        const int64_t group = groups > 1 ? (o0 + o) / shape_.GroupOutC() : 0;
        LookupSum sum;
        sum.rows = filter_rows_.data() + (tile.first_channel + o0 + o) * depth + k0;
        sum.index = work->codes + group * chunk * lanes;
        sum.index_stride = lanes;
        sum.depth = chunk;
        sum.lanes = RoundUp(tile.positions, method_.lane_unit);
        sum.sums = work->sums + o * lanes;
        method_.sum(*rows_by_b_, sum);
      }
      const int64_t first = tile.first_channel + o0;
      BlockOffsets<Acc> offsets;
      offsets.code_factor =
          correction_.code_factor.empty() ? nullptr : correction_.code_factor.data() + first;
      for (int64_t o = 0; o < channels; ++o) {
        const int64_t bias = k0 == 0 ? correction_.bias[static_cast<size_t>(first + o)] : 0;
        offsets.fixed[o] = MinOffset<Acc>(lut_.min(), chunk) + static_cast<Wrapping>(bias);
        const int64_t group = groups > 1 ? (o0 + o) / shape_.GroupOutC() : 0;
        offsets.code_sums[o] = work->code_sums + group * lanes;
      }
      StoreTransposed(work->sums, lanes, tile.positions, channels, offsets, k0 > 0,
                      acc + tile.first_position * shape_.out_c + first, shape_.out_c);
    }
  }
}

template <typename Acc>
void LookupConv2d::RunActivationStationary(const Conv2dTile& tile, int64_t run_count,
                                           Workspace* work, Acc* acc) const {
  using Wrapping = std::make_unsigned_t<Acc>;
  const int64_t depth = shape_.Depth();
  const int64_t group_out_c = shape_.GroupOutC();
  const int64_t group = tile.first_channel / group_out_c;
  const int64_t padded_c = RoundUp(group_out_c, method_.lane_unit);
  const int64_t lanes = RoundUp(tile.channels, method_.lane_unit);
  const uint8_t* filter =
      filter_index_.data() + depth * (group * padded_c + tile.first_channel % group_out_c);
  const int64_t max_chunk = ChunkDepth<Acc>();
  for (int64_t k0 = 0; k0 < depth; k0 += max_chunk) {
    const int64_t chunk = std::min(max_chunk, depth - k0);
    const WindowSlice slice{group, k0, chunk};
    CopyCodes(shape_, work->runs, run_count, slice, work->padding, tile.positions, work->pointers,
              rows_by_a_->row_mask, work->codes, chunk);
    const Wrapping offset = MinOffset<Acc>(lut_.min(), chunk);
    const int64_t* bias = correction_.bias.data() + tile.first_channel;
    const int32_t* factors = correction_.code_factor.empty()
                                 ? nullptr
                                 : correction_.code_factor.data() + tile.first_channel;
    for (int64_t p = 0; p < tile.positions; ++p) {
      LookupSum sum;
      sum.rows = work->codes + p * chunk;
      sum.index = filter + k0 * lanes;
      sum.index_stride = lanes;
      sum.depth = chunk;
      sum.lanes = lanes;
      sum.sums = work->sums;
      method_.sum(*rows_by_a_, sum);
      Acc* out = acc + (tile.first_position + p) * shape_.out_c + tile.first_channel;
      Wrapping code_sum = 0;
      for (int64_t k = 0; k < chunk; ++k) code_sum += sum.rows[k] ^ correction_.code_flip;
      for (int64_t o = 0; o < tile.channels; ++o) {
        Wrapping extra = k0 == 0 ? static_cast<Wrapping>(bias[o]) : 0;
        if (factors != nullptr) extra += static_cast<Wrapping>(factors[o]) * code_sum;
        Store(work->sums[o], offset + extra, k0 > 0, out + o);
      }
    }
  }
}

template <typename Acc>
void LookupConv2d::Run(const Conv2dInput& input, int64_t index, void* memory, Acc* acc) const {
  const Tiling tiling = TilingFor(input.batch);
  const Conv2dTile tile = TileOf(tiling, index);
  const int64_t lanes = std::max(method_.max_lanes, kActivationPositions);
  const int64_t padding_bytes = std::max(shape_.GroupInC(), groups_per_tile_);
  Workspace work;
  Workspace::Place(static_cast<uint8_t*>(memory), lanes, groups_per_tile_, padding_bytes, &work);
  std::memset(work.padding, input.pad_code, static_cast<size_t>(padding_bytes));
  const int64_t runs = FindRuns(shape_, input, tile.first_position, tile.positions, work.runs);
  if (tiling.activation_stationary) {
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

std::unique_ptr<Conv2dKernel> RowStationaryKernel::Make(const PreparedLut& lut,
                                                        const Conv2dShape& shape,
                                                        const Conv2dWeights& weights) {
  return std::make_unique<LookupConv2d>(kRowStationaryLookup, lut, shape, weights);
}

bool DirectAvx512VbmiKernel::Worthwhile(const PreparedLut&, const Conv2dShape& shape) {
  const int64_t positions = shape.batch * shape.out_h * shape.out_w;
  return positions >= 8 || shape.GroupOutC() >= 8;
}

std::unique_ptr<Conv2dKernel> DirectAvx512VbmiKernel::Make(const PreparedLut& lut,
                                                           const Conv2dShape& shape,
                                                           const Conv2dWeights& weights) {
  return std::make_unique<LookupConv2d>(kDirectAvx512VbmiLookup, lut, shape, weights);
}

}  // namespace axlut
