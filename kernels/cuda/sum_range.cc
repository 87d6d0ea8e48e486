// SPDX-License-Identifier: MIT
#include "kernels/cuda/sum_range.h"

#include <algorithm>
#include <limits>

#include "kernels/ceil_div.h"

namespace axlut {

bool SumsFitInt32(const GpuTable& table, int64_t depth, bool subtract_zero_points) {
  // Beside the product: zero_a * zero_b - zero_b * a - zero_a * b, which is linear in each of the
  // four, so its extremes are at corners: 255 * 255 for unsigned bytes, less for signed ones.
  const int64_t correction = subtract_zero_points ? int64_t{255} * 255 : 0;
  const int64_t product =
      std::max(-int64_t{table.min_product()}, int64_t{table.max_product()}) + correction;
  return depth <= std::numeric_limits<int32_t>::max() / std::max<int64_t>(product, 1);
}

size_t SumsWorkspaceBytes(int64_t sums) {
  constexpr int64_t kAlignment = 256;
  return static_cast<size_t>(RoundUp(sums * int64_t{sizeof(int64_t)}, kAlignment));
}

GpuCall WithSumsInWorkspace(const GpuCall& call, int64_t sums) {
  GpuCall integers = call;
  integers.sum = GpuSum::kInt64;
  integers.out = call.workspace;
  integers.workspace = static_cast<uint8_t*>(call.workspace) + SumsWorkspaceBytes(sums);
  return integers;
}

}  // namespace axlut
