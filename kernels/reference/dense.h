// SPDX-License-Identifier: MIT
// The oracle of dense layers and matrix products.
#pragma once

#include <cstdint>

#include "kernels/lut_view.h"

namespace axlut {

// acc[m][o] = sum over k of lut(input[m][k], filter[k][o]); input is [rows][depth], filter
// [depth][out_c], acc [rows][out_c]. acc is overwritten, sums wrap as in Conv2dReference.
template <typename Acc>
void DenseReference(const LutView& lut, int64_t rows, int64_t depth, int64_t out_c,
                    const uint8_t* input, const uint8_t* filter, Acc* acc);

}  // namespace axlut
