// SPDX-License-Identifier: MIT
#include "kernels/cpu/pack_filter.h"

#include "kernels/cpu/window.h"

namespace axlut {

AlignedArray<uint8_t> PackFilterRows(const Conv2dShape& shape, const uint8_t* filter,
                                     uint8_t mask) {
  const int64_t depth = shape.Depth();
  AlignedArray<uint8_t> rows(shape.FilterCount());
  int64_t k = 0;
  for (; k + 16 <= depth; k += 16) {
    const uint8_t* pointers[16];
    for (int64_t i = 0; i < 16; ++i) pointers[i] = filter + (k + i) * shape.out_c;
    TransposeCodes(pointers, 16, shape.out_c, rows.data() + k, depth);
  }
  for (; k < depth; ++k) {
    for (int64_t o = 0; o < shape.out_c; ++o) {
      rows.data()[o * depth + k] = filter[k * shape.out_c + o];
    }
  }
  for (int64_t i = 0; i < shape.FilterCount(); ++i) rows.data()[i] &= mask;
  return rows;
}

}  // namespace axlut
