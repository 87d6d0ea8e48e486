// SPDX-License-Identifier: MIT
// Table files as TFApprox' ops take them: no header, and nothing in the name.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/base/result.h"
#include "runtime/table/truth_table.h"

namespace axlut {

// The table of a multiplier of two unsigned operands of `num_bits` bits, 1..8, from the value of
// the attribute mul_map_file: the path of a file of 16-bit little-endian products, either
//   entry (a << num_bits) | b, 2^(2 num_bits) of them, or
//   entry (a << 8) | b, 65,536 of them, of which a, b < 2^num_bits are used: an 8x8-bit multiplier
//   whose operands' upper bits are 0.
// "" is the exact multiplier. Errors name the file.
Result<TruthTable> LoadTfapproxTable(const std::string& mul_map_file, int64_t num_bits);

}  // namespace axlut
