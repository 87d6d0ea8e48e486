// SPDX-License-Identifier: MIT
// Exact factorisations that need no search: of rank 1, and over the bits of one operand. Both treat
// functions of one operand alone as nothing, because a plan's offsets hold them at no cost.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "kernels/plan/plan_builder.h"

namespace axlut {

// [b << width_a | a] of [a << width_b | b].
std::vector<int64_t> TransposedMatrix(const std::vector<int64_t>& matrix, int width_a, int width_b);

// The one product that `matrix` is but for f(a) + g(b). Empty if it needs none, or more than one.
std::optional<IntegerProduct> SingleProduct(std::vector<int64_t> matrix, int width_a, int width_b);

// Moebius transform over the bits of a: matrix = f(a) + g(b) + sum over bit sets S of U_S(a) V_S(b)
// with U_S(a) the product of the bits of a in S and
// V_S(b) = sum over R subset of S of (-1)^|S \ R| matrix[R][b].
// Sets whose V are proportional are merged, so circuits that treat bits alike give few products.
// Empty if there are more than `most` products.
std::optional<std::vector<IntegerProduct>> MoebiusProducts(const std::vector<int64_t>& matrix,
                                                           int width_a, int width_b,
                                                           size_t most = 256);
// The same over the bits of b.
std::optional<std::vector<IntegerProduct>> MoebiusProductsOfB(const std::vector<int64_t>& matrix,
                                                              int width_a, int width_b,
                                                              size_t most = 256);

// For every bit of a that adds V(b) to the matrix whatever the other bits are, and every such bit
// of b: the product bit(a) * V(b). Taking one out halves the rows that differ.
std::vector<IntegerProduct> SeparableBits(const std::vector<int64_t>& matrix, int width_a,
                                          int width_b);

}  // namespace axlut
