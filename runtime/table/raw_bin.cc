// SPDX-License-Identifier: MIT
#include "runtime/table/raw_bin.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "runtime/table/headerless.h"

namespace axlut {
namespace {

uint64_t EntrySize(int total_bits) { return total_bits <= 16 ? 2 : 4; }

uint64_t FileSize(int total_bits) { return EntrySize(total_bits) << total_bits; }

// Width of both operands together, which the size alone decides.
std::optional<int> TotalBits(uint64_t size) {
  for (int bits = 2; bits <= 2 * kMaxStoredOperandWidth; ++bits) {
    if (FileSize(bits) == size) return bits;
  }
  return std::nullopt;
}

// The entries as signed numbers.
std::vector<int64_t> Decode(std::string_view file, uint64_t entry_size) {
  const auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<uint8_t>(file[i])); };
  std::vector<int64_t> entries(file.size() / entry_size);
  for (size_t i = 0; i < entries.size(); ++i) {
    const size_t at = i * entry_size;
    entries[i] = entry_size == 2 ? static_cast<int16_t>(byte(at) | byte(at + 1) << 8)
                                 : static_cast<int32_t>(byte(at) | byte(at + 1) << 8 |
                                                        byte(at + 2) << 16 | byte(at + 3) << 24);
  }
  return entries;
}

}  // namespace

bool IsRawBinSize(uint64_t size) { return TotalBits(size).has_value(); }

Result<TruthTable> ParseRawBin(std::string_view file, const std::string& name,
                               const RawFormatHints& hints) {
  AXLUT_ASSIGN_OR_RETURN(const OperandWidths widths,
                         ResolveWidths(hints, name, TotalBits(file.size())));
  const int total_bits = widths.a + widths.b;
  if (file.size() != FileSize(total_bits)) {
    return Error::InvalidInput(fmt::format("a raw table of {}x{} bits must have {} bytes, got {}",
                                           widths.a, widths.b, FileSize(total_bits), file.size()));
  }
  std::vector<int64_t> entries = Decode(file, EntrySize(total_bits));
  // A product of 16 bits fills its entry, so that nothing shows whether the highest bit is a sign.
  // TFApprox' files are 8x8 bits and unsigned.
  std::optional<Signedness> signedness =
      ResolveSignedness(hints, name, total_bits == 16 ? std::vector<int64_t>() : entries, widths);
  if (!signedness && widths.a == 8 && widths.b == 8) signedness = Signedness::kUnsigned;
  if (!signedness) return SignednessIsOpen(widths);
  if (*signedness == Signedness::kUnsigned) {
    const int64_t mask = total_bits <= 16 ? 0xFFFF : 0xFFFFFFFF;
    for (int64_t& entry : entries) entry &= mask;
  }
  return TableOfEntries(widths, *signedness, entries);
}

Result<std::string> SerializeRawBin(const TruthTable& table) {
  AXLUT_RETURN_IF_ERROR(CheckHeaderless(table, ".bin"));
  const uint64_t entry_size = EntrySize(table.a().width + table.b().width);
  std::string file;
  file.reserve(table.products().size() * entry_size);
  for (const int32_t product : table.products()) {
    for (uint64_t i = 0; i < entry_size; ++i) {
      file += static_cast<char>(static_cast<uint32_t>(product) >> (8 * i) & 0xFF);
    }
  }
  return file;
}

}  // namespace axlut
