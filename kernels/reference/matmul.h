// SPDX-License-Identifier: MIT
// The oracle of batched matrix products.
#pragma once

#include <cstdint>

#include "kernels/lut_view.h"
#include "kernels/matmul.h"

namespace axlut {

// acc[i][y][x] = sum over k of lut(A[i][y][k], B[i][k][x]), however A and B are stored. acc is
// overwritten, sums wrap as in Conv2dReference.
template <typename Acc>
void MatmulReference(const LutView& lut, const MatmulShape& shape, const uint8_t* a,
                     const uint8_t* b, Acc* acc);

}  // namespace axlut
