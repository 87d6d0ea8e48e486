// SPDX-License-Identifier: MIT
// Exact low-rank factorisation of a table in integers: matrix = f(a) + g(b) + sum_t u_t(a) v_t(b).
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/plan/plan_builder.h"

namespace axlut {

struct LowRankParams {
  // Above this rank no lattice basis is sought: the bit products alone are offered. Lattice
  // reduction takes time of the fourth power, and so many terms beat no lookup.
  int max_lattice_rank = 64;
  // The same for tables without any dependent rows: no basis has fewer vectors than they have rows.
  int max_full_rank = 16;
};

// One exact factorisation.
struct Factorisation {
  std::vector<IntegerProduct> products;
  int terms = 0;  // uint8 x int8 terms that the products need
};

// Rank of `matrix` but for f(a) + g(b).
int CentredRank(const std::vector<int64_t>& matrix, int width_a, int width_b);

// Exact factorisations of `matrix`, fewest terms first, never empty: over the bits of a and of b,
// and from short bases of the lattices of its rows and of its columns.
std::vector<Factorisation> Factorise(const std::vector<int64_t>& matrix, int width_a, int width_b,
                                     const LowRankParams& params = {});

}  // namespace axlut
