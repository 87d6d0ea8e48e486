// SPDX-License-Identifier: MIT
#include "sim/build_cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <utility>
#include <vector>

#include "runtime/base/file_io.h"
#include "runtime/base/hash.h"

namespace axlut {
namespace {

namespace fs = std::filesystem;

// The end of every cached file: the text, its length in 8 hexadecimal digits, the SHA-256 of all
// bytes before it, the magic.
constexpr std::string_view kMagic = "AXLCACHE";
constexpr size_t kLengthDigits = 8;
constexpr size_t kHashDigits = 64;
constexpr size_t kSealBytes = kLengthDigits + kHashDigits + kMagic.size();
constexpr uint64_t kLargestFileBytes = uint64_t{1} << 28;

// A simulator of an 8x8 multiplier has about 0.2 MB, so the folder stays below some 100 MB.
constexpr size_t kMostFiles = 256;

std::string EnvironmentValue(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

// The text of a sealed file, or nullopt if a byte of it is not what was written.
std::optional<std::string> TextOfSealed(std::string_view bytes) {
  if (bytes.size() < kSealBytes || bytes.substr(bytes.size() - kMagic.size()) != kMagic) {
    return std::nullopt;
  }
  bytes.remove_suffix(kMagic.size());
  const std::string_view hash = bytes.substr(bytes.size() - kHashDigits);
  bytes.remove_suffix(kHashDigits);
  if (Sha256Hex(bytes) != hash) return std::nullopt;
  const std::string digits(bytes.substr(bytes.size() - kLengthDigits));
  bytes.remove_suffix(kLengthDigits);
  const size_t length = std::strtoul(digits.c_str(), nullptr, 16);
  if (length > bytes.size()) return std::nullopt;
  return std::string(bytes.substr(bytes.size() - length));
}

Error CannotWrite(const std::string& path) {
  return Error::Tool(fmt::format("cannot write '{}' into the simulator cache", path))
      .Help("AXLUT_CACHE_DIR names another folder; --no-cache does without");
}

}  // namespace

std::string BuildCache::DefaultFolder() {
  std::string base = EnvironmentValue("AXLUT_CACHE_DIR");
  if (!base.empty()) return base + "/sim";
  base = EnvironmentValue("XDG_CACHE_HOME");
  if (!base.empty()) return base + "/axlut/sim";
  base = EnvironmentValue("HOME");
  return base.empty() ? "" : base + "/.cache/axlut/sim";
}

std::optional<BuildCache> BuildCache::Open() {
  const std::string folder = DefaultFolder();
  if (folder.empty()) return std::nullopt;
  std::error_code failure;
  const fs::path absolute = fs::absolute(folder, failure);
  if (failure) return std::nullopt;
  if (!fs::exists(absolute, failure)) {
    fs::create_directories(absolute, failure);
    if (failure) return std::nullopt;
    // What lies here is executed: nobody else may write it.
    fs::permissions(absolute, fs::perms::owner_all, failure);
  }
  if (::access(absolute.c_str(), R_OK | W_OK | X_OK) != 0) return std::nullopt;
  return BuildCache(absolute.string());
}

std::optional<BuildCache::Entry> BuildCache::Find(const std::string& key) const {
  Entry entry;
  entry.path = folder_ + "/" + key;
  if (::access(entry.path.c_str(), R_OK | X_OK) != 0) return std::nullopt;
  const Result<std::vector<uint8_t>> bytes = ReadFile(entry.path, kLargestFileBytes);
  if (!bytes.ok()) return std::nullopt;
  std::optional<std::string> text =
      TextOfSealed({reinterpret_cast<const char*>(bytes->data()), bytes->size()});
  if (!text) return std::nullopt;
  entry.text = *std::move(text);
  ::utimensat(AT_FDCWD, entry.path.c_str(), nullptr, 0);  // "used now", for the cleaning
  return entry;
}

Result<BuildCache::Entry> BuildCache::Publish(const std::string& key, std::string_view object,
                                              const std::string& text) const {
  std::string bytes(object);
  bytes += text;
  bytes += fmt::format("{:08x}", text.size());
  bytes += Sha256Hex(bytes);
  bytes += kMagic;

  std::string temporary = folder_ + "/.new-XXXXXX";
  const int file = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (file < 0) return CannotWrite(folder_);
  size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t some = ::write(file, bytes.data() + written, bytes.size() - written);
    if (some <= 0) break;
    written += static_cast<size_t>(some);
  }
  const bool complete = written == bytes.size() && ::fchmod(file, 0700) == 0;
  const std::string path = folder_ + "/" + key;
  if (::close(file) != 0 || !complete || ::rename(temporary.c_str(), path.c_str()) != 0) {
    ::unlink(temporary.c_str());
    return CannotWrite(path);
  }
  RemoveLeastRecentlyUsed();
  return Entry{path, text};
}

void BuildCache::RemoveLeastRecentlyUsed() const {
  std::vector<std::pair<fs::file_time_type, fs::path>> files;
  std::error_code ignored;  // another process may clean at the same time
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_, ignored)) {
    files.emplace_back(entry.last_write_time(ignored), entry.path());
  }
  if (files.size() <= kMostFiles) return;
  std::sort(files.begin(), files.end());
  for (size_t i = 0; i + kMostFiles < files.size(); ++i) fs::remove(files[i].second, ignored);
}

}  // namespace axlut
