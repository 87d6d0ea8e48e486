// SPDX-License-Identifier: MIT
// A table in the forms that the CPU kernels read, made once per table.
#pragma once

#include <cstdint>
#include <mutex>

#include "kernels/cpu/aligned_array.h"
#include "kernels/lut_view.h"

namespace axlut {

// Which operand names the row that is kept at hand while the other one's codes index into it.
enum class RowOperand : uint8_t { kA = 0, kB = 1 };

// T - min, cut into one row per code of the row operand.
struct LookupRows {
  AlignedArray<uint8_t> storage;
  const uint8_t* data = nullptr;
  int64_t row_bytes = 0;   // from one row to the next
  int64_t row_length = 0;  // entries of a row
  int planes = 0;          // bytes of an entry
  uint8_t row_mask = 0;    // of the row operand's codes: bits above its width do not count
};

class PreparedLut {
 public:
  // The products must outlive this.
  explicit PreparedLut(const LutView& lut);

  const LutView& view() const { return view_; }
  int32_t min() const { return min_; }
  int32_t max() const { return max_; }
  // max - min: what has to fit an unsigned entry of the forms below.
  uint32_t range() const { return static_cast<uint32_t>(max_) - static_cast<uint32_t>(min_); }

  // The forms are made when first asked for; any thread may ask.

  // Rows of 256 entries, so that any byte can index: uint16_t if range() < 65536, else uint32_t.
  const LookupRows& Words(RowOperand rows) const;
  // Rows of 1 or 2 byte planes, each row_length bytes: the low byte of every entry, then the high
  // byte. row_length is 64, 128 or 256, at least 2^width of the index; an index counts modulo
  // row_length. Needs range() < 65536.
  const LookupRows& BytePlanes(RowOperand rows) const;

 private:
  struct Lazy {
    std::once_flag once;
    LookupRows rows;
  };
  uint32_t Entry(RowOperand rows, uint32_t row, uint32_t index) const;

  LutView view_;
  int32_t min_ = 0;
  int32_t max_ = 0;
  mutable Lazy words_[2];
  mutable Lazy byte_planes_[2];
};

}  // namespace axlut
