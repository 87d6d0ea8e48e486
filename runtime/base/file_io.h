// SPDX-License-Identifier: MIT
// Whole files in and out of memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace axlut {

// The bytes of a regular file of at most `limit` bytes. kInvalidInput with path and reason if it is
// missing, unreadable, a directory or larger.
Result<std::vector<uint8_t>> ReadFile(const std::string& path, uint64_t limit = uint64_t{1} << 32);
Result<std::string> ReadTextFile(const std::string& path, uint64_t limit = uint64_t{1} << 28);

// Writes all or nothing: a temporary file in the same folder, fsync, rename. On an error nothing
// is left behind and an existing file keeps its content. Path "-" writes to standard output.
Result<void> WriteFileAtomically(const std::string& path, std::string_view bytes);

// "dir/mul8u_2AC.v" -> "mul8u_2AC"; ".V" -> ".v" (lower case, with the dot, "" without one).
std::string FileStem(const std::string& path);
std::string FileExtension(const std::string& path);

}  // namespace axlut
