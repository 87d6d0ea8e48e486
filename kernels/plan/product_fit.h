// SPDX-License-Identifier: MIT
// Approximate products: s * u(a) * v(b), u and v of at most 256 steps, that leave a residual of
// small range. What is the same for two operand values stays the same in the residual, so it has no
// more classes than the matrix.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/plan/plan_builder.h"

namespace axlut {

struct FitParams {
  int roundings = 3;      // of the singular pair, 1..3
  int refine_passes = 6;  // of RefineProduct on each
};

// Fits to `matrix` but for f(a) + g(b), whose gcd also divides each scale: the dominant singular
// pair, rounded to integers with as many steps for u as for v, with more for u, or for v, then
// improved by RefineProduct; different ones only. Empty if the matrix needs no product.
std::vector<IntegerProduct> FitProducts(const std::vector<int64_t>& matrix, int width_a,
                                        int width_b, const FitParams& params = {});

// Changes u and v, in turn and by whole steps, as long as that makes the range of
// matrix - f(a) - g(b) - product smaller, at most `passes` times.
void RefineProduct(const std::vector<int64_t>& matrix, int width_a, int width_b, int passes,
                   IntegerProduct* product);

}  // namespace axlut
