// SPDX-License-Identifier: MIT
// MultiplierModel -> truth table, by evaluating every operand pair.
#pragma once

#include "frontend/multiplier_model.h"
#include "lutgen/model_rows.h"
#include "runtime/base/result.h"
#include "runtime/table/stored_table.h"

namespace axlut {

// The table and where it comes from (name, ports, source, tools; no metrics yet). kUnsupported for
// operands wider than a stored table's 12 bits, kInterrupted if options.progress says so, or what
// the model's evaluation reports.
Result<StoredTable> BuildTable(const MultiplierModel& model, const SweepOptions& options = {});

}  // namespace axlut
