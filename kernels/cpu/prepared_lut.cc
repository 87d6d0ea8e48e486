// SPDX-License-Identifier: MIT
#include "kernels/cpu/prepared_lut.h"

#include <algorithm>
#include <cstring>

namespace axlut {
namespace {

// entry = parts[0][code >> 4] + parts[1][code & 15].
using NibbleParts = uint32_t[2][16];

// False if the entries of a row are no such sum.
bool SplitByNibbles(const uint32_t (&entries)[256], NibbleParts* parts) {
  auto& [high, low] = *parts;
  for (size_t i = 0; i < 16; ++i)
    high[i] = *std::min_element(entries + 16 * i, entries + 16 * i + 16);
  for (size_t i = 0; i < 16; ++i) low[i] = entries[i] - high[0];
  for (size_t code = 0; code < 256; ++code) {
    if (entries[code] != high[code >> 4] + low[code & 15]) return false;
  }
  return true;
}

// Writes a row of NibblePlanes, raises plane_max. False if a sum of two bytes may exceed a byte.
bool StoreNibbles(const NibbleParts& parts, int planes, uint8_t* out, uint8_t* plane_max) {
  constexpr uint32_t kLowMask = (1 << PreparedLut::kNibblePlaneShift) - 1;
  for (int plane = 0; plane < planes; ++plane) {
    uint32_t largest_sum = 0;
    for (const auto& part : parts) {
      uint32_t largest = 0;
      for (uint32_t value : part) {
        const uint32_t byte = planes == 1  ? value
                              : plane == 0 ? value & kLowMask
                                           : value >> PreparedLut::kNibblePlaneShift;
        largest = std::max(largest, byte);
        *out++ = static_cast<uint8_t>(byte);
      }
      largest_sum += largest;
    }
    if (largest_sum > 255) return false;
    plane_max[plane] = std::max(plane_max[plane], static_cast<uint8_t>(largest_sum));
  }
  return true;
}

}  // namespace

PreparedLut::PreparedLut(const LutView& lut) : view_(lut) {
  const int64_t count = int64_t{1} << (lut.width_a + lut.width_b);
  const auto range = std::minmax_element(lut.products, lut.products + count);
  min_ = *range.first;
  range_ = static_cast<uint32_t>(*range.second) - static_cast<uint32_t>(min_);
}

PreparedLut::PreparedLut(const PlanResidual& residual, int width_a, int width_b)
    : view_{nullptr, width_a, width_b},
      residual_(&residual),
      scale_(residual.scale),
      range_(*std::max_element(residual.entries.begin(), residual.entries.end())) {}

uint32_t PreparedLut::Entry(RowOperand rows, uint32_t row, uint32_t index) const {
  const uint32_t a = rows == RowOperand::kA ? row : index;
  const uint32_t b = rows == RowOperand::kA ? index : row;
  if (residual_ == nullptr) {
    return static_cast<uint32_t>(view_.At(static_cast<uint8_t>(a), static_cast<uint8_t>(b))) -
           static_cast<uint32_t>(min_);
  }
  const auto count_a = static_cast<uint32_t>(residual_->count_a);
  const auto count_b = static_cast<uint32_t>(residual_->count_b);
  if (a >= count_a || b >= count_b) return 0;  // fills a row; no code leads there
  return residual_->entries[a * count_b + b];
}

int64_t PreparedLut::MapCodes(RowOperand operand, LookupRows* rows) const {
  const bool by_a = operand == RowOperand::kA;
  const int row_width = by_a ? view_.width_a : view_.width_b;
  const int index_width = by_a ? view_.width_b : view_.width_a;
  const size_t row_mask = (size_t{1} << row_width) - 1;
  const size_t index_mask = (size_t{1} << index_width) - 1;
  for (size_t code = 0; code < 256; ++code) {
    rows->row_of[code] = static_cast<uint8_t>(code & row_mask);
    rows->index_of[code] = static_cast<uint8_t>(code & index_mask);
  }
  rows->index_count = int64_t{1} << index_width;
  rows->index_is_code = true;
  if (residual_ == nullptr) return int64_t{1} << row_width;
  const auto& row_classes = by_a ? residual_->class_a : residual_->class_b;
  const auto& index_classes = by_a ? residual_->class_b : residual_->class_a;
  rows->index_is_code = false;
  for (size_t code = 0; code < 256; ++code) {
    rows->row_of[code] = row_classes[code & row_mask];
    rows->index_of[code] = index_classes[code & index_mask];
  }
  rows->index_count = by_a ? residual_->count_b : residual_->count_a;
  return by_a ? residual_->count_a : residual_->count_b;
}

const LookupRows& PreparedLut::Words(RowOperand operand) const {
  Lazy& lazy = words_[static_cast<int>(operand)];
  std::call_once(lazy.once, [&] {
    LookupRows& rows = lazy.rows;
    const int64_t count = MapCodes(operand, &rows);
    rows.planes = range() < 65536 ? 2 : 4;
    rows.row_length = 256;
    rows.row_bytes = 256 * rows.planes;
    rows.storage = AlignedArray<uint8_t>(rows.row_bytes * count);
    rows.data = rows.storage.data();
    uint8_t* out = rows.storage.data();
    for (uint32_t row = 0; row < count; ++row) {
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
    const int64_t count = MapCodes(operand, &rows);
    rows.planes = range() < 256 ? 1 : 2;
    rows.row_length = rows.index_count <= 64 ? 64 : rows.index_count <= 128 ? 128 : 256;
    rows.row_bytes = rows.planes * rows.row_length;
    rows.storage = AlignedArray<uint8_t>(rows.row_bytes * count);
    rows.data = rows.storage.data();
    uint8_t* out = rows.storage.data();
    for (uint32_t row = 0; row < count; ++row) {
      for (int plane = 0; plane < rows.planes; ++plane) {
        for (uint32_t index = 0; index < rows.row_length; ++index) {
          *out = static_cast<uint8_t>(Entry(operand, row, index) >> (8 * plane));
          rows.plane_max[plane] = std::max(rows.plane_max[plane], *out++);
        }
      }
    }
  });
  return lazy.rows;
}

const LookupRows& PreparedLut::NibblePlanes(RowOperand operand) const {
  Lazy& lazy = nibble_planes_[static_cast<int>(operand)];
  std::call_once(lazy.once, [&] {
    LookupRows& rows = lazy.rows;
    const int64_t count = MapCodes(operand, &rows);
    const int planes = range() < 256 ? 1 : 2;
    // Few classes are a nibble themselves.
    const bool by_class = rows.index_count <= 16;
    rows.row_length = 32;
    rows.row_bytes = 32 * planes;
    rows.storage = AlignedArray<uint8_t>(rows.row_bytes * count);
    rows.data = rows.storage.data();
    for (uint32_t row = 0; row < count; ++row) {
      uint32_t entries[256];
      for (uint32_t code = 0; code < 256; ++code) {
        entries[code] = Entry(operand, row, by_class ? code & 15 : rows.index_of[code]);
      }
      NibbleParts parts;
      uint8_t* out = rows.storage.data() + row * rows.row_bytes;
      if (!SplitByNibbles(entries, &parts) || !StoreNibbles(parts, planes, out, rows.plane_max)) {
        return;
      }
    }
    rows.planes = planes;
    if (by_class) return;
    // Codes index as they are; those of a narrower operand lose the bits that do not count.
    const int width = operand == RowOperand::kA ? view_.width_b : view_.width_a;
    for (size_t code = 0; code < 256; ++code) {
      rows.index_of[code] = static_cast<uint8_t>(code & ((size_t{1} << width) - 1));
    }
    rows.index_is_code = width == 8;
    rows.index_count = 256;
  });
  return lazy.rows;
}

}  // namespace axlut
