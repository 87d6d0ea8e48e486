// SPDX-License-Identifier: MIT
// Depthwise sums without any particular instruction set, by vectors of four 32-bit words.
#pragma once

#include "kernels/cpu/depthwise_method.h"

namespace axlut {

extern const DepthwiseMethod kDepthwisePortable;

}  // namespace axlut
