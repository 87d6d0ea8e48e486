// SPDX-License-Identifier: MIT
// Linear algebra modulo the prime 2^61 - 1, for exact answers about integer matrices.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "lutgen/analysis/int_matrix.h"

namespace axlut {

// The rank modulo 2^61 - 1. Never more than the rank over the rationals, and less only if the prime
// divides all the largest non-zero minors: the tables' tests compare it with proven ranks.
int RankModPrime(const IntMatrix& matrix);

// As many rows as the rank, independent modulo 2^61 - 1 (and so over the rationals).
std::vector<size_t> IndependentRows(const IntMatrix& matrix);

// X with X * basis == targets, entries below 2^31 in magnitude; proved by multiplying. Empty if a
// target is no such integer combination of the rows of `basis`, or if these are dependent.
std::optional<IntMatrix> CoordinatesIn(const IntMatrix& basis, const IntMatrix& targets);

}  // namespace axlut
