// SPDX-License-Identifier: MIT
// The filter with the products of one output channel side by side.
#pragma once

#include <cstdint>

#include "kernels/conv2d.h"
#include "kernels/cpu/aligned_array.h"

namespace axlut {

// rows[o * Depth() + k] = filter[k * out_c + o] & mask.
AlignedArray<uint8_t> PackFilterRows(const Conv2dShape& shape, const uint8_t* filter, uint8_t mask);

}  // namespace axlut
