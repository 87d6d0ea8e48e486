// SPDX-License-Identifier: MIT
// A dense matrix of integers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace axlut {

struct IntMatrix {
  size_t rows = 0;
  size_t columns = 0;
  std::vector<int64_t> entries;  // [row][column]

  IntMatrix() = default;
  IntMatrix(size_t row_count, size_t column_count)
      : rows(row_count), columns(column_count), entries(row_count * column_count, 0) {}

  int64_t& at(size_t row, size_t column) { return entries[row * columns + column]; }
  int64_t at(size_t row, size_t column) const { return entries[row * columns + column]; }

  IntMatrix Transposed() const {
    IntMatrix transposed(columns, rows);
    for (size_t row = 0; row < rows; ++row) {
      for (size_t column = 0; column < columns; ++column) {
        transposed.at(column, row) = at(row, column);
      }
    }
    return transposed;
  }
};

}  // namespace axlut
