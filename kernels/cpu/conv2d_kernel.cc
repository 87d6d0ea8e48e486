// SPDX-License-Identifier: MIT
#include "kernels/cpu/conv2d_kernel.h"

#include <algorithm>

namespace axlut {

Conv2dCorrection::Conv2dCorrection(const Conv2dShape& shape, const Conv2dWeights& weights)
    : bias(static_cast<size_t>(shape.out_c)),
      code_flip(weights.code_flip),
      add_to_acc(weights.add_to_acc) {
  if (weights.bias != nullptr) bias.assign(weights.bias, weights.bias + shape.out_c);
  if (weights.code_factor == nullptr) return;
  code_factor.assign(weights.code_factor, weights.code_factor + shape.out_c);
  const auto is_zero = [](int32_t factor) { return factor == 0; };
  if (std::all_of(code_factor.begin(), code_factor.end(), is_zero)) code_factor.clear();
}

}  // namespace axlut
