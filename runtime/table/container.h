// SPDX-License-Identifier: MIT
// The .axt container: a truth table, what is known about it, and checksums over all of it.
// docs/container-format.md describes every byte.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/table/stored_table.h"

namespace axlut {

// Largest info and plan sections, and so the largest file.
inline constexpr uint64_t kMaxInfoSize = uint64_t{1} << 20;
inline constexpr uint64_t kMaxPlanSize = uint64_t{1} << 28;
inline constexpr uint64_t kMaxContainerSize =
    (uint64_t{1} << 26) + kMaxInfoSize + kMaxPlanSize + 1024;

// The first eight bytes of every .axt file.
inline constexpr std::string_view kContainerMagic(
    "\x89"
    "AXT\r\n\x1a\n",
    8);

// Parses a whole file. kInvalidInput unless every byte is as the format demands (so every
// truncation and every changed byte is found), kUnsupported for other versions and other kinds of
// tables. Allocates no more than a small multiple of the file's size. `name` stands for the file in
// messages.
Result<StoredTable> ParseContainer(std::string_view file, const std::string& name);

// The file's bytes. kInvalidInput for info that JSON cannot hold or sections beyond their limits.
Result<std::string> SerializeContainer(const StoredTable& stored);

}  // namespace axlut
