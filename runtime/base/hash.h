// SPDX-License-Identifier: MIT
// Hashes: SHA-256 identifies a source file, XXH3 finds a damaged section.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace axlut {

// 64 lower-case hexadecimal digits.
std::string Sha256Hex(std::string_view bytes);
uint64_t Xxh3(std::string_view bytes);

}  // namespace axlut
