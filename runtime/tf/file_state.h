// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "runtime/base/result.h"

namespace axlut {

// What tells whether a file was replaced or written to, without reading it.
struct FileState {
  uint64_t device = 0;
  uint64_t inode = 0;
  int64_t size_bytes = 0;
  int64_t modified_s = 0;
  int64_t modified_ns = 0;

  // kInvalidInput, with `what` in front of the path, if there is no such file.
  static Result<FileState> Of(const std::string& what, const std::string& path);

  bool operator==(const FileState& other) const;
};

}  // namespace axlut
