// SPDX-License-Identifier: MIT
#include "lutgen/analysis/modular.h"

#include <utility>
#include <vector>

namespace axlut {
namespace {

__extension__ using uint128_t = unsigned __int128;
__extension__ using int128_t = __int128;

constexpr uint64_t kPrime = (uint64_t{1} << 61) - 1;

// Numbers modulo the prime, 0 <= x < kPrime.
uint64_t Reduced(int64_t value) {
  const int64_t rest = value % static_cast<int64_t>(kPrime);
  return static_cast<uint64_t>(rest < 0 ? rest + static_cast<int64_t>(kPrime) : rest);
}

uint64_t Add(uint64_t x, uint64_t y) {
  const uint64_t sum = x + y;
  return sum >= kPrime ? sum - kPrime : sum;
}

// 2^61 = 1, so the high part of the product is added to the low part.
uint64_t Multiply(uint64_t x, uint64_t y) {
  const uint128_t product = uint128_t{x} * y;
  return Add(static_cast<uint64_t>(product) & kPrime, static_cast<uint64_t>(product >> 61));
}

// x^(p - 2) [Fermat].
uint64_t Inverse(uint64_t x) {
  uint64_t result = 1;
  for (uint64_t exponent = kPrime - 2; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) != 0) result = Multiply(result, x);
    x = Multiply(x, x);
  }
  return result;
}

using Row = std::vector<uint64_t>;

// row -= factor * other, from column `first` on.
void Subtract(Row* row, uint64_t factor, const Row& other, size_t first) {
  const uint64_t negative = kPrime - factor;
  for (size_t i = first; i < row->size(); ++i) {
    (*row)[i] = Add((*row)[i], Multiply(negative, other[i]));
  }
}

std::vector<Row> RowsOf(const IntMatrix& matrix) {
  std::vector<Row> rows(matrix.rows, Row(matrix.columns));
  for (size_t i = 0; i < matrix.rows; ++i) {
    for (size_t j = 0; j < matrix.columns; ++j) rows[i][j] = Reduced(matrix.at(i, j));
  }
  return rows;
}

// Gauss-Jordan elimination with pivots among the first `columns` columns. The pivots' columns.
std::vector<size_t> Eliminate(std::vector<Row>* rows, size_t columns, bool upwards) {
  std::vector<size_t> pivots;
  for (size_t column = 0; column < columns && pivots.size() < rows->size(); ++column) {
    const size_t rank = pivots.size();
    size_t row = rank;
    while (row < rows->size() && (*rows)[row][column] == 0) ++row;
    if (row == rows->size()) continue;
    std::swap((*rows)[row], (*rows)[rank]);
    Row& pivot = (*rows)[rank];
    const uint64_t inverse = Inverse(pivot[column]);
    for (uint64_t& value : pivot) value = Multiply(value, inverse);
    for (size_t other = upwards ? 0 : rank + 1; other < rows->size(); ++other) {
      if (other == rank || (*rows)[other][column] == 0) continue;
      Subtract(&(*rows)[other], (*rows)[other][column], pivot, upwards ? 0 : column);
    }
    pivots.push_back(column);
  }
  return pivots;
}

bool IsProduct(const IntMatrix& x, const IntMatrix& basis, const IntMatrix& targets) {
  for (size_t i = 0; i < targets.rows; ++i) {
    for (size_t j = 0; j < targets.columns; ++j) {
      int128_t sum = 0;
      for (size_t k = 0; k < basis.rows; ++k) sum += int128_t{x.at(i, k)} * basis.at(k, j);
      if (sum != targets.at(i, j)) return false;
    }
  }
  return true;
}

}  // namespace

int RankModPrime(const IntMatrix& matrix) {
  std::vector<Row> rows = RowsOf(matrix);
  return static_cast<int>(Eliminate(&rows, matrix.columns, false).size());
}

std::vector<size_t> IndependentRows(const IntMatrix& matrix) {
  std::vector<Row> columns = RowsOf(matrix.Transposed());
  return Eliminate(&columns, matrix.rows, false);
}

std::optional<IntMatrix> CoordinatesIn(const IntMatrix& basis, const IntMatrix& targets) {
  // Eliminating [basis | 1] leaves [reduced | M] with M * basis = reduced, so M inverts the pivots'
  // columns of the basis: x = (target at the pivots) * M.
  std::vector<Row> rows = RowsOf(basis);
  for (size_t i = 0; i < rows.size(); ++i) {
    rows[i].resize(basis.columns + basis.rows, 0);
    rows[i][basis.columns + i] = 1;
  }
  const std::vector<size_t> pivots = Eliminate(&rows, basis.columns, true);
  if (pivots.size() != basis.rows) return std::nullopt;
  IntMatrix x(targets.rows, basis.rows);
  constexpr auto kLimit = int64_t{1} << 31;
  for (size_t i = 0; i < targets.rows; ++i) {
    for (size_t k = 0; k < basis.rows; ++k) {
      uint64_t sum = 0;
      for (size_t j = 0; j < pivots.size(); ++j) {
        sum = Add(sum, Multiply(Reduced(targets.at(i, pivots[j])), rows[j][basis.columns + k]));
      }
      const bool negative = sum > kPrime / 2;
      const int64_t value = static_cast<int64_t>(sum) - (negative ? int64_t{kPrime} : 0);
      if (value <= -kLimit || value >= kLimit) return std::nullopt;
      x.at(i, k) = value;
    }
  }
  if (!IsProduct(x, basis, targets)) return std::nullopt;
  return x;
}

}  // namespace axlut
