// SPDX-License-Identifier: MIT
#include "runtime/table/container.h"

#include <fmt/format.h>

#include <array>
#include <utility>
#include <vector>

#include "runtime/base/hash.h"
#include "runtime/table/table_info_json.h"

namespace axlut {
namespace {

constexpr uint64_t kVersion = 1;
constexpr size_t kHeaderSize = 192;
constexpr size_t kSectionTable = 64;  // offset of the first slot
constexpr size_t kSlotSize = 32;
constexpr size_t kHeaderChecksum = 184;  // offset; covers all bytes before it
constexpr uint64_t kAlignment = 64;      // of each section

enum class Kind : uint8_t { kIntegerProduct = 1, kMantissaProduct = 2, kCodeProduct = 3 };
enum class EntryType : uint8_t { kInt16 = 1, kUint16 = 2, kInt32 = 3 };

// A section's number in the file is its index here + 1.
constexpr std::array<const char*, 3> kSectionNames = {"entries", "info", "plan"};

struct ByteRange {
  size_t offset;
  size_t size;
};
constexpr ByteRange kReserved[] = {{15, 1}, {19, 1}, {40, 24}, {160, 24}};

EntryType EntryTypeOf(const OperandSpec& product) {
  if (product.width > 16) return EntryType::kInt32;
  return product.is_signed() ? EntryType::kInt16 : EntryType::kUint16;
}

int EntrySize(EntryType type) { return type == EntryType::kInt32 ? 4 : 2; }

uint64_t AlignedUp(uint64_t offset) { return (offset + kAlignment - 1) / kAlignment * kAlignment; }

uint64_t Load(std::string_view bytes, size_t offset, int size) {
  AXLUT_CHECK_LE(offset + static_cast<size_t>(size), bytes.size());
  uint64_t value = 0;
  for (int i = 0; i < size; ++i) {
    value |= static_cast<uint64_t>(static_cast<uint8_t>(bytes[offset + static_cast<size_t>(i)]))
             << (8 * i);
  }
  return value;
}

void Store(std::string* bytes, size_t offset, int size, uint64_t value) {
  AXLUT_CHECK_LE(offset + static_cast<size_t>(size), bytes->size());
  for (int i = 0; i < size; ++i) {
    (*bytes)[offset + static_cast<size_t>(i)] = static_cast<char>(value >> (8 * i) & 0xFF);
  }
}

// --- reading ---------------------------------------------------------------------------------

struct Header {
  OperandSpec a;
  OperandSpec b;
  OperandSpec product;
  EntryType entry_type = EntryType::kInt16;
  size_t section_count = 0;
};

Result<void> CheckZero(std::string_view file, ByteRange range, const char* what) {
  for (size_t i = range.offset; i < range.offset + range.size; ++i) {
    if (file[i] != '\0') {
      return Error::InvalidInput(
          fmt::format("{} at offset {} must be 0, got {}", what, i, static_cast<uint8_t>(file[i])));
    }
  }
  return {};
}

Result<void> CheckChecksum(std::string_view bytes, uint64_t expected, const std::string& what) {
  const uint64_t found = Xxh3(bytes);
  if (found == expected) return {};
  return Error::InvalidInput(fmt::format("{} is damaged: its checksum must be {:016x}, got {:016x}",
                                         what, expected, found));
}

// What must hold before any field of the header can be believed.
Result<void> CheckIntegrity(std::string_view file) {
  const std::string_view begin = file.substr(0, kContainerMagic.size());
  if (begin != kContainerMagic.substr(0, begin.size())) {
    return Error::InvalidInput("file does not begin as .axt files do (\\x89AXT\\r\\n\\x1a\\n)");
  }
  if (file.size() < kHeaderSize) {
    return Error::InvalidInput(
        fmt::format("file is truncated: the header of an .axt file has {} bytes, got {}",
                    kHeaderSize, file.size()));
  }
  const uint64_t version = Load(file, 8, 2);
  if (version != kVersion) {
    return Error::Unsupported(
        fmt::format("version of an .axt file must be {}, got {}", kVersion, version));
  }
  AXLUT_RETURN_IF_ERROR(
      CheckChecksum(file.substr(0, kHeaderChecksum), Load(file, kHeaderChecksum, 8), "header"));
  const uint64_t size = Load(file, 32, 8);
  if (size != file.size()) {
    return Error::InvalidInput(fmt::format("file is {}: it must have {} bytes, got {}",
                                           file.size() < size ? "truncated" : "too long", size,
                                           file.size()));
  }
  return {};
}

Result<void> CheckKind(uint64_t kind) {
  switch (static_cast<Kind>(kind)) {
    case Kind::kIntegerProduct:
      return {};
    case Kind::kMantissaProduct:
      return Error::Unsupported("tables of floating-point mantissas (kind 2) cannot be read yet");
    case Kind::kCodeProduct:
      return Error::Unsupported("tables of code x code -> float32 (kind 3) cannot be read yet");
  }
  return Error::Unsupported(fmt::format(
      "kind of table must be 1 (integer product), 2 (mantissas) or 3 (codes), got {}", kind));
}

Result<OperandSpec> ParseSpec(std::string_view file, size_t index, const char* what,
                              int max_width) {
  const uint64_t width = Load(file, 12 + index, 1);
  const uint64_t signedness = Load(file, 16 + index, 1);
  if (width < 1 || width > static_cast<uint64_t>(max_width)) {
    return Error::InvalidInput(
        fmt::format("width of {} must be 1..{}, got {}", what, max_width, width));
  }
  if (signedness > 1) {
    return Error::InvalidInput(fmt::format(
        "signedness of {} must be 0 (unsigned) or 1 (two's complement), got {}", what, signedness));
  }
  return OperandSpec{static_cast<int>(width), static_cast<Signedness>(signedness)};
}

Result<Header> ParseHeader(std::string_view file) {
  AXLUT_RETURN_IF_ERROR(CheckIntegrity(file));
  AXLUT_RETURN_IF_ERROR(CheckKind(Load(file, 10, 1)));
  for (const ByteRange& range : kReserved) {
    AXLUT_RETURN_IF_ERROR(CheckZero(file, range, "reserved byte"));
  }
  Header header;
  AXLUT_ASSIGN_OR_RETURN(header.a, ParseSpec(file, 0, "operand a", kMaxStoredOperandWidth));
  AXLUT_ASSIGN_OR_RETURN(header.b, ParseSpec(file, 1, "operand b", kMaxStoredOperandWidth));
  AXLUT_ASSIGN_OR_RETURN(header.product, ParseSpec(file, 2, "the product", 32));
  header.entry_type = EntryTypeOf(header.product);
  if (Load(file, 11, 1) != static_cast<uint64_t>(header.entry_type)) {
    return Error::InvalidInput(fmt::format("entry type of {} products must be {}, got {}",
                                           ToString(header.product),
                                           static_cast<int>(header.entry_type), Load(file, 11, 1)));
  }
  const uint64_t entry_count = header.a.count() * header.b.count();
  if (Load(file, 24, 8) != entry_count) {
    return Error::InvalidInput(fmt::format("a table of {}x{} bits must have {} entries, got {}",
                                           header.a.width, header.b.width, entry_count,
                                           Load(file, 24, 8)));
  }
  const uint64_t section_count = Load(file, 20, 4);
  if (section_count < 2 || section_count > kSectionNames.size()) {
    return Error::InvalidInput(
        fmt::format("number of sections must be 2 or 3, got {}", section_count));
  }
  header.section_count = static_cast<size_t>(section_count);
  return header;
}

// Checks slot `index` and its section, which must begin at the first multiple of 64 behind
// `previous_end`. Returns where it lies in the file.
Result<ByteRange> LocateSection(std::string_view file, size_t index, uint64_t previous_end) {
  const char* name = kSectionNames[index];
  const size_t slot = kSectionTable + kSlotSize * index;
  if (Load(file, slot, 4) != index + 1) {
    return Error::InvalidInput(fmt::format("section in slot {} must be {} ({}), got {}", index,
                                           index + 1, name, Load(file, slot, 4)));
  }
  AXLUT_RETURN_IF_ERROR(CheckZero(file, {slot + 4, 4}, "reserved byte"));
  const uint64_t offset = Load(file, slot + 8, 8);
  const uint64_t size = Load(file, slot + 16, 8);
  if (offset != AlignedUp(previous_end)) {
    return Error::InvalidInput(fmt::format("section '{}' must begin at offset {}, got {}", name,
                                           AlignedUp(previous_end), offset));
  }
  // In this order no sum can overflow.
  if (offset > file.size() || size > file.size() - offset) {
    return Error::InvalidInput(
        fmt::format("section '{}' must end inside the file of {} bytes, got "
                    "offset {} and {} bytes",
                    name, file.size(), offset, size));
  }
  AXLUT_RETURN_IF_ERROR(CheckZero(
      file, {static_cast<size_t>(previous_end), static_cast<size_t>(offset - previous_end)},
      "padding byte"));
  const ByteRange range{static_cast<size_t>(offset), static_cast<size_t>(size)};
  AXLUT_RETURN_IF_ERROR(CheckChecksum(file.substr(range.offset, range.size),
                                      Load(file, slot + 24, 8), fmt::format("section '{}'", name)));
  return range;
}

// The bytes of every section; an absent one is empty.
Result<std::array<std::string_view, 3>> ParseSections(std::string_view file, const Header& header) {
  std::array<std::string_view, 3> sections;
  uint64_t end = kHeaderSize;
  for (size_t i = 0; i < kSectionNames.size(); ++i) {
    if (i >= header.section_count) {
      AXLUT_RETURN_IF_ERROR(
          CheckZero(file, {kSectionTable + kSlotSize * i, kSlotSize}, "byte of an unused slot"));
      continue;
    }
    AXLUT_ASSIGN_OR_RETURN(const ByteRange range, LocateSection(file, i, end));
    sections[i] = file.substr(range.offset, range.size);
    end = range.offset + range.size;
  }
  if (end != file.size()) {
    return Error::InvalidInput(
        fmt::format("file must end with its last section at offset {}, got {} more bytes", end,
                    file.size() - end));
  }
  return sections;
}

Result<void> CheckSize(const char* section, uint64_t size, uint64_t smallest, uint64_t largest) {
  if (size >= smallest && size <= largest) return {};
  return Error::InvalidInput(
      fmt::format("section '{}' must have {}..{} bytes, got {}", section, smallest, largest, size));
}

Result<TruthTable> ParseEntries(std::string_view bytes, const Header& header) {
  const int entry_size = EntrySize(header.entry_type);
  const uint64_t count = header.a.count() * header.b.count();
  const uint64_t size = count * static_cast<uint64_t>(entry_size);
  AXLUT_RETURN_IF_ERROR(CheckSize("entries", bytes.size(), size, size));
  std::vector<int32_t> products(count);
  for (size_t i = 0; i < count; ++i) {
    const uint64_t pattern = Load(bytes, i * static_cast<size_t>(entry_size), entry_size);
    switch (header.entry_type) {
      case EntryType::kInt16:
        products[i] = static_cast<int16_t>(pattern);
        break;
      case EntryType::kUint16:
        products[i] = static_cast<uint16_t>(pattern);
        break;
      case EntryType::kInt32:
        products[i] = static_cast<int32_t>(static_cast<uint32_t>(pattern));
        break;
    }
  }
  return TruthTable::Create(header.a, header.b, header.product, std::move(products));
}

Result<StoredTable> Parse(std::string_view file) {
  AXLUT_ASSIGN_OR_RETURN(const Header header, ParseHeader(file));
  AXLUT_ASSIGN_OR_RETURN(const auto sections, ParseSections(file, header));
  AXLUT_RETURN_IF_ERROR(CheckSize("info", sections[1].size(), 2, kMaxInfoSize));
  if (header.section_count == 3) {
    AXLUT_RETURN_IF_ERROR(CheckSize("plan", sections[2].size(), 1, kMaxPlanSize));
  }
  AXLUT_ASSIGN_OR_RETURN(TableInfo info, TableInfoFromJson(sections[1]));
  AXLUT_ASSIGN_OR_RETURN(TruthTable table, ParseEntries(sections[0], header));
  return StoredTable{std::move(table), std::move(info),
                     std::vector<uint8_t>(sections[2].begin(), sections[2].end())};
}

// --- writing ---------------------------------------------------------------------------------

std::string SerializeEntries(const TruthTable& table) {
  const int size = EntrySize(EntryTypeOf(table.product()));
  std::string bytes(table.products().size() * static_cast<size_t>(size), '\0');
  size_t offset = 0;
  for (const int32_t product : table.products()) {
    Store(&bytes, offset, size, static_cast<uint32_t>(product));
    offset += static_cast<size_t>(size);
  }
  return bytes;
}

void StoreHeader(const TruthTable& table, uint64_t section_count, std::string* file) {
  file->replace(0, kContainerMagic.size(), kContainerMagic);
  Store(file, 8, 2, kVersion);
  Store(file, 10, 1, static_cast<uint64_t>(Kind::kIntegerProduct));
  Store(file, 11, 1, static_cast<uint64_t>(EntryTypeOf(table.product())));
  size_t index = 0;
  for (const OperandSpec* spec : {&table.a(), &table.b(), &table.product()}) {
    Store(file, 12 + index, 1, static_cast<uint64_t>(spec->width));
    Store(file, 16 + index, 1, static_cast<uint64_t>(spec->signedness));
    ++index;
  }
  Store(file, 20, 4, section_count);
  Store(file, 24, 8, table.products().size());
  Store(file, 32, 8, file->size());
  Store(file, kHeaderChecksum, 8, Xxh3(std::string_view(*file).substr(0, kHeaderChecksum)));
}

}  // namespace

Result<StoredTable> ParseContainer(std::string_view file, const std::string& name) {
  Result<StoredTable> stored = Parse(file);
  if (!stored.ok()) return std::move(stored).error().At({name});
  return stored;
}

Result<std::string> SerializeContainer(const StoredTable& stored) {
  AXLUT_ASSIGN_OR_RETURN(const std::string info, TableInfoToJson(stored.info));
  AXLUT_RETURN_IF_ERROR(CheckSize("info", info.size(), 2, kMaxInfoSize));
  AXLUT_RETURN_IF_ERROR(CheckSize("plan", stored.plan.size(), 0, kMaxPlanSize));
  const std::string entries = SerializeEntries(stored.table);
  std::vector<std::string_view> sections = {entries, info};
  if (!stored.plan.empty()) {
    sections.emplace_back(reinterpret_cast<const char*>(stored.plan.data()), stored.plan.size());
  }
  std::string file(kHeaderSize, '\0');
  for (size_t i = 0; i < sections.size(); ++i) {
    file.resize(AlignedUp(file.size()), '\0');
    const size_t slot = kSectionTable + kSlotSize * i;
    Store(&file, slot, 4, i + 1);
    Store(&file, slot + 8, 8, file.size());
    Store(&file, slot + 16, 8, sections[i].size());
    Store(&file, slot + 24, 8, Xxh3(sections[i]));
    file += sections[i];
  }
  StoreHeader(stored.table, sections.size(), &file);
  return file;
}

}  // namespace axlut
