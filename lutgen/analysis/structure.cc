// SPDX-License-Identifier: MIT
#include "lutgen/analysis/structure.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>
#include <vector>

#include "kernels/plan/integer_product.h"
#include "kernels/plan/plan_builder.h"
#include "lutgen/analysis/int_matrix.h"
#include "lutgen/analysis/low_rank.h"
#include "lutgen/analysis/modular.h"

namespace axlut {
namespace {

using Entries = std::vector<int64_t>;

std::vector<Entries> RowsOf(const Entries& matrix, int width_b) {
  std::vector<Entries> rows;
  for (auto first = matrix.begin(); first != matrix.end(); first += std::ptrdiff_t{1} << width_b) {
    rows.emplace_back(first, first + (std::ptrdiff_t{1} << width_b));
  }
  return rows;
}

int CountDistinct(const std::vector<Entries>& rows) {
  return static_cast<int>(std::set<Entries>(rows.begin(), rows.end()).size());
}

int CountZero(const std::vector<Entries>& rows) {
  return static_cast<int>(std::count(rows.begin(), rows.end(), Entries(rows.front().size(), 0)));
}

MatrixStructure StructureOf(const Entries& matrix, int width_a, int width_b) {
  MatrixStructure structure;
  const auto [min, max] = std::minmax_element(matrix.begin(), matrix.end());
  structure.min = *min;
  structure.max = *max;
  for (int64_t entry : matrix) structure.gcd = std::gcd(structure.gcd, entry - *min);
  if (structure.gcd != 0) {
    for (int64_t rest = (*max - *min) / structure.gcd; rest > 0; rest >>= 8) {
      ++structure.byte_planes;
    }
  }
  IntMatrix full(size_t{1} << width_a, size_t{1} << width_b);
  full.entries = matrix;
  structure.rank = RankModPrime(full);
  structure.centred_rank = CentredRank(matrix, width_a, width_b);
  structure.classes_a = CountDistinct(RowsOf(matrix, width_b));
  structure.classes_b = CountDistinct(RowsOf(TransposedMatrix(matrix, width_a, width_b), width_a));
  structure.nibbles_a = IsSeparableByNibblesOfA(matrix, width_a, width_b);
  structure.nibbles_b = IsSeparableByNibblesOfB(matrix, width_a, width_b);
  return structure;
}

}  // namespace

TableStructure AnalyseStructure(const LutView& lut, bool is_signed_a, bool is_signed_b) {
  const Entries table(lut.products, lut.products + (size_t{1} << (lut.width_a + lut.width_b)));
  const Entries transposed = TransposedMatrix(table, lut.width_a, lut.width_b);
  const std::vector<Entries> rows = RowsOf(table, lut.width_b);
  const std::vector<Entries> columns = RowsOf(transposed, lut.width_a);
  Entries error = table;
  auto entry = error.begin();
  for (const int64_t a : OperandValues(lut.width_a, is_signed_a)) {
    for (const int64_t b : OperandValues(lut.width_b, is_signed_b)) *entry++ -= a * b;
  }
  TableStructure structure;
  structure.commutative = lut.width_a == lut.width_b && table == transposed;
  structure.zero_rows = CountZero(rows);
  structure.zero_columns = CountZero(columns);
  structure.zero_a = CountZero({rows[0]}) == 1;
  structure.zero_b = CountZero({columns[0]}) == 1;
  structure.table = StructureOf(table, lut.width_a, lut.width_b);
  structure.error = StructureOf(error, lut.width_a, lut.width_b);
  return structure;
}

}  // namespace axlut
