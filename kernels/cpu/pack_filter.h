// SPDX-License-Identifier: MIT
// The filter with the products of one output channel side by side.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/conv2d.h"
#include "kernels/cpu/aligned_array.h"

namespace axlut {

// The order in which products are summed: k = tap * GroupInC + c for blocks of `block_channels`
// input channels, one block after the other, and within a block by tap, then by channel. With
// block_channels == GroupInC that is 0, 1, 2, ...
std::vector<int64_t> ProductOrder(const Conv2dShape& shape, int64_t block_channels);

// rows[o * Depth() + i] = row_of[filter[order[i] * out_c + o]].
AlignedArray<uint8_t> PackFilterRows(const Conv2dShape& shape, const uint8_t* filter,
                                     const std::vector<int64_t>& order,
                                     const uint8_t (&row_of)[256]);

}  // namespace axlut
