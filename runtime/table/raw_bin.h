// SPDX-License-Identifier: MIT
// Raw .bin tables, TFApprox' format: entry (a << width_b) | b, 16-bit little-endian, two's
// complement for signed tables; 32-bit if both operands together are wider than 16 bits. No header.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/table/stored_table.h"

namespace axlut {

// Largest file: 2^24 entries of 32 bits.
inline constexpr uint64_t kMaxRawBinSize = uint64_t{1} << 26;

// `name` is the table's (the file's stem); what it and the hints leave open comes from the entries,
// and for 8x8 bits is unsigned.
Result<TruthTable> ParseRawBin(std::string_view file, const std::string& name,
                               const RawFormatHints& hints);

// kUnsupported for tables that ParseRawBin could not give back.
Result<std::string> SerializeRawBin(const TruthTable& table);

// Whether a file of this size can be a raw table.
bool IsRawBinSize(uint64_t size);

}  // namespace axlut
