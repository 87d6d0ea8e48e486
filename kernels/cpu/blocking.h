// SPDX-License-Identifier: MIT
// How loops are cut into blocks, and how sums reach the output.
#pragma once

#include <cstdint>
#include <type_traits>

#include "kernels/ceil_div.h"

namespace axlut {

// Output channels whose sums are held before they are stored, so that a store fills a cache line.
inline constexpr int64_t kChannelBlock = 16;
// A call is cut into at least this many tiles where that is possible, for threads to share.
inline constexpr int64_t kMinTiles = 16;

// First of the things of block `block` when `count` things are cut into `blocks` nearly equal
// blocks that start at multiples of `unit`.
constexpr int64_t BlockStart(int64_t block, int64_t count, int64_t unit, int64_t blocks) {
  const int64_t start = block * CeilDiv(count, unit) / blocks * unit;
  return start < count ? start : count;
}

// *out = scale * sum + offset, or that is added to it; wraps.
template <typename Acc>
void Store(uint32_t sum, std::make_unsigned_t<Acc> scale, std::make_unsigned_t<Acc> offset,
           bool add, Acc* out) {
  using Wrapping = std::make_unsigned_t<Acc>;
  const Wrapping value = scale * sum + offset;
  *out = static_cast<Acc>(add ? static_cast<Wrapping>(*out) + value : value);
}

// What the sum of `depth` entries of T - min lacks.
template <typename Acc>
std::make_unsigned_t<Acc> MinOffset(int32_t min, int64_t depth) {
  using Wrapping = std::make_unsigned_t<Acc>;
  return static_cast<Wrapping>(static_cast<Acc>(min)) * static_cast<Wrapping>(depth);
}

}  // namespace axlut
