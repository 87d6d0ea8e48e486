// SPDX-License-Identifier: MIT
// Truth table of a two-operand multiplier: one product for every operand pair.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/table/operand_spec.h"

namespace axlut {

// Widest operand of a stored table, in bits: a 12x12 table has 2^24 entries.
inline constexpr int kMaxStoredOperandWidth = 12;

// `a` is the row operand (in a network: the activation), `b` the column operand (the weight).
// Entry (a, b) is stored at (a << width_b) | b, where a and b are raw bit patterns, not numeric
// values: for signed 8-bit operands the pair (-1, 2) is entry 0xFF02. Products are numeric values.
class TruthTable {
 public:
  // Takes products in storage order. kInvalidInput unless there are exactly
  // 2^(a.width + b.width) of them, widths are 1..12 (operands) and 1..32 (product), and every
  // product is a value of `product`. A product wider than 31 bits unsigned has no int32_t value
  // and is kUnsupported.
  static Result<TruthTable> Create(OperandSpec a, OperandSpec b, OperandSpec product,
                                   std::vector<int32_t> products);

  const OperandSpec& a() const { return a_; }
  const OperandSpec& b() const { return b_; }
  const OperandSpec& product() const { return product_; }

  // Product for raw bit patterns a < 2^width_a, b < 2^width_b (not checked).
  int32_t ProductAt(uint32_t a, uint32_t b) const { return products_[(a << b_.width) | b]; }
  const std::vector<int32_t>& products() const { return products_; }

  // True if T[a][b] == T[b][a] for all bit patterns (which needs equal operand specs).
  bool IsCommutative() const;
  // The table with the operands' roles swapped: entry (b, a) of the result is entry (a, b) here.
  TruthTable Transposed() const;

  friend bool operator==(const TruthTable& l, const TruthTable& r) {
    return l.a_ == r.a_ && l.b_ == r.b_ && l.product_ == r.product_ && l.products_ == r.products_;
  }
  friend bool operator!=(const TruthTable& l, const TruthTable& r) { return !(l == r); }

 private:
  TruthTable(OperandSpec a, OperandSpec b, OperandSpec product, std::vector<int32_t> products)
      : a_(a), b_(b), product_(product), products_(std::move(products)) {}

  OperandSpec a_;
  OperandSpec b_;
  OperandSpec product_;
  std::vector<int32_t> products_;
};

// The table of these products, in storage order. The product is as wide as both operands together,
// or as many bits more as the products need; signed if an operand is or a product is negative.
// kInvalidInput for widths outside 1..12 and another number of products than 2^(a.width + b.width).
Result<TruthTable> TableOfProducts(OperandSpec a, OperandSpec b, std::vector<int32_t> products);

// The exact multiplier's table: products are width_a + width_b bits wide, signed if either
// operand is. kInvalidInput for widths outside 1..12.
Result<TruthTable> ExactTable(OperandSpec a, OperandSpec b);

}  // namespace axlut
