// SPDX-License-Identifier: MIT
#include "kernels/cpu/prepared_lut.h"

#include <algorithm>

namespace axlut {

PreparedLut::PreparedLut(const LutView& lut) : view(lut) {
  const int64_t count = int64_t{1} << (lut.width_a + lut.width_b);
  const auto range = std::minmax_element(lut.products, lut.products + count);
  min = *range.first;
  max = *range.second;
}

}  // namespace axlut
