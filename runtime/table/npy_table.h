// SPDX-License-Identifier: MIT
// Tables as NumPy arrays: shape (2^width_a, 2^width_b), or flat in the same order.
#pragma once

#include <string>

#include "runtime/base/npy.h"
#include "runtime/base/result.h"
#include "runtime/table/stored_table.h"

namespace axlut {

// Any integer type. Widths come from the shape, or for a flat array from hints, name or size;
// signedness from hints, name, or what the type and the entries reveal. `name` is the table's.
Result<TruthTable> TableFromNpy(const NpyArray& array, const std::string& name,
                                const RawFormatHints& hints);

// A two-dimensional array of the smallest of int16, uint16 and int32 that holds the products.
// kUnsupported for tables that TableFromNpy could not give back.
Result<NpyArray> TableToNpy(const TruthTable& table);

}  // namespace axlut
