// SPDX-License-Identifier: MIT
#include "kernels/plan/integer_product.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

namespace axlut {
namespace {

// Divides by the gcd, which is returned with the sign of the first value that is not 0; 0 if all
// are.
int64_t MakePrimitive(std::vector<int64_t>* values) {
  int64_t gcd = 0;
  for (int64_t value : *values) gcd = std::gcd(gcd, value);
  if (gcd == 0) return 0;
  const auto first =
      std::find_if(values->begin(), values->end(), [](int64_t value) { return value != 0; });
  if (*first < 0) gcd = -gcd;
  for (int64_t& value : *values) value /= gcd;
  return gcd;
}

// Those of a, in a matrix whose first row and column are 0.
std::vector<IntegerProduct> SeparableBitsOfRows(const std::vector<int64_t>& centred, size_t count_a,
                                                size_t count_b) {
  std::vector<IntegerProduct> products;
  for (size_t bit = 1; bit < count_a; bit <<= 1) {
    const int64_t* step = centred.data() + bit * count_b;  // of row `bit` against row 0
    const auto adds_step = [&](size_t a) {
      const int64_t* row = centred.data() + (a & ~bit) * count_b;
      for (size_t b = 0; b < count_b; ++b) {
        if (row[bit * count_b + b] - row[b] != step[b]) return false;
      }
      return true;
    };
    size_t a = 0;
    while (a < count_a && adds_step(a)) ++a;
    if (a < count_a) continue;
    IntegerProduct product{1, std::vector<int64_t>(count_a), {step, step + count_b}};
    for (a = 0; a < count_a; ++a) product.u[a] = (a & bit) != 0 ? 1 : 0;
    if (TermsOf(product) > 0) products.push_back(std::move(product));
  }
  return products;
}

}  // namespace

std::vector<int64_t> TransposedMatrix(const std::vector<int64_t>& matrix, int width_a,
                                      int width_b) {
  const size_t count_a = size_t{1} << width_a;
  const size_t count_b = size_t{1} << width_b;
  std::vector<int64_t> transposed(matrix.size());
  for (size_t a = 0; a < count_a; ++a) {
    for (size_t b = 0; b < count_b; ++b) transposed[b * count_a + a] = matrix[a * count_b + b];
  }
  return transposed;
}

std::optional<IntegerProduct> SingleProduct(std::vector<int64_t> matrix, int width_a, int width_b) {
  const size_t count_a = size_t{1} << width_a;
  const size_t count_b = size_t{1} << width_b;
  const int64_t gcd = Centre(&matrix, width_a, width_b);
  const auto pivot =
      std::find_if(matrix.begin(), matrix.end(), [](int64_t value) { return value != 0; });
  if (pivot == matrix.end()) return std::nullopt;
  const auto index = static_cast<size_t>(pivot - matrix.begin());
  const size_t row = index / count_b;
  const size_t column = index % count_b;
  IntegerProduct product;
  for (size_t a = 0; a < count_a; ++a) product.u.push_back(matrix[a * count_b + column]);
  const auto first = matrix.begin() + static_cast<std::ptrdiff_t>(row * count_b);
  product.v.assign(first, first + static_cast<std::ptrdiff_t>(count_b));
  MakePrimitive(&product.u);
  MakePrimitive(&product.v);
  // With both factors primitive, a matrix of rank 1 is a whole multiple of their product.
  product.scale = *pivot / (product.u[row] * product.v[column]);
  for (size_t a = 0; a < count_a; ++a) {
    for (size_t b = 0; b < count_b; ++b) {
      if (matrix[a * count_b + b] != product.scale * product.u[a] * product.v[b])
        return std::nullopt;
    }
  }
  product.scale *= gcd;
  return product;
}

std::optional<std::vector<IntegerProduct>> MoebiusProducts(const std::vector<int64_t>& matrix,
                                                           int width_a, int width_b, size_t most) {
  const size_t count_a = size_t{1} << width_a;
  const size_t count_b = size_t{1} << width_b;
  std::vector<int64_t> rows = matrix;
  for (size_t bit = 1; bit < count_a; bit <<= 1) {
    for (size_t a = 0; a < count_a; ++a) {
      if ((a & bit) == 0) continue;
      int64_t* row = rows.data() + a * count_b;
      const int64_t* without = rows.data() + (a ^ bit) * count_b;
      for (size_t b = 0; b < count_b; ++b) row[b] -= without[b];
    }
  }
  std::map<std::vector<int64_t>, std::vector<int64_t>> u_of;  // by primitive v with v[0] = 0
  for (size_t set = 1; set < count_a; ++set) {
    const auto first = rows.begin() + static_cast<std::ptrdiff_t>(set * count_b);
    std::vector<int64_t> v(first, first + static_cast<std::ptrdiff_t>(count_b));
    for (size_t b = count_b; b-- > 0;) v[b] -= v[0];
    const int64_t multiple = MakePrimitive(&v);
    if (multiple == 0) continue;
    std::vector<int64_t>& u = u_of[std::move(v)];
    if (u_of.size() > most) return std::nullopt;
    u.resize(count_a, 0);
    for (size_t a = set; a < count_a; ++a) {
      if ((a & set) == set) u[a] += multiple;
    }
  }
  std::vector<IntegerProduct> products;
  for (auto& [v, u] : u_of) {
    IntegerProduct product{1, std::move(u), v};
    if (TermsOf(product) > 0) products.push_back(std::move(product));
  }
  return products;
}

std::optional<std::vector<IntegerProduct>> MoebiusProductsOfB(const std::vector<int64_t>& matrix,
                                                              int width_a, int width_b,
                                                              size_t most) {
  auto products =
      MoebiusProducts(TransposedMatrix(matrix, width_a, width_b), width_b, width_a, most);
  if (!products) return std::nullopt;
  for (IntegerProduct& product : *products) std::swap(product.u, product.v);
  return products;
}

std::vector<IntegerProduct> SeparableBits(const std::vector<int64_t>& matrix, int width_a,
                                          int width_b) {
  const size_t count_a = size_t{1} << width_a;
  const size_t count_b = size_t{1} << width_b;
  std::vector<int64_t> centred = matrix;
  const int64_t gcd = Centre(&centred, width_a, width_b);
  std::vector<IntegerProduct> products = SeparableBitsOfRows(centred, count_a, count_b);
  for (IntegerProduct& product :
       SeparableBitsOfRows(TransposedMatrix(centred, width_a, width_b), count_b, count_a)) {
    std::swap(product.u, product.v);
    products.push_back(std::move(product));
  }
  for (IntegerProduct& product : products) product.scale = gcd;
  return products;
}

}  // namespace axlut
