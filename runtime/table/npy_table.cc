// SPDX-License-Identifier: MIT
#include "runtime/table/npy_table.h"

#include <fmt/format.h>

#include <cstring>
#include <limits>
#include <optional>
#include <utility>

#include "runtime/table/headerless.h"

namespace axlut {
namespace {

bool IsUnsigned(NpyType type) {
  return type == NpyType::kUint8 || type == NpyType::kUint16 || type == NpyType::kUint32 ||
         type == NpyType::kUint64;
}

// 12 for 4096; nothing unless `value` is a power of two from 2 to 2^24.
std::optional<int> Log2(int64_t value) {
  for (int bits = 1; bits <= 2 * kMaxStoredOperandWidth; ++bits) {
    if (value == int64_t{1} << bits) return bits;
  }
  return std::nullopt;
}

template <typename T>
std::vector<int64_t> Widened(const NpyArray& array) {
  std::vector<int64_t> entries(static_cast<size_t>(array.ElementCount()));
  for (size_t i = 0; i < entries.size(); ++i) {
    T value;
    std::memcpy(&value, array.bytes.data() + i * sizeof(T), sizeof(T));
    // Too large for every table, and stays so.
    constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
    entries[i] = value > T{0} && static_cast<uint64_t>(value) > kMax ? static_cast<int64_t>(kMax)
                                                                     : static_cast<int64_t>(value);
  }
  return entries;
}

Result<std::vector<int64_t>> Entries(const NpyArray& array) {
  switch (array.type) {
    case NpyType::kInt8:
      return Widened<int8_t>(array);
    case NpyType::kUint8:
      return Widened<uint8_t>(array);
    case NpyType::kInt16:
      return Widened<int16_t>(array);
    case NpyType::kUint16:
      return Widened<uint16_t>(array);
    case NpyType::kInt32:
      return Widened<int32_t>(array);
    case NpyType::kUint32:
      return Widened<uint32_t>(array);
    case NpyType::kInt64:
      return Widened<int64_t>(array);
    case NpyType::kUint64:
      return Widened<uint64_t>(array);
    case NpyType::kFloat32:
    case NpyType::kFloat64:
      break;
  }
  return Error::Unsupported(fmt::format(
      "entries of a table in a .npy file must be integers, got '{}'", NpyTypeName(array.type)));
}

// A shape of two dimensions decides the widths; hints may only repeat them.
Result<OperandWidths> WidthsOfShape(int64_t rows, int64_t columns, const RawFormatHints& hints) {
  const std::optional<int> a = Log2(rows), b = Log2(columns);
  if (!a || !b || *a > kMaxStoredOperandWidth || *b > kMaxStoredOperandWidth) {
    return Error::InvalidInput(
        fmt::format("a table's shape must be (2^width_a, 2^width_b) with widths of 1..{} bits, got "
                    "({}, {})",
                    kMaxStoredOperandWidth, rows, columns));
  }
  if (hints.width_a.value_or(*a) != *a || hints.width_b.value_or(*b) != *b) {
    return Error::InvalidInput(
        fmt::format("a table of shape ({}, {}) has {}x{} bits, not the {}x{} that are given", rows,
                    columns, *a, *b, hints.width_a.value_or(*a), hints.width_b.value_or(*b)));
  }
  return OperandWidths{*a, *b};
}

Result<OperandWidths> WidthsOf(const NpyArray& array, const std::string& name,
                               const RawFormatHints& hints) {
  if (array.shape.size() == 2) return WidthsOfShape(array.shape[0], array.shape[1], hints);
  if (array.shape.size() != 1) {
    return Error::InvalidInput(fmt::format(
        "a table in a .npy file must have 1 or 2 dimensions, got {}", array.shape.size()));
  }
  const std::optional<int> total_bits = Log2(array.shape[0]);
  if (!total_bits || *total_bits < 2) {
    return Error::InvalidInput(
        fmt::format("number of entries of a table must be a power of two from 4 to 2^24, got {}",
                    array.shape[0]));
  }
  return ResolveWidths(hints, name, total_bits);
}

template <typename T>
void Fill(const std::vector<int32_t>& products, NpyArray* array) {
  array->type = NpyTypeOf<T>();
  array->bytes.resize(products.size() * sizeof(T));
  for (size_t i = 0; i < products.size(); ++i) {
    const T value = static_cast<T>(products[i]);
    std::memcpy(array->bytes.data() + i * sizeof(T), &value, sizeof(T));
  }
}

}  // namespace

Result<TruthTable> TableFromNpy(const NpyArray& array, const std::string& name,
                                const RawFormatHints& hints) {
  AXLUT_ASSIGN_OR_RETURN(const OperandWidths widths, WidthsOf(array, name, hints));
  AXLUT_ASSIGN_OR_RETURN(const std::vector<int64_t> entries, Entries(array));
  std::optional<Signedness> signedness = ResolveSignedness(hints, name, entries, widths);
  if (!signedness && IsUnsigned(array.type)) signedness = Signedness::kUnsigned;
  if (!signedness) return SignednessIsOpen(widths);
  return TableOfEntries(widths, *signedness, entries);
}

Result<NpyArray> TableToNpy(const TruthTable& table) {
  AXLUT_RETURN_IF_ERROR(CheckHeaderless(table, ".npy"));
  NpyArray array;
  array.shape = {static_cast<int64_t>(table.a().count()), static_cast<int64_t>(table.b().count())};
  if (table.a().width + table.b().width > 16) {
    Fill<int32_t>(table.products(), &array);
  } else if (table.product().is_signed()) {
    Fill<int16_t>(table.products(), &array);
  } else {
    Fill<uint16_t>(table.products(), &array);
  }
  return array;
}

}  // namespace axlut
