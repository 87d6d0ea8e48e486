// SPDX-License-Identifier: MIT
#include "kernels/cpu/prepared_lut.h"

#include <algorithm>
#include <cstring>

namespace axlut {

PreparedLut::PreparedLut(const LutView& lut) : view_(lut) {
  const int64_t count = int64_t{1} << (lut.width_a + lut.width_b);
  const auto range = std::minmax_element(lut.products, lut.products + count);
  min_ = *range.first;
  max_ = *range.second;
}

uint32_t PreparedLut::Entry(RowOperand rows, uint32_t row, uint32_t index) const {
  const auto a = static_cast<uint8_t>(rows == RowOperand::kA ? row : index);
  const auto b = static_cast<uint8_t>(rows == RowOperand::kA ? index : row);
  return static_cast<uint32_t>(view_.At(a, b)) - static_cast<uint32_t>(min_);
}

const LookupRows& PreparedLut::Words(RowOperand operand) const {
  Lazy& lazy = words_[static_cast<int>(operand)];
  std::call_once(lazy.once, [&] {
    LookupRows& rows = lazy.rows;
    const int width = operand == RowOperand::kA ? view_.width_a : view_.width_b;
    rows.planes = range() < 65536 ? 2 : 4;
    rows.row_length = 256;
    rows.row_bytes = 256 * rows.planes;
    rows.row_mask = static_cast<uint8_t>((1 << width) - 1);
    rows.storage = AlignedArray<uint8_t>(rows.row_bytes << width);
    rows.data = rows.storage.data();
    uint8_t* out = rows.storage.data();
    for (uint32_t row = 0; row < (1u << width); ++row) {
      for (uint32_t index = 0; index < 256; ++index, out += rows.planes) {
        const uint32_t entry = Entry(operand, row, index);
        const auto narrow = static_cast<uint16_t>(entry);
        if (rows.planes == 2) {
          std::memcpy(out, &narrow, sizeof narrow);
        } else {
          std::memcpy(out, &entry, sizeof entry);
        }
      }
    }
  });
  return lazy.rows;
}

const LookupRows& PreparedLut::BytePlanes(RowOperand operand) const {
  Lazy& lazy = byte_planes_[static_cast<int>(operand)];
  std::call_once(lazy.once, [&] {
    LookupRows& rows = lazy.rows;
    const bool by_a = operand == RowOperand::kA;
    const int width = by_a ? view_.width_a : view_.width_b;
    const int index_width = by_a ? view_.width_b : view_.width_a;
    rows.planes = range() < 256 ? 1 : 2;
    rows.row_length = std::max(64, 1 << index_width);
    rows.row_bytes = rows.planes * rows.row_length;
    rows.row_mask = static_cast<uint8_t>((1 << width) - 1);
    rows.storage = AlignedArray<uint8_t>(rows.row_bytes << width);
    rows.data = rows.storage.data();
    uint8_t* out = rows.storage.data();
    for (uint32_t row = 0; row < (1u << width); ++row) {
      for (int plane = 0; plane < rows.planes; ++plane) {
        for (uint32_t index = 0; index < rows.row_length; ++index) {
          *out++ = static_cast<uint8_t>(Entry(operand, row, index) >> (8 * plane));
        }
      }
    }
  });
  return lazy.rows;
}

}  // namespace axlut
