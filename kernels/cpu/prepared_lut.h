// SPDX-License-Identifier: MIT
// A table, or what a plan leaves of it, in the forms that the CPU kernels read: made once.
#pragma once

#include <cstdint>
#include <mutex>

#include "kernels/cpu/aligned_array.h"
#include "kernels/lut_view.h"
#include "kernels/plan/plan.h"

namespace axlut {

// Which operand names the row that is kept at hand while the other one's codes index into it.
enum class RowOperand : uint8_t { kA = 0, kB = 1 };

// Entries of PreparedLut, cut into one row per class of the row operand. Kernels replace codes by
// row numbers and indices once, where they pack them; bits above an operand's width do not count.
struct LookupRows {
  AlignedArray<uint8_t> storage;
  const uint8_t* data = nullptr;
  int64_t row_bytes = 0;       // from one row to the next
  int64_t row_length = 0;      // entries of a row
  int64_t index_count = 0;     // how many of them can be indexed
  int planes = 0;              // bytes of an entry; 0: the table has no such form
  uint8_t plane_max[4] = {};   // largest value of each byte, from the low one up
  uint8_t row_of[256] = {};    // by code of the row operand
  uint8_t index_of[256] = {};  // by code of the other operand
  bool index_is_code = false;  // any code may index as it is: rows repeat
};

// Either source gives product(a, b) = min() + scale() * entry with 0 <= entry <= range().
class PreparedLut {
 public:
  // The products must outlive this. scale() is 1.
  explicit PreparedLut(const LutView& lut);
  // The residual must outlive this, and be valid (FindPlanError). min() is 0.
  PreparedLut(const PlanResidual& residual, int width_a, int width_b);

  bool is_residual() const { return residual_ != nullptr; }
  // Widths in either case; products of a table only.
  const LutView& view() const { return view_; }
  int32_t min() const { return min_; }
  int32_t scale() const { return scale_; }
  // What has to fit an unsigned entry of the forms below: max - min of a table.
  uint32_t range() const { return range_; }
  // Of a table: its largest product.
  int64_t max() const { return int64_t{min_} + range_; }

  // The forms are made when first asked for; any thread may ask.

  // Rows of 256 entries, so that any byte can index: uint16_t if range() < 65536, else uint32_t.
  const LookupRows& Words(RowOperand rows) const;
  // Rows of 1 or 2 byte planes, each row_length bytes: the low byte of every entry, then the high
  // byte. row_length is 64, 128 or 256, at least index_count. Needs range() < 65536.
  const LookupRows& BytePlanes(RowOperand rows) const;
  // For tables that are separable by nibbles of the index: entry = P[row][code >> 4] + Q[row][code
  // & 15]. Per plane a row has 16 bytes of P and 16 bytes of Q, whose sum fits a byte: the entry
  // itself in one plane if range() < 256, else in two planes the parts below and above
  // kNibblePlaneShift bits. No planes if that cannot be.
  static constexpr int kNibblePlaneShift = 7;
  const LookupRows& NibblePlanes(RowOperand rows) const;

 private:
  struct Lazy {
    std::once_flag once;
    LookupRows rows;
  };
  uint32_t Entry(RowOperand rows, uint32_t row, uint32_t index) const;
  // Fills everything but storage, data, row_bytes, row_length and planes; returns the rows' number.
  int64_t MapCodes(RowOperand operand, LookupRows* rows) const;

  LutView view_;
  const PlanResidual* residual_ = nullptr;
  int32_t min_ = 0;
  int32_t scale_ = 1;
  uint32_t range_ = 0;
  mutable Lazy words_[2];
  mutable Lazy byte_planes_[2];
  mutable Lazy nibble_planes_[2];
};

}  // namespace axlut
