// SPDX-License-Identifier: MIT
// Walks over the indices of a dense array while up to a few strided arrays are followed: broadcast,
// reduction and padding are the same walk with different strides.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace axlut {

template <size_t N>
using Offsets = std::array<int64_t, N>;

// Calls visit(offsets) for every index of `shape` in row-major order; offsets[k] is the sum over
// d of index[d] * strides[k][d]. A shape without dimensions has one index.
template <size_t N, typename Visit>
void WalkStrided(const std::vector<int64_t>& shape,
                 const std::array<std::vector<int64_t>, N>& strides, Visit& visit,
                 Offsets<N> offsets = {}, size_t dimension = 0) {
  if (dimension == shape.size()) {
    visit(offsets);
    return;
  }
  const bool innermost = dimension + 1 == shape.size();
  for (int64_t i = 0; i < shape[dimension]; ++i) {
    if (innermost) {
      visit(offsets);
    } else {
      WalkStrided(shape, strides, visit, offsets, dimension + 1);
    }
    for (size_t k = 0; k < N; ++k) offsets[k] += strides[k][dimension];
  }
}

// Row-major strides of a dense array.
inline std::vector<int64_t> DenseStrides(const std::vector<int64_t>& shape) {
  std::vector<int64_t> strides(shape.size());
  int64_t stride = 1;
  for (size_t d = shape.size(); d-- > 0; stride *= shape[d]) strides[d] = stride;
  return strides;
}

}  // namespace axlut
