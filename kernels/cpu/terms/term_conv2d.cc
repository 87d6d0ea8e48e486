// SPDX-License-Identifier: MIT
#include "kernels/cpu/terms/term_conv2d.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <type_traits>
#include <utility>

#include "kernels/cpu/blocking.h"

namespace axlut {
namespace {

// |u * v| <= 255 * 128, so this many products fit int32_t.
constexpr int64_t kMaxProducts = 65536;
static_assert(kMaxProducts * 255 * 128 <= std::numeric_limits<int32_t>::max());
// Longer taps are cut, so that chunks of at most kMaxProducts can be made of them.
constexpr int64_t kMaxTapDepth = 16384;

// u by byte: bits above the width are ignored.
ByteMap MapOf(const std::vector<uint8_t>& values) {
  ByteMap map;
  for (size_t a = 0; a < map.size(); ++a) map[a] = values[a & (values.size() - 1)];
  return map;
}

// The map's number, which it gets if it is not known yet.
size_t FindOrAdd(const ByteMap& map, std::vector<ByteMap>* maps) {
  const auto found = std::find(maps->begin(), maps->end(), map);
  if (found != maps->end()) return static_cast<size_t>(found - maps->begin());
  maps->push_back(map);
  return maps->size() - 1;
}

// Writes one unit after the other, for `lanes` channels of which the first `channels` exist:
// `depth` products of one term. `codes` are those of the first product and channel, `row` bytes
// apart from product to product.
template <typename Weight>
void PackTap(const std::vector<int8_t>& v, const uint8_t* codes, int64_t row, int64_t depth,
             int64_t unit, int64_t lanes, int64_t channels, uint8_t* out) {
  const size_t mask = v.size() - 1;
  for (int64_t k = 0; k < depth; ++k, codes += row) {
    Weight* element = reinterpret_cast<Weight*>(out) + k / unit * lanes * unit + k % unit;
    for (int64_t o = 0; o < channels; ++o) element[o * unit] = v[codes[o] & mask];
  }
}

}  // namespace

std::vector<int64_t> BiasWithOffsets(const KernelPlan& plan, const Conv2dShape& shape,
                                     const Conv2dWeights& weights) {
  std::vector<int64_t> bias(static_cast<size_t>(shape.out_c));
  if (weights.bias != nullptr) std::copy_n(weights.bias, shape.out_c, bias.begin());
  const std::vector<int32_t>& offsets = plan.offset_b;
  if (std::all_of(offsets.begin(), offsets.end(), [&](int32_t o) { return o == offsets[0]; })) {
    for (int64_t& value : bias) value += shape.Depth() * offsets[0];
    return bias;
  }
  const auto mask = static_cast<uint8_t>((1 << plan.width_b) - 1);
  const uint8_t* row = weights.filter;
  for (int64_t k = 0; k < shape.Depth(); ++k, row += shape.out_c) {
    for (size_t o = 0; o < bias.size(); ++o) bias[o] += offsets[row[o] & mask];
  }
  return bias;
}

struct TermConv2d::Workspace {
  uint8_t* region;
  uint8_t* scratch;
  const uint8_t** rows;
  void* row_sums;  // uint32_t or uint64_t
  uint32_t* code_sums;
  int32_t* sums;  // of a block, before they are widened
};

struct TermConv2d::Block {
  int64_t group;
  int64_t first_position, positions;
  int64_t first_channel, channels;  // of the group
};

TermConv2d::TermConv2d(const KernelPlan& plan, const GemmMethod& method, const Conv2dShape& shape,
                       const Conv2dWeights& weights)
    : shape_(shape), method_(method), correction_(shape, weights) {
  std::vector<ByteMap> maps;
  std::vector<size_t> map_of_term;
  for (const PlanTerm& term : plan.terms) map_of_term.push_back(FindOrAdd(MapOf(term.u), &maps));
  correction_.bias = BiasWithOffsets(plan, shape, weights);
  PlanSums(plan, &maps);
  for (int64_t bias : correction_.bias) bias32_.push_back(static_cast<int32_t>(bias));
  region_.emplace(shape, method, maps);
  std::vector<int32_t> scales;
  for (const PlanTerm& term : plan.terms) {
    if (std::find(scales.begin(), scales.end(), term.scale) != scales.end()) continue;
    scales.push_back(term.scale);
    AddTermGroup(plan, term.scale, map_of_term, weights.filter);
  }
  if (groups_.empty()) {  // no terms: the epilogue of an empty sum
    groups_.emplace_back();
    groups_.back().chunks.push_back({0, 0, 0});
  }
}

// Writes offset_a as a constant and byte maps times factors; adds the maps. Code sums join it if
// all channels have the same factor.
void TermConv2d::PlanSums(const KernelPlan& plan, std::vector<ByteMap>* maps) {
  std::vector<int64_t> offsets(plan.offset_a.begin(), plan.offset_a.end());
  const int64_t count = static_cast<int64_t>(offsets.size());
  std::vector<int32_t>& factors = correction_.code_factor;
  if (!factors.empty()) {
    std::vector<uint8_t> codes;
    for (int64_t a = 0; a < count; ++a) {
      codes.push_back(static_cast<uint8_t>(a ^ correction_.code_flip));
    }
    if (std::equal(factors.begin() + 1, factors.end(), factors.begin())) {
      for (size_t a = 0; a < offsets.size(); ++a) offsets[a] += int64_t{factors[0]} * codes[a];
      factors.clear();
    } else {
      code_sums_.push_back({FindOrAdd(MapOf(codes), maps), 1});
    }
  }
  const int64_t min = *std::min_element(offsets.begin(), offsets.end());
  for (int64_t& bias : correction_.bias) bias += min * shape_.Depth();
  int64_t gcd = 0;
  for (int64_t& offset : offsets) {
    offset -= min;
    gcd = std::gcd(gcd, offset);
  }
  // Byte by byte of the quotients.
  for (int64_t factor = gcd; factor != 0; factor *= 256) {
    std::vector<uint8_t> bytes;
    bool more = false;
    for (int64_t offset : offsets) {
      bytes.push_back(static_cast<uint8_t>(offset / factor));
      more |= offset / factor > 255;
    }
    offset_sums_.push_back({FindOrAdd(MapOf(bytes), maps), factor});
    if (!more) break;
  }
}

void TermConv2d::AddTermGroup(const KernelPlan& plan, int32_t scale,
                              const std::vector<size_t>& map_of_term, const uint8_t* filter) {
  const TermRegion& region = *region_;
  TermGroup group;
  group.scale = scale;
  std::vector<const PlanTerm*> terms;
  group.chunks.push_back({0, 0, 0});
  int64_t products = 0;
  for (size_t t = 0; t < plan.terms.size(); ++t) {
    if (plan.terms[t].scale != scale) continue;
    terms.push_back(&plan.terms[t]);
    for (int64_t tap = 0; tap < region.TapCount(); ++tap) {
      for (int64_t first = 0; first < region.TapDepth(); first += kMaxTapDepth) {
        const int64_t depth = std::min(kMaxTapDepth, region.TapDepth() - first);
        if (products + depth > kMaxProducts) {
          const int64_t next = group.chunks.back().last_tap;
          group.chunks.push_back({next, next, group.units});
          products = 0;
        }
        products += depth;
        const int64_t units = RoundUp(CeilDiv(depth, method_.depth_unit), method_.depth_multiple);
        group.taps.push_back(
            {region.TapOffset(map_of_term[t], tap) + first * method_.element_bytes, units});
        ++group.chunks.back().last_tap;
        group.units += units;
      }
    }
  }
  PackWeights(terms, filter, &group);
  groups_.push_back(std::move(group));
}

int64_t TermConv2d::PaddedChannels() const { return RoundUp(shape_.GroupOutC(), 16); }

void TermConv2d::PackWeights(const std::vector<const PlanTerm*>& terms, const uint8_t* filter,
                             TermGroup* group) const {
  const int64_t lane_bytes = method_.depth_unit * method_.weight_bytes;
  const int64_t padded_c = PaddedChannels();
  const int64_t group_out_c = shape_.GroupOutC();
  const int64_t tap_depth = region_->TapDepth();
  group->weights = AlignedArray<uint8_t>(shape_.groups * group->units * padded_c * lane_bytes);
  uint8_t* out = group->weights.data();
  for (int64_t g = 0; g < shape_.groups; ++g) {
    for (int64_t first = 0; first < padded_c; first += method_.channel_block) {
      const int64_t lanes = std::min(method_.channel_block, padded_c - first);
      const int64_t channels = std::min(lanes, group_out_c - first);
      const uint8_t* codes = filter + g * group_out_c + first;
      const GemmTap* tap = group->taps.data();
      for (const PlanTerm* term : terms) {
        for (int64_t k = 0; k < shape_.Depth(); ++tap) {  // taps are cut as in AddTermGroup
          const int64_t depth = std::min(kMaxTapDepth, tap_depth - k % tap_depth);
          const auto pack = method_.weight_bytes == 1 ? &PackTap<int8_t> : &PackTap<int16_t>;
          pack(term->v, codes + k * shape_.out_c, shape_.out_c, depth, method_.depth_unit, lanes,
               channels, out);
          out += tap->units * lanes * lane_bytes;
          k += depth;
        }
      }
    }
  }
}

TermConv2d::Workspace TermConv2d::Place(void* memory, int64_t* bytes) const {
  auto* start = static_cast<uint8_t*>(memory);
  int64_t used = 0;
  const auto take = [&](int64_t size) {
    uint8_t* place = start == nullptr ? nullptr : start + used;
    used += RoundUp(size, 64);
    return place;
  };
  constexpr int64_t kPositions = TermRegion::kMaxPositions;
  Workspace work;
  work.region = take(region_->Bytes());
  work.scratch = take(region_->ScratchBytes());
  work.rows = reinterpret_cast<const uint8_t**>(take(kPositions * 8));
  work.row_sums = take(kPositions * 8);
  work.code_sums = reinterpret_cast<uint32_t*>(take(kPositions * 4));
  work.sums = reinterpret_cast<int32_t*>(take(kPositions * method_.channel_block * 4));
  *bytes = used;
  return work;
}

int64_t TermConv2d::WorkspaceBytes() const {
  int64_t bytes;
  Place(nullptr, &bytes);
  return bytes;
}

GemmWork TermConv2d::WorkOf(const TermGroup& group, const Chunk& chunk, const Block& block,
                            const Workspace& work) const {
  const int64_t lane_bytes = method_.depth_unit * method_.weight_bytes;
  const int64_t padded_c = PaddedChannels();
  const int64_t block_start = block.first_channel / method_.channel_block * method_.channel_block;
  const int64_t lanes = std::min(method_.channel_block, padded_c - block_start);
  GemmWork result;
  result.rows = work.rows;
  result.positions = block.positions;
  result.taps = group.taps.data() + chunk.first_tap;
  result.tap_count = chunk.last_tap - chunk.first_tap;
  result.weight_stride = lanes * lane_bytes;
  if (group.units > 0) {
    result.weights =
        group.weights.data() + (block.group * padded_c + block_start) * group.units * lane_bytes +
        chunk.first_unit * result.weight_stride + (block.first_channel - block_start) * lane_bytes;
  }
  result.channels = block.channels;
  result.epilogue.scale = group.scale;
  return result;
}

void TermConv2d::RunBlock(const Block& block, const Workspace& work, int32_t* acc) const {
  const int64_t first_channel = block.group * shape_.GroupOutC() + block.first_channel;
  for (const TermGroup& group : groups_) {
    const Chunk all = {0, static_cast<int64_t>(group.taps.size()), 0};
    GemmWork product = WorkOf(group, all, block, work);
    GemmEpilogue& epilogue = product.epilogue;
    epilogue.add = &group != groups_.data();
    epilogue.bias = bias32_.data() + first_channel;
    epilogue.row_sums = static_cast<const uint32_t*>(work.row_sums);
    if (!code_sums_.empty()) epilogue.code_factor = correction_.code_factor.data() + first_channel;
    epilogue.code_sums = work.code_sums;
    product.out = acc + block.first_position * shape_.out_c + first_channel;
    product.out_stride = shape_.out_c;
    method_.multiply(product);
  }
}

void TermConv2d::RunBlock(const Block& block, const Workspace& work, int64_t* acc) const {
  const int64_t first_channel = block.group * shape_.GroupOutC() + block.first_channel;
  const auto* row_sums = static_cast<const uint64_t*>(work.row_sums);
  int64_t* const first_out = acc + block.first_position * shape_.out_c + first_channel;
  for (int64_t p = 0; p < block.positions; ++p) {
    int64_t* out = first_out + p * shape_.out_c;
    for (int64_t o = 0; o < block.channels; ++o) {
      const auto channel = static_cast<size_t>(first_channel + o);
      uint64_t value = static_cast<uint64_t>(correction_.bias[channel]) + row_sums[p];
      if (!code_sums_.empty()) {
        value +=
            static_cast<uint64_t>(int64_t{correction_.code_factor[channel]}) * work.code_sums[p];
      }
      out[o] = static_cast<int64_t>(value);
    }
  }
  for (const TermGroup& group : groups_) {
    for (const Chunk& chunk : group.chunks) {
      GemmWork product = WorkOf(group, chunk, block, work);
      product.epilogue.scale = 1;  // multiplied below, in 64 bits
      product.out = work.sums;
      product.out_stride = method_.channel_block;
      method_.multiply(product);
      for (int64_t p = 0; p < block.positions; ++p) {
        int64_t* out = first_out + p * shape_.out_c;
        const int32_t* sums = work.sums + p * method_.channel_block;
        for (int64_t o = 0; o < block.channels; ++o) {
          const auto product_sum = static_cast<uint64_t>(int64_t{group.scale} * sums[o]);
          out[o] = static_cast<int64_t>(static_cast<uint64_t>(out[o]) + product_sum);
        }
      }
    }
  }
}

template <typename Acc>
void TermConv2d::Run(const Conv2dInput& input, const Conv2dTile& tile, void* workspace,
                     Acc* acc) const {
  using Sum = std::make_unsigned_t<Acc>;
  const TermRegion& region = *region_;
  int64_t bytes;
  const Workspace work = Place(workspace, &bytes);
  const int64_t group_out_c = shape_.GroupOutC();
  const int64_t last_position = tile.first_position + tile.positions;
  const int64_t last_channel = tile.first_channel + tile.channels;
  for (int64_t channel = tile.first_channel; channel < last_channel;) {
    Block block;
    block.group = channel / group_out_c;
    const int64_t first_channel = channel % group_out_c;
    const int64_t end_channel = std::min(last_channel - block.group * group_out_c, group_out_c);
    for (int64_t p = tile.first_position; p < last_position; p += block.positions) {
      block.first_position = p;
      block.positions = region.StepPositions(p, last_position - p);
      region.Fill(input, block.group, p, block.positions, work.region, work.rows);
      region.SumWindows(offset_sums_, p, block.positions, work.region, work.rows, work.scratch,
                        static_cast<Sum*>(work.row_sums));
      if (!code_sums_.empty()) {
        region.SumWindows(code_sums_, p, block.positions, work.region, work.rows, work.scratch,
                          work.code_sums);
      }
      for (int64_t o = first_channel; o < end_channel; o += block.channels) {
        block.first_channel = o;
        const int64_t block_end = (o / method_.channel_block + 1) * method_.channel_block;
        block.channels = std::min(block_end, end_channel) - o;
        RunBlock(block, work, acc);
      }
    }
    channel = block.group * group_out_c + end_channel;
  }
}

template void TermConv2d::Run(const Conv2dInput&, const Conv2dTile&, void*, int32_t*) const;
template void TermConv2d::Run(const Conv2dInput&, const Conv2dTile&, void*, int64_t*) const;

}  // namespace axlut
