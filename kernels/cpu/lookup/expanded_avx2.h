// SPDX-License-Identifier: MIT
// The inner loops of the expanded kernel, for AVX2.
#pragma once

#include <cstdint>

namespace axlut {

// Products that are looked up between two visits of a position's sums.
inline constexpr int64_t kExpandedDepth = 8;

// Call these only where KernelIsa::kAvx2 is supported. Memory is aligned to 32 bytes.

// Entries are expanded in multiples of this.
inline constexpr int64_t kExpandUnit = 8;

// expanded[i][2 * o] = rows[o][i], expanded[i][2 * o + 1] = rows[o + 8][i] for o < 8 and i < count,
// a multiple of kExpandUnit: what an index contributes to 16 output channels lies side by side.
void ExpandRowsAvx2(const uint16_t* const* rows, int64_t count, uint16_t* expanded);

// The code of product k at a position is codes[position * position_stride + k * k_stride].
struct ExpandedCodes {
  const uint8_t* codes = nullptr;
  int64_t position_stride = 0;
  int64_t k_stride = 1;
};

// For every position and each of 16 channels o:
//   sums[position * 16 + o] += sum over k < depth of entry [k][index_of[code k of the position]][o]
// of `expanded`, which holds depth <= kExpandedDepth blocks of 256 x 16 entries. index_of null, as
// it must be unless k_stride is 1: a code is its own index.
void SumExpandedAvx2(const uint16_t* expanded, int64_t depth, const uint8_t* index_of,
                     const ExpandedCodes& codes, int64_t positions, uint32_t* sums);

// largest[k] = the largest of codes[position * stride + k] over the positions, for k < depth
// rounded up to a multiple of 32, which stride is, too.
void FindLargestCodesAvx2(const uint8_t* codes, int64_t stride, int64_t depth, int64_t positions,
                          uint8_t* largest);

// sums[position] += sum over k < depth of (codes[position * stride + k] & mask) ^ flip. stride is a
// multiple of 32; codes from depth up to the next multiple of 32 are overwritten.
void SumCodesAvx2(uint8_t* codes, int64_t stride, int64_t depth, int64_t positions, uint8_t mask,
                  uint8_t flip, uint32_t* sums);

}  // namespace axlut
