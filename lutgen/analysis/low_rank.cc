// SPDX-License-Identifier: MIT
#include "lutgen/analysis/low_rank.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

#include "kernels/plan/integer_product.h"
#include "lutgen/analysis/int_matrix.h"
#include "lutgen/analysis/lattice.h"
#include "lutgen/analysis/modular.h"

namespace axlut {
namespace {

// Distinct vectors share a class; 0 is the first vector's class.
struct Classes {
  std::vector<size_t> of;              // by index
  std::vector<size_t> representative;  // by class
};

Classes RowClasses(const IntMatrix& matrix) {
  Classes classes;
  std::map<std::vector<int64_t>, size_t> known;
  for (size_t row = 0; row < matrix.rows; ++row) {
    const auto first = matrix.entries.begin() + static_cast<std::ptrdiff_t>(row * matrix.columns);
    const auto [found, is_new] = known.emplace(
        std::vector<int64_t>(first, first + static_cast<std::ptrdiff_t>(matrix.columns)),
        classes.representative.size());
    if (is_new) classes.representative.push_back(row);
    classes.of.push_back(found->second);
  }
  return classes;
}

// The centred matrix, divided by its gcd, without repeated rows and columns.
struct Core {
  IntMatrix matrix;
  Classes rows;
  Classes columns;
  int64_t gcd = 0;
};

Core CoreOf(std::vector<int64_t> entries, int width_a, int width_b) {
  Core core;
  core.gcd = Centre(&entries, width_a, width_b);
  IntMatrix full(size_t{1} << width_a, size_t{1} << width_b);
  full.entries = std::move(entries);
  core.rows = RowClasses(full);
  core.columns = RowClasses(full.Transposed());
  core.matrix = IntMatrix(core.rows.representative.size(), core.columns.representative.size());
  for (size_t i = 0; i < core.matrix.rows; ++i) {
    for (size_t j = 0; j < core.matrix.columns; ++j) {
      core.matrix.at(i, j) = full.at(core.rows.representative[i], core.columns.representative[j]);
    }
  }
  return core;
}

// matrix = u * v, u and v with a column and a row per product.
struct Factors {
  IntMatrix u;  // [row of the matrix][product]
  IntMatrix v;  // [product][column of the matrix]
};

// What a factor's range costs: the bytes, and between them a slope that a search can follow.
double FactorBits(const std::vector<int64_t>& values) {
  const auto [min, max] = std::minmax_element(values.begin(), values.end());
  int64_t gcd = 0;
  for (int64_t value : values) gcd = std::gcd(gcd, value - *min);
  return gcd == 0 ? 0 : std::log2(static_cast<double>((*max - *min) / gcd + 1));
}

double PairCost(const IntegerProduct& product) {
  const double excess =
      std::max(0.0, FactorBits(product.u) - 8) + std::max(0.0, FactorBits(product.v) - 8);
  return TermsOf(product) + 0.1 * excess;
}

// Adds multiples of factors to each other, which leaves the sum of the products as it is:
// u_i v_i + u_j v_j = u_i (v_i + k v_j) + (u_j - k u_i) v_j, as long as the factors get smaller.
void BalanceFactors(std::vector<IntegerProduct>* products) {
  constexpr int kSweeps = 8;
  std::vector<double> cost;
  for (const IntegerProduct& product : *products) cost.push_back(PairCost(product));
  bool improved = true;
  for (int sweep = 0; sweep < kSweeps && improved; ++sweep) {
    improved = false;
    for (size_t i = 0; i < products->size(); ++i) {
      for (size_t j = 0; j < products->size(); ++j) {
        // A pair that is as cheap as can be has nothing to gain.
        if (i == j || cost[i] + cost[j] <= 2) continue;
        for (const int64_t k : {1, -1, 2, -2, 4, -4, 16, -16, 256, -256}) {
          IntegerProduct changed_i = (*products)[i];
          IntegerProduct changed_j = (*products)[j];
          for (size_t b = 0; b < changed_i.v.size(); ++b) changed_i.v[b] += k * changed_j.v[b];
          for (size_t a = 0; a < changed_j.u.size(); ++a) changed_j.u[a] -= k * changed_i.u[a];
          const double cost_i = PairCost(changed_i);
          const double cost_j = PairCost(changed_j);
          if (cost_i + cost_j >= cost[i] + cost[j] - 1e-6) continue;
          (*products)[i] = std::move(changed_i);
          (*products)[j] = std::move(changed_j);
          cost[i] = cost_i;
          cost[j] = cost_j;
          improved = true;
        }
      }
    }
  }
}

Factorisation Counted(std::vector<IntegerProduct> products) {
  Factorisation factorisation;
  for (const IntegerProduct& product : products) factorisation.terms += TermsOf(product);
  factorisation.products = std::move(products);
  return factorisation;
}

// From a short basis of the rows' lattice: v are its vectors, u the rows' coordinates.
std::optional<Factors> LatticeFactors(const IntMatrix& matrix, const IntMatrix& generators) {
  Factors factors;
  factors.v = ReducedBasis(generators);
  std::optional<IntMatrix> u = CoordinatesIn(factors.v, matrix);
  if (!u) return std::nullopt;
  factors.u = *std::move(u);
  return factors;
}

// The factors of the core as functions of the operands' bit patterns.
std::vector<IntegerProduct> Expand(const Factors& factors, const Core& core) {
  std::vector<IntegerProduct> products(factors.v.rows);
  for (size_t t = 0; t < products.size(); ++t) {
    products[t].scale = core.gcd;
    for (const size_t row : core.rows.of) products[t].u.push_back(factors.u.at(row, t));
    for (const size_t column : core.columns.of) products[t].v.push_back(factors.v.at(t, column));
  }
  return products;
}

}  // namespace

int CentredRank(const std::vector<int64_t>& matrix, int width_a, int width_b) {
  return RankModPrime(CoreOf(matrix, width_a, width_b).matrix);
}

std::vector<Factorisation> Factorise(const std::vector<int64_t>& matrix, int width_a, int width_b,
                                     const LowRankParams& params) {
  std::vector<Factorisation> found;
  found.push_back(Counted(*MoebiusProducts(matrix, width_a, width_b)));
  found.push_back(Counted(*MoebiusProductsOfB(matrix, width_a, width_b)));
  const Core core = CoreOf(matrix, width_a, width_b);
  const int rank = RankModPrime(core.matrix);
  const auto full_rank = static_cast<int>(std::min(core.matrix.rows, core.matrix.columns)) - 1;
  const int limit = rank < full_rank ? params.max_lattice_rank : params.max_full_rank;
  if (rank > 0 && rank <= limit) {
    const auto add = [&](std::optional<Factors> factors) {
      if (!factors) return;
      std::vector<IntegerProduct> products = Expand(*factors, core);
      BalanceFactors(&products);
      found.push_back(Counted(std::move(products)));
    };
    add(LatticeFactors(core.matrix, core.matrix));
    const IntMatrix transposed = core.matrix.Transposed();
    if (std::optional<Factors> columns = LatticeFactors(transposed, transposed)) {
      add(Factors{columns->v.Transposed(), columns->u.Transposed()});
    }
  }
  std::stable_sort(found.begin(), found.end(), [](const Factorisation& l, const Factorisation& r) {
    return l.terms < r.terms;
  });
  return found;
}

}  // namespace axlut
