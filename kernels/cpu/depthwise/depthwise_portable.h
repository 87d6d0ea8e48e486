// SPDX-License-Identifier: MIT
// Depthwise sums without any particular instruction set, by vectors of four 32-bit words.
#pragma once

#include "kernels/cpu/depthwise/depthwise_method.h"

namespace axlut {

// Lanes of a tile that pay for expanded tables (Zen 4: about 1000 cycles for a 3x3 filter, against
// 1.1 saved per product).
inline constexpr int64_t kMinExpandedLanes = 128;

extern const DepthwiseMethod kDepthwisePortable;

}  // namespace axlut
