// SPDX-License-Identifier: MIT
// What one weight meets at consecutive output positions, as rows: the transpose of im2col.
#pragma once

#include <cstdint>

#include "kernels/conv2d.h"
#include "kernels/cpu/conv2d_kernel.h"
#include "runtime/base/parallel_for.h"

namespace axlut {

// rows[(tap * GroupInC + c) * count + p] = the code that channel c of the group has at tap `tap` of
// output position first + p, the padding's code outside the image. `rows` has room for
// Depth() * RoundUp(count, 16) codes.
void FillIm2colRows(const Conv2dShape& shape, const Conv2dInput& input, int64_t group,
                    int64_t first, int64_t count, uint8_t* rows, const ParallelFor& parallel_for);

}  // namespace axlut
