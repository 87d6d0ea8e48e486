// SPDX-License-Identifier: MIT
// From sums of looked-up entries to the output tensor: scaled, with what else is added to an output
// channel, and in NHWC order.
#pragma once

#include <cstdint>
#include <type_traits>

namespace axlut {

// out[p * out_stride + o] = or += scale * sum(p, o) + offsets[o] + factors[o] * code_sums[o][p].
template <typename Acc>
struct LookupStore {
  using Wrapping = std::make_unsigned_t<Acc>;

  const uint32_t* sums = nullptr;
  int64_t sum_stride = 0;
  bool splits_lanes = false;  // see LookupMethod
  int64_t positions = 0;
  int64_t channels = 0;
  Wrapping scale = 1;
  const Wrapping* offsets = nullptr;
  const int32_t* factors = nullptr;            // null: all 0
  const uint32_t* const* code_sums = nullptr;  // StoreTransposed: per channel, then per position
  const uint32_t* row_sums = nullptr;          // StoreRows: per position
  bool add = false;
  Acc* out = nullptr;
  int64_t out_stride = 0;
};

// sum(p, o) = sums[o * sum_stride + slot of p]. For VBMI at most 16 channels.
template <typename Acc>
void StoreTransposed(const LookupStore<Acc>& store);
// sum(p, o) = sums[p * sum_stride + o].
template <typename Acc>
void StoreRows(const LookupStore<Acc>& store);

// For AVX2.
void StoreRowsAvx2(const LookupStore<int32_t>& store);
// For AVX-512; lanes are split.
void StoreTransposedAvx512(const LookupStore<int32_t>& store);
void StoreRowsAvx512(const LookupStore<int32_t>& store);

}  // namespace axlut
