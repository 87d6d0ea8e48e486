// SPDX-License-Identifier: MIT
// Tables that a process has loaded, so that a hundred layers with one table read and prepare it
// once.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "runtime/base/result.h"
#include "runtime/nn/lut_conv2d.h"
#include "runtime/tf/file_state.h"

namespace axlut {

// How operands are fed to the multiplier.
enum class OperandEncoding : uint8_t {
  kAffine,         // as they are: codes or two's complement, whatever the table says
  kSignMagnitude,  // an unsigned table gets magnitudes (runtime/table/sign_magnitude.h)
};

// "affine" or "sign_magnitude".
Result<OperandEncoding> ParseEncoding(const std::string& name);

class TableCache {
 public:
  // The cache that all ops of this process share.
  static TableCache& Global();

  // The table in the file as it is now, which with kSignMagnitude becomes one of two's-complement
  // operands. A file is read again only when it was replaced or written to (inode, size or
  // modification time differ), and once for both encodings; files of equal content share one table.
  // Errors are not remembered. Safe to call from any thread.
  Result<std::shared_ptr<const LutTable>> Get(const std::string& path,
                                              OperandEncoding encoding = OperandEncoding::kAffine);
  // The same for a file, or none, as runtime/tf/tfapprox_table.h reads it.
  Result<std::shared_ptr<const LutTable>> GetTfapprox(const std::string& mul_map_file,
                                                      int64_t num_bits);

 private:
  struct Entry {
    FileState state;
    std::shared_ptr<const LutTable> table;
    uint64_t last_use = 0;  // value of uses_ then
  };
  struct Key {
    std::string path;
    OperandEncoding encoding = OperandEncoding::kAffine;
    std::optional<int64_t> tfapprox_bits = std::nullopt;  // num_bits of GetTfapprox
    bool operator<(const Key& other) const;
  };

  // The next two expect the lock to be held.
  Result<std::shared_ptr<const LutTable>> GetLocked(const Key& key, const FileState& state);
  Result<std::shared_ptr<const LutTable>> Load(const Key& key, const FileState& state);
  void DropLeastRecentlyUsed();

  std::mutex mutex_;
  std::map<Key, Entry> entries_;
  uint64_t uses_ = 0;
};

}  // namespace axlut
