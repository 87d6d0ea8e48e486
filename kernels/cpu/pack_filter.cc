// SPDX-License-Identifier: MIT
#include "kernels/cpu/pack_filter.h"

#include <algorithm>

#include "kernels/cpu/window.h"

namespace axlut {
namespace {

bool IsIdentity(const uint8_t (&map)[256]) {
  for (int code = 0; code < 256; ++code) {
    if (map[code] != code) return false;
  }
  return true;
}

}  // namespace

std::vector<int64_t> ProductOrder(const Conv2dShape& shape, int64_t block_channels) {
  const int64_t in_c = shape.GroupInC();
  std::vector<int64_t> order;
  order.reserve(static_cast<size_t>(shape.Depth()));
  for (int64_t first = 0; first < in_c; first += block_channels) {
    const int64_t last = std::min(in_c, first + block_channels);
    for (int64_t tap = 0; tap < shape.kernel_h * shape.kernel_w; ++tap) {
      for (int64_t c = first; c < last; ++c) order.push_back(tap * in_c + c);
    }
  }
  return order;
}

AlignedArray<uint8_t> PackFilterRows(const Conv2dShape& shape, const uint8_t* filter,
                                     const std::vector<int64_t>& order,
                                     const uint8_t (&row_of)[256]) {
  const int64_t depth = shape.Depth();
  AlignedArray<uint8_t> rows(shape.FilterCount());
  int64_t k = 0;
  for (; k + 16 <= depth; k += 16) {
    const uint8_t* pointers[16];
    for (int64_t i = 0; i < 16; ++i) {
      pointers[i] = filter + order[static_cast<size_t>(k + i)] * shape.out_c;
    }
    TransposeCodes(pointers, 16, 0, shape.out_c, rows.data() + k, depth);
  }
  for (; k < depth; ++k) {
    for (int64_t o = 0; o < shape.out_c; ++o) {
      rows.data()[o * depth + k] = filter[order[static_cast<size_t>(k)] * shape.out_c + o];
    }
  }
  if (!IsIdentity(row_of)) {
    uint8_t* const codes = rows.data();
    const int64_t count = shape.FilterCount();
    for (int64_t i = 0; i < count; ++i) codes[i] = row_of[codes[i]];
  }
  return rows;
}

}  // namespace axlut
