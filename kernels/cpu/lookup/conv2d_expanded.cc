// SPDX-License-Identifier: MIT
#include "kernels/cpu/lookup/conv2d_expanded.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "kernels/cpu/blocking.h"
#include "kernels/cpu/lookup/expanded_avx2.h"
#include "kernels/cpu/lookup/lookup_store.h"
#include "kernels/cpu/pack_filter.h"
#include "kernels/cpu/window.h"

namespace axlut {
namespace {

// Positions of a tile: their sums, 64 bytes each, and their codes stay in a 512 KiB L2 cache.
constexpr int64_t kMaxPositions = 2048;
// Products whose activations are copied together.
constexpr int64_t kMaxChunk = 64;
// Zen 4 at 3.7 GHz: a product of one of 16 channels; the expansion of 16 rows.
constexpr double kNsPerBlock = 0.045;
constexpr double kNsPerExpansion = 175;
constexpr int64_t kExpandedEntries = 256 * kChannelBlock;

}  // namespace

// Views into the caller's memory.
struct ExpandedAvx2Kernel::Workspace {
  uint8_t* codes;            // [position][kMaxChunk]
  uint32_t* sums;            // [position][kChannelBlock]
  uint32_t* code_sums;       // per position
  uint16_t* expanded;        // [kExpandedDepth][256][kChannelBlock]
  const uint8_t** pointers;  // one per position
  PositionRun* runs;         // one per position
  uint8_t* padding;          // a pixel of padding

  // Returns the size; with null memory only that.
  static int64_t Place(uint8_t* memory, int64_t group_in_c, Workspace* work) {
    int64_t used = 0;
    const auto take = [&](int64_t bytes) {
      uint8_t* start = memory == nullptr ? nullptr : memory + used;
      used += RoundUp(bytes, 64);
      return start;
    };
    work->codes = take(kMaxPositions * kMaxChunk);
    work->sums = reinterpret_cast<uint32_t*>(take(kMaxPositions * kChannelBlock * 4));
    work->code_sums = reinterpret_cast<uint32_t*>(take(kMaxPositions * 4));
    work->expanded = reinterpret_cast<uint16_t*>(take(kExpandedDepth * kExpandedEntries * 2));
    work->pointers = reinterpret_cast<const uint8_t**>(take(kMaxPositions * 8));
    work->runs = reinterpret_cast<PositionRun*>(take(kMaxPositions * int64_t{sizeof(PositionRun)}));
    work->padding = take(group_in_c);
    return used;
  }
};

double ExpandedAvx2Kernel::Cost(const PreparedLut&, const Conv2dShape& shape) {
  const int64_t positions = shape.batch * shape.out_h * shape.out_w;
  if (positions == 0) return 0;
  const double per_block =
      kNsPerBlock * kChannelBlock + kNsPerExpansion / static_cast<double>(positions);
  const int64_t blocks = CeilDiv(shape.GroupOutC(), kChannelBlock);
  return per_block * static_cast<double>(blocks) / static_cast<double>(shape.GroupOutC());
}

std::unique_ptr<Conv2dKernel> ExpandedAvx2Kernel::Make(const PreparedLut& lut,
                                                       const Conv2dShape& shape,
                                                       const Conv2dWeights& weights) {
  return std::unique_ptr<Conv2dKernel>(new ExpandedAvx2Kernel(lut, shape, weights));
}

ExpandedAvx2Kernel::ExpandedAvx2Kernel(const PreparedLut& lut, const Conv2dShape& shape,
                                       const Conv2dWeights& weights)
    : lut_(lut),
      shape_(shape),
      mask_a_(static_cast<uint8_t>((1 << lut.view().width_a) - 1)),
      rows_(lut.Words(RowOperand::kB)),
      correction_(shape, weights),
      filter_rows_(PackFilterRows(shape, weights.filter, ProductOrder(shape, shape.GroupInC()),
                                  rows_.row_of)) {
  // Bits above a width do not count, so only bytes may index as they are.
  if (!rows_.index_is_code || lut.view().width_a < 8) map_ = rows_.index_of;
  uint8_t most = 0;
  for (size_t code = 0; code < 256; ++code) {
    most = std::max(most, rows_.index_of[code]);
    largest_index_[code] = most;
  }
}

// Tiles are counted with the channel block running first, then the group, then the positions.
int64_t ExpandedAvx2Kernel::TileCount(int64_t batch) const {
  const int64_t positions = batch * shape_.out_h * shape_.out_w;
  return CeilDiv(positions, kMaxPositions) * shape_.groups *
         CeilDiv(shape_.GroupOutC(), kChannelBlock);
}

Conv2dTile ExpandedAvx2Kernel::TileAt(int64_t batch, int64_t tile) const {
  const int64_t positions = batch * shape_.out_h * shape_.out_w;
  const int64_t position_blocks = CeilDiv(positions, kMaxPositions);
  const int64_t channel_blocks = CeilDiv(shape_.GroupOutC(), kChannelBlock);
  const int64_t position_block = tile / channel_blocks / shape_.groups;
  const int64_t group = tile / channel_blocks % shape_.groups;
  const int64_t first = tile % channel_blocks * kChannelBlock;
  Conv2dTile result;
  result.first_position = BlockStart(position_block, positions, 1, position_blocks);
  result.positions =
      BlockStart(position_block + 1, positions, 1, position_blocks) - result.first_position;
  result.first_channel = group * shape_.GroupOutC() + first;
  result.channels = std::min(kChannelBlock, shape_.GroupOutC() - first);
  return result;
}

int64_t ExpandedAvx2Kernel::WorkspaceBytes() const {
  Workspace work;
  return Workspace::Place(nullptr, shape_.GroupInC(), &work);
}

// sums += the products [first_k, first_k + depth) of up to 16 channels.
void ExpandedAvx2Kernel::SumChannels(int64_t first_channel, int64_t channels, int64_t first_k,
                                     int64_t depth, int64_t positions, Workspace* work) const {
  alignas(32) uint8_t largest[kMaxChunk];
  FindLargestCodesAvx2(work->codes, kMaxChunk, depth, positions, largest);
  for (int64_t k0 = 0; k0 < depth; k0 += kExpandedDepth) {
    const int64_t count = std::min(kExpandedDepth, depth - k0);
    for (int64_t k = 0; k < count; ++k) {
      const uint8_t* row_numbers =
          filter_rows_.data() + first_channel * shape_.Depth() + first_k + k0 + k;
      const uint16_t* rows[kChannelBlock];
      for (int64_t o = 0; o < kChannelBlock; ++o) {
        // Channels that do not exist repeat the last one; they are not stored.
        const uint8_t row = row_numbers[std::min(o, channels - 1) * shape_.Depth()];
        rows[o] = reinterpret_cast<const uint16_t*>(rows_.data + row * rows_.row_bytes);
      }
      // Entries that no position looks up are not expanded: activations are small as a rule.
      const int64_t entry_count = largest_index_[largest[k0 + k]] + 1;
      ExpandRowsAvx2(rows, RoundUp(entry_count, kExpandUnit),
                     work->expanded + k * kExpandedEntries);
    }
    SumExpandedAvx2(work->expanded, count, map_, {work->codes + k0, kMaxChunk, 1}, positions,
                    work->sums);
  }
}

template <typename Acc>
void ExpandedAvx2Kernel::StoreChannels(const Conv2dTile& tile, int64_t first_k, int64_t depth,
                                       const Workspace& work, Acc* acc) const {
  using Wrapping = std::make_unsigned_t<Acc>;
  Wrapping offsets[kChannelBlock];
  for (int64_t o = 0; o < tile.channels; ++o) {
    const auto channel = static_cast<size_t>(tile.first_channel + o);
    const int64_t bias = first_k == 0 ? correction_.bias[channel] : 0;
    offsets[o] = MinOffset<Acc>(lut_.min(), depth) + static_cast<Wrapping>(bias);
  }
  LookupStore<Acc> store;
  store.sums = work.sums;
  store.sum_stride = kChannelBlock;
  store.positions = tile.positions;
  store.channels = tile.channels;
  store.scale = static_cast<Wrapping>(Acc{lut_.scale()});
  store.offsets = offsets;
  if (!correction_.code_factor.empty()) {
    store.factors = correction_.code_factor.data() + tile.first_channel;
  }
  store.row_sums = work.code_sums;
  store.add = first_k > 0 || correction_.add_to_acc;
  store.out = acc + tile.first_position * shape_.out_c + tile.first_channel;
  store.out_stride = shape_.out_c;
  if constexpr (sizeof(Acc) == 4) {
    StoreRowsAvx2(store);
  } else {
    StoreRows(store);
  }
}

template <typename Acc>
void ExpandedAvx2Kernel::Run(const Conv2dInput& input, int64_t index, void* memory,
                             Acc* acc) const {
  const Conv2dTile tile = TileAt(input.batch, index);
  Workspace work;
  Workspace::Place(static_cast<uint8_t*>(memory), shape_.GroupInC(), &work);
  std::memset(work.padding, input.pad_code, static_cast<size_t>(shape_.GroupInC()));
  const int64_t run_count = FindRuns(shape_, input, tile.first_position, tile.positions, work.runs);
  const int64_t group = tile.first_channel / shape_.GroupOutC();
  // Sums of up to 2^16 entries of 16 bits fit uint32_t; they are widened in between.
  constexpr int64_t kMaxSum = 65536;
  int64_t start = 0;  // of the products that are not stored yet
  std::fill(work.sums, work.sums + tile.positions * kChannelBlock, 0u);
  std::fill(work.code_sums, work.code_sums + tile.positions, 0u);
  ForEachSlice(shape_, group, shape_.GroupInC(), kMaxChunk,
               [&](const WindowSlice& slice, int64_t first_k, bool) {
                 const int64_t depth = slice.Depth();
                 CopyCodes(shape_, work.runs, run_count, slice, work.padding, tile.positions,
                           work.pointers, work.codes, kMaxChunk);
                 SumChannels(tile.first_channel, tile.channels, first_k, depth, tile.positions,
                             &work);
                 if (!correction_.code_factor.empty()) {
                   SumCodesAvx2(work.codes, kMaxChunk, depth, tile.positions, mask_a_,
                                correction_.code_flip, work.code_sums);
                 }
                 const int64_t end = first_k + depth;
                 if (end != shape_.Depth() && end - start + kMaxChunk <= kMaxSum) return;
                 StoreChannels(tile, start, end - start, work, acc);
                 std::fill(work.sums, work.sums + tile.positions * kChannelBlock, 0u);
                 std::fill(work.code_sums, work.code_sums + tile.positions, 0u);
                 start = end;
               });
}

void ExpandedAvx2Kernel::RunTile(const Conv2dInput& input, int64_t tile, void* workspace,
                                 int32_t* acc) const {
  Run(input, tile, workspace, acc);
}

void ExpandedAvx2Kernel::RunTile(const Conv2dInput& input, int64_t tile, void* workspace,
                                 int64_t* acc) const {
  Run(input, tile, workspace, acc);
}

}  // namespace axlut
