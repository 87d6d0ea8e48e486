// SPDX-License-Identifier: MIT
// A table file with everything that it says, for ops that are not run in every step.
#pragma once

#include <string>

#include "runtime/base/result.h"
#include "runtime/table/stored_table.h"
#include "runtime/tf/table_cache.h"

namespace axlut {

// The file as it is now; operands of up to 12 bits. With kSignMagnitude the table becomes one of
// two's-complement operands, without metrics and plans, which were of the other one.
Result<StoredTable> ReadStoredTable(const std::string& path, OperandEncoding encoding);

}  // namespace axlut
