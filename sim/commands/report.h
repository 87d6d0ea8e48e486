// SPDX-License-Identifier: MIT
// The answer of `lutsim verify`, for a human and for a program.
#pragma once

#include <string>

#include "runtime/table/stored_table.h"
#include "sim/equivalence.h"
#include "sim/simulator.h"

namespace axlut {

// Everything that an answer is made from.
struct VerifyReport {
  std::string table_path;
  std::string rtl_path;
  const StoredTable& stored;
  const Simulator& simulator;
  const OperandRoles& roles;
  const Verdict& verdict;
};

std::string ReportText(const VerifyReport& report);
// Schema 1; docs/verification.md lists the keys.
std::string ReportJson(const VerifyReport& report);

}  // namespace axlut
