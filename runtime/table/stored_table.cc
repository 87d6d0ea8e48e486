// SPDX-License-Identifier: MIT
#include "runtime/table/stored_table.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <fstream>
#include <string_view>
#include <utility>

#include "runtime/base/file_io.h"
#include "runtime/base/hash.h"
#include "runtime/base/npy.h"
#include "runtime/table/container.h"
#include "runtime/table/npy_table.h"
#include "runtime/table/raw_bin.h"

namespace axlut {
namespace {

// 2^24 elements of 8 bytes and a header.
constexpr uint64_t kMaxNpySize = (uint64_t{1} << 27) + (uint64_t{1} << 16);
constexpr std::string_view kNpyMagic("\x93NUMPY", 6);

std::string_view AsText(const std::vector<uint8_t>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// What is known about a table that came without info.
TableInfo InfoOfFile(const std::string& path, std::string_view bytes, const char* kind) {
  TableInfo info;
  info.name = FileStem(path);
  info.source = {path, Sha256Hex(bytes), kind, ""};
  return info;
}

Result<StoredTable> LoadContainer(const std::string& path) {
  AXLUT_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(path, kMaxContainerSize));
  return ParseContainer(AsText(bytes), path);
}

Result<StoredTable> LoadRawBin(const std::string& path, const RawFormatHints& hints) {
  AXLUT_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(path, kMaxRawBinSize));
  Result<TruthTable> table = ParseRawBin(AsText(bytes), FileStem(path), hints);
  if (!table.ok()) return std::move(table).error().At({path});
  return StoredTable{std::move(table).value(), InfoOfFile(path, AsText(bytes), "raw")};
}

Result<StoredTable> LoadNpyTable(const std::string& path, const RawFormatHints& hints) {
  AXLUT_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(path, kMaxNpySize));
  AXLUT_ASSIGN_OR_RETURN(const NpyArray array, ParseNpy(AsText(bytes), path));
  Result<TruthTable> table = TableFromNpy(array, FileStem(path), hints);
  if (!table.ok()) return std::move(table).error().At({path});
  return StoredTable{std::move(table).value(), InfoOfFile(path, AsText(bytes), "npy")};
}

Result<std::string> Serialize(const StoredTable& stored, const std::string& format) {
  if (format == "axt") return SerializeContainer(stored);
  if (format == "bin") return SerializeRawBin(stored.table);
  AXLUT_ASSIGN_OR_RETURN(const NpyArray array, TableToNpy(stored.table));
  return SerializeNpy(array);
}

Result<TruthTable> ParseHeaderless(const std::string& bytes, const std::string& path,
                                   const std::string& format) {
  if (format == "bin") return ParseRawBin(bytes, FileStem(path), {});
  AXLUT_ASSIGN_OR_RETURN(const NpyArray array, ParseNpy(bytes, path));
  return TableFromNpy(array, FileStem(path), {});
}

// "axt", "bin" or "npy".
Result<std::string> FormatFor(const std::string& path, const std::string& format) {
  const bool from_path = format.empty();
  std::string chosen = from_path ? FileExtension(path) : format;
  if (from_path && !chosen.empty()) chosen.erase(0, 1);
  if (chosen == "axt" || chosen == "bin" || chosen == "npy") return chosen;
  Error error = Error::Usage(fmt::format("tables are written as axt, bin or npy, got {} '{}'",
                                         from_path ? "a file with extension" : "format", chosen));
  if (from_path) return std::move(error).At({path}).Help("give --format axt, bin or npy");
  return error;
}

// Whether an existing file may be what this format is written over: `lutgen build mul8u.v -o
// mul8u.v
// --format axt` must not cost the user his circuit.
Result<void> CheckReplaceable(const std::string& path, const std::string& format) {
  struct stat existing;
  if (path == "-" || ::stat(path.c_str(), &existing) != 0) return {};
  if (!S_ISREG(existing.st_mode) || existing.st_size == 0) return {};
  bool same_kind = IsRawBinSize(static_cast<uint64_t>(existing.st_size));
  if (format != "bin") {
    const std::string_view magic = format == "axt" ? kContainerMagic : kNpyMagic;
    std::string begin(magic.size(), '\0');
    std::ifstream(path, std::ios::binary).read(begin.data(), static_cast<long>(begin.size()));
    same_kind = begin == magic;
  }
  if (same_kind) return {};
  return Error::InvalidInput(
             fmt::format(
                 "an existing file is only replaced by one of its kind, and this is no .{} table",
                 format))
      .At({path})
      .Help("remove the file first, or give another name");
}

}  // namespace

Result<StoredTable> LoadTable(const std::string& path, const RawFormatHints& hints) {
  const std::string extension = FileExtension(path);
  if (extension == ".axt") return LoadContainer(path);
  if (extension == ".bin") return LoadRawBin(path, hints);
  if (extension == ".npy") return LoadNpyTable(path, hints);
  return Error::Unsupported(
             fmt::format("tables are read from .axt, .bin and .npy files, got a file "
                         "with extension '{}'",
                         extension))
      .At({path});
}

Result<void> SaveTable(const std::string& path, const StoredTable& stored,
                       const std::string& format) {
  AXLUT_ASSIGN_OR_RETURN(const std::string chosen, FormatFor(path, format));
  AXLUT_RETURN_IF_ERROR(CheckReplaceable(path, chosen));
  Result<std::string> bytes = Serialize(stored, chosen);
  if (!bytes.ok()) return std::move(bytes).error().At({path});
  return WriteFileAtomically(path, bytes.value());
}

Result<void> CheckReadsBack(const std::string& path, const TruthTable& table) {
  AXLUT_ASSIGN_OR_RETURN(const std::string format, FormatFor(path, ""));
  if (format == "axt") return {};
  Result<std::string> bytes = Serialize(StoredTable{table, {}}, format);
  if (!bytes.ok()) return std::move(bytes).error().At({path});
  const Result<TruthTable> read = ParseHeaderless(*bytes, path, format);
  if (read.ok() && *read == table) return {};
  const std::string found = !read.ok() ? read.error().message()
                                       : fmt::format("it would be read as {} x {}",
                                                     ToString(read->a()), ToString(read->b()));
  return Error::InvalidInput(
             fmt::format("the name of a .{} file must say that its table is {} x {}; {}", format,
                         ToString(table.a()), ToString(table.b()), found))
      .At({path})
      .Help(fmt::format("name it mul{}x{}{}_....{}, or write an .axt file", table.a().width,
                        table.b().width, table.a().is_signed() ? "s" : "u", format));
}

}  // namespace axlut
