// SPDX-License-Identifier: MIT
#include "runtime/base/npy.h"

#include <fmt/format.h>

#include <cstring>
#include <optional>

#include "runtime/base/file_io.h"

namespace axlut {
namespace {

constexpr std::string_view kMagic("\x93NUMPY", 6);
constexpr size_t kAlignment = 64;  // of the data, counted from the file's begin

struct TypeRow {
  NpyType type;
  const char* name;
  int size;
};
constexpr TypeRow kTypes[] = {
    {NpyType::kInt8, "|i1", 1},    {NpyType::kUint8, "|u1", 1},  {NpyType::kInt16, "<i2", 2},
    {NpyType::kUint16, "<u2", 2},  {NpyType::kInt32, "<i4", 4},  {NpyType::kUint32, "<u4", 4},
    {NpyType::kInt64, "<i8", 8},   {NpyType::kUint64, "<u8", 8}, {NpyType::kFloat32, "<f4", 4},
    {NpyType::kFloat64, "<f8", 8},
};

const TypeRow& RowOf(NpyType type) {
  for (const TypeRow& row : kTypes) {
    if (row.type == type) return row;
  }
  AXLUT_CHECK(false);
}

// What the header's dictionary says.
struct Header {
  std::string descr;
  bool fortran_order = false;
  std::vector<int64_t> shape;
};

// Reads the Python literal that a header is:
// {'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }. Each method returns the value at the
// current position and moves behind it, or an Error that says what should have stood there.
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : text_(text) {}

  Result<Header> Parse() {
    Header header;
    bool has_descr = false, has_order = false, has_shape = false;
    AXLUT_RETURN_IF_ERROR(Expect('{'));
    while (!Accept('}')) {
      AXLUT_ASSIGN_OR_RETURN(const std::string key, String());
      AXLUT_RETURN_IF_ERROR(Expect(':'));
      bool* seen = key == "descr"           ? &has_descr
                   : key == "fortran_order" ? &has_order
                   : key == "shape"         ? &has_shape
                                            : nullptr;
      if (seen == nullptr || *seen) {
        return Error::InvalidInput(
            fmt::format("header of a .npy file must have the keys descr, fortran_order and shape "
                        "once each, got '{}'{}",
                        Printable(key), seen == nullptr ? "" : " twice"));
      }
      *seen = true;
      AXLUT_RETURN_IF_ERROR(Value(key, &header));
      if (Accept(',')) continue;
      AXLUT_RETURN_IF_ERROR(Expect('}'));
      break;
    }
    SkipBlanks();
    if (position_ != text_.size()) return Unexpected("the end of the header");
    if (!has_descr || !has_order || !has_shape) {
      return Error::InvalidInput(
          fmt::format("header of a .npy file lacks the key '{}'", !has_descr   ? "descr"
                                                                  : !has_order ? "fortran_order"
                                                                               : "shape"));
    }
    return header;
  }

 private:
  static std::string Printable(std::string_view text) {
    std::string result;
    for (const char c : text.substr(0, 32)) result += c >= 0x20 && c < 0x7F ? c : '?';
    return result;
  }

  void SkipBlanks() {
    while (position_ < text_.size() && (text_[position_] == ' ' || text_[position_] == '\n' ||
                                        text_[position_] == '\t' || text_[position_] == '\r')) {
      ++position_;
    }
  }

  bool Accept(char c) {
    SkipBlanks();
    if (position_ >= text_.size() || text_[position_] != c) return false;
    ++position_;
    return true;
  }

  Error Unexpected(const std::string& wanted) const {
    return Error::InvalidInput(
        position_ < text_.size()
            ? fmt::format("header of a .npy file needs {} at its character {}, got '{}'", wanted,
                          position_, Printable(text_.substr(position_, 1)))
            : fmt::format("header of a .npy file ends where {} is needed", wanted));
  }

  Result<void> Expect(char c) {
    if (!Accept(c)) return Unexpected(fmt::format("'{}'", c));
    return {};
  }

  // A quoted string without escapes (NumPy writes none for plain types).
  Result<std::string> String() {
    SkipBlanks();
    if (position_ >= text_.size() || (text_[position_] != '\'' && text_[position_] != '"')) {
      return Unexpected("a quoted string");
    }
    const char quote = text_[position_];
    const size_t end = text_.find(quote, position_ + 1);
    if (end == std::string_view::npos) {
      position_ = text_.size();
      return Unexpected("the end of a quoted string");
    }
    std::string value(text_.substr(position_ + 1, end - position_ - 1));
    position_ = end + 1;
    return value;
  }

  Result<bool> Bool() {
    SkipBlanks();
    for (const std::string_view word : {"True", "False"}) {
      if (text_.substr(position_, word.size()) == word) {
        position_ += word.size();
        return word == "True";
      }
    }
    return Unexpected("True or False");
  }

  Result<int64_t> Integer() {
    SkipBlanks();
    const size_t begin = position_;
    int64_t value = 0;
    while (position_ < text_.size() && text_[position_] >= '0' && text_[position_] <= '9') {
      if (__builtin_mul_overflow(value, 10, &value) ||
          __builtin_add_overflow(value, text_[position_] - '0', &value)) {
        return Error::InvalidInput(
            fmt::format("dimension of a .npy array must be less than 2^63, got {}...",
                        Printable(text_.substr(begin))));
      }
      ++position_;
    }
    if (position_ == begin) return Unexpected("a dimension (a number without sign)");
    if (position_ < text_.size() && text_[position_] == 'L') ++position_;  // Python 2's long
    return value;
  }

  Result<std::vector<int64_t>> Tuple() {
    std::vector<int64_t> values;
    AXLUT_RETURN_IF_ERROR(Expect('('));
    while (!Accept(')')) {
      AXLUT_ASSIGN_OR_RETURN(const int64_t value, Integer());
      values.push_back(value);
      if (Accept(',')) continue;
      AXLUT_RETURN_IF_ERROR(Expect(')'));
      if (values.size() == 1) {  // (3) is a number in Python, (3,) a tuple
        return Error::InvalidInput("shape of a .npy array must be a tuple, got a number");
      }
      break;
    }
    return values;
  }

  Result<void> Value(const std::string& key, Header* header) {
    if (key == "descr") {
      SkipBlanks();
      if (position_ < text_.size() && text_[position_] == '[') {
        return Error::Unsupported("arrays of records in .npy files are not supported");
      }
      AXLUT_ASSIGN_OR_RETURN(header->descr, String());
    } else if (key == "fortran_order") {
      AXLUT_ASSIGN_OR_RETURN(header->fortran_order, Bool());
    } else {
      AXLUT_ASSIGN_OR_RETURN(header->shape, Tuple());
    }
    return {};
  }

  std::string_view text_;
  size_t position_ = 0;
};

Result<NpyType> TypeOfDescr(const std::string& descr) {
  for (const TypeRow& row : kTypes) {
    // The byte order of one-byte elements means nothing: "|i1", "<i1" and ">i1" are the same.
    const bool same = row.size == 1 ? descr.size() == 3 && descr.compare(1, 2, row.name + 1) == 0 &&
                                          std::strchr("|<>=", descr[0]) != nullptr
                                    : descr == row.name;
    if (same) return row.type;
  }
  std::string printable;
  for (const char c : descr.substr(0, 32)) printable += c >= 0x20 && c < 0x7F ? c : '?';
  return Error::Unsupported(
      fmt::format("element type of a .npy array must be a little-endian integer of 1, 2, 4 or 8 "
                  "bytes or a float of 4 or 8, got '{}'",
                  printable));
}

// Bytes that an array of this shape needs; nothing if that is more than `limit`.
std::optional<uint64_t> DataSize(const std::vector<int64_t>& shape, uint64_t element_size,
                                 uint64_t limit) {
  uint64_t size = element_size;
  for (const int64_t dimension : shape) {
    if (dimension == 0) return 0;
  }
  for (const int64_t dimension : shape) {
    if (static_cast<uint64_t>(dimension) > limit / size) return std::nullopt;
    size *= static_cast<uint64_t>(dimension);
  }
  return size;
}

std::string ShapeText(const std::vector<int64_t>& shape) {
  std::string text = "(";
  for (size_t i = 0; i < shape.size(); ++i) {
    if (i == 8) return text + ", ...)";
    text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  }
  return text + (shape.size() == 1 ? ",)" : ")");
}

// Splits the file into its header's text and the data behind it.
Result<std::string_view> SplitHeader(std::string_view file, std::string_view* data) {
  if (file.substr(0, kMagic.size()) != kMagic) {
    return Error::InvalidInput("file does not begin as .npy files do (\\x93NUMPY)");
  }
  const auto byte = [&](size_t i) { return static_cast<uint64_t>(static_cast<uint8_t>(file[i])); };
  if (file.size() < 8) return Error::InvalidInput("file ends inside the .npy header");
  const uint64_t major = byte(6), minor = byte(7);
  if (major < 1 || major > 3 || minor != 0) {
    return Error::Unsupported(
        fmt::format("version of a .npy file must be 1.0, 2.0 or 3.0, got {}.{}", major, minor));
  }
  const size_t begin = major == 1 ? 10 : 12;
  if (file.size() < begin) return Error::InvalidInput("file ends inside the .npy header");
  uint64_t size = byte(8) | byte(9) << 8;
  if (major > 1) size |= byte(10) << 16 | byte(11) << 24;
  if (size > file.size() - begin) {
    return Error::InvalidInput(
        fmt::format("file ends inside the .npy header, which claims {} bytes where {} follow", size,
                    file.size() - begin));
  }
  *data = file.substr(begin + size);
  return file.substr(begin, size);
}

Result<NpyArray> Parse(std::string_view file) {
  std::string_view data;
  AXLUT_ASSIGN_OR_RETURN(const std::string_view text, SplitHeader(file, &data));
  AXLUT_ASSIGN_OR_RETURN(Header header, HeaderParser(text).Parse());
  NpyArray array;
  AXLUT_ASSIGN_OR_RETURN(array.type, TypeOfDescr(header.descr));
  if (header.fortran_order) {
    return Error::Unsupported("a .npy array must be in C order, got Fortran order")
        .Help("save numpy.ascontiguousarray(x)");
  }
  const std::optional<uint64_t> needed =
      DataSize(header.shape, static_cast<uint64_t>(NpyTypeSize(array.type)), data.size());
  if (!needed || *needed != data.size()) {
    return Error::InvalidInput(
        fmt::format("a .npy array of type {} and shape {} needs {} bytes of data, got {}",
                    NpyTypeName(array.type), ShapeText(header.shape),
                    needed ? std::to_string(*needed) : "more", data.size()));
  }
  array.shape = std::move(header.shape);
  array.bytes.assign(data.begin(), data.end());
  return array;
}

}  // namespace

int NpyTypeSize(NpyType type) { return RowOf(type).size; }

std::string NpyTypeName(NpyType type) { return RowOf(type).name; }

int64_t NpyArray::ElementCount() const {
  int64_t count = 1;
  for (const int64_t dimension : shape) {
    if (dimension == 0) return 0;
    count *= dimension;
  }
  return count;
}

Result<NpyArray> ParseNpy(std::string_view file, const std::string& name) {
  Result<NpyArray> array = Parse(file);
  if (!array.ok()) return std::move(array).error().At({name});
  return array;
}

Result<NpyArray> ReadNpy(const std::string& path) {
  AXLUT_ASSIGN_OR_RETURN(const std::vector<uint8_t> file, ReadFile(path));
  return ParseNpy({reinterpret_cast<const char*>(file.data()), file.size()}, path);
}

std::string SerializeNpy(const NpyArray& array) {
  AXLUT_CHECK_EQ(array.bytes.size(), static_cast<uint64_t>(array.ElementCount()) *
                                         static_cast<uint64_t>(NpyTypeSize(array.type)));
  std::string shape;
  for (const int64_t dimension : array.shape) shape += std::to_string(dimension) + ", ";
  // (3,) but (3, 4): as NumPy writes it.
  if (!shape.empty()) shape.resize(shape.size() - (array.shape.size() == 1 ? 1 : 2));
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}",
                                   NpyTypeName(array.type), shape);
  constexpr size_t kPrefix = 10;  // magic, version, header's size
  const size_t unpadded = kPrefix + header.size() + 1;
  header.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  header += '\n';
  AXLUT_CHECK_LE(header.size(), size_t{0xFFFF});
  std::string file(kMagic);
  file +=
      {'\1', '\0', static_cast<char>(header.size() & 0xFF), static_cast<char>(header.size() >> 8)};
  file += header;
  file.append(reinterpret_cast<const char*>(array.bytes.data()), array.bytes.size());
  return file;
}

Result<void> WriteNpy(const std::string& path, const NpyArray& array) {
  return WriteFileAtomically(path, SerializeNpy(array));
}

}  // namespace axlut
