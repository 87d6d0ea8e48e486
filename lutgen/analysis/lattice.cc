// SPDX-License-Identifier: MIT
#include "lutgen/analysis/lattice.h"

#include <flint/fmpz_lll.h>
#include <flint/fmpz_mat.h>

#include <vector>

#include "lutgen/analysis/modular.h"

namespace axlut {
namespace {

// fmpz_mat_t with a destructor.
class FlintMatrix {
 public:
  FlintMatrix(size_t rows, size_t columns) {
    fmpz_mat_init(matrix_, static_cast<slong>(rows), static_cast<slong>(columns));
  }
  ~FlintMatrix() { fmpz_mat_clear(matrix_); }
  FlintMatrix(const FlintMatrix&) = delete;
  FlintMatrix& operator=(const FlintMatrix&) = delete;

  fmpz* at(size_t row, size_t column) {
    return fmpz_mat_entry(matrix_, static_cast<slong>(row), static_cast<slong>(column));
  }
  fmpz_mat_struct* get() { return matrix_; }

 private:
  fmpz_mat_t matrix_;
};

// w = n * v - sum(v) has mean 0, and v[j] = (w[j] - w[0]) / n gives the row back.
void PutWithoutMeans(const IntMatrix& rows, FlintMatrix* result) {
  const auto n = static_cast<int64_t>(rows.columns);
  for (size_t i = 0; i < rows.rows; ++i) {
    int64_t sum = 0;
    for (size_t j = 0; j < rows.columns; ++j) sum += rows.at(i, j);
    for (size_t j = 0; j < rows.columns; ++j) {
      fmpz_set_si(result->at(i, j), rows.at(i, j) * n - sum);
    }
  }
}

// LLL on the first `rank` rows, which are independent; without their means' removal.
IntMatrix Reduced(FlintMatrix* rows, size_t rank, size_t columns) {
  fmpz_mat_t window;
  fmpz_mat_window_init(window, rows->get(), 0, 0, static_cast<slong>(rank),
                       static_cast<slong>(columns));
  fmpz_lll_t context;
  fmpz_lll_context_init_default(context);
  fmpz_lll(window, nullptr, context);
  fmpz_mat_window_clear(window);
  const auto n = static_cast<int64_t>(columns);
  IntMatrix basis(rank, columns);
  for (size_t i = 0; i < rank; ++i) {
    const int64_t first = fmpz_get_si(rows->at(i, 0));
    for (size_t j = 0; j < columns; ++j) {
      basis.at(i, j) = (fmpz_get_si(rows->at(i, j)) - first) / n;
    }
  }
  return basis;
}

}  // namespace

IntMatrix ReducedBasis(const IntMatrix& generators) {
  const std::vector<size_t> independent = IndependentRows(generators);
  const size_t rank = independent.size();
  const size_t columns = generators.columns;
  if (rank == 0) return IntMatrix(0, columns);
  IntMatrix chosen(rank, columns);
  for (size_t i = 0; i < rank; ++i) {
    for (size_t j = 0; j < columns; ++j) chosen.at(i, j) = generators.at(independent[i], j);
  }
  FlintMatrix rows(rank, columns);
  PutWithoutMeans(chosen, &rows);
  IntMatrix basis = Reduced(&rows, rank, columns);
  // Most often these rows span the others, too. FLINT reduces independent rows only; where the
  // others add to the lattice, the non-zero rows of the Hermite normal form are independent
  // generators, but long ones.
  if (CoordinatesIn(basis, generators)) return basis;
  FlintMatrix all(generators.rows, columns);
  PutWithoutMeans(generators, &all);
  fmpz_mat_hnf(all.get(), all.get());
  return Reduced(&all, rank, columns);
}

}  // namespace axlut
