// SPDX-License-Identifier: MIT
// What the subcommands of `lutgen` print about tables and metrics, for humans and as JSON.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "lutgen/commands/options.h"
#include "lutgen/error_metrics.h"
#include "runtime/base/cli.h"
#include "runtime/table/stored_table.h"

namespace axlut {

// Version of all JSON answers of `lutgen`; grows when a key changes its meaning or goes.
inline constexpr int kJsonSchema = 1;

// {"schema": 1}, to be filled.
nlohmann::ordered_json NewAnswer();
// The answer's text. Bytes of a file name that are not UTF-8 are replaced.
std::string Serialize(const nlohmann::ordered_json& answer);
// {"mae": 24.8, ..., "wce": 79, ...}, in the documented order; unknown keys follow.
nlohmann::ordered_json MetricsJson(const std::map<std::string, double>& metrics);
// Name, operands, product, entries, commutative, source, tools, metrics, hardware.
nlohmann::ordered_json TableJson(const StoredTable& stored);

// "8-bit unsigned x 8-bit unsigned -> 16-bit unsigned".
std::string DescribeOperands(const OperandSpec& a, const OperandSpec& b,
                             const OperandSpec& product);
// Lines "MAE    24.81" with names and units as in the literature.
std::string MetricsText(const std::map<std::string, double>& metrics);
// All that is known, for `lutgen info`.
std::string TableText(const StoredTable& stored);
// Saves the table and answers: a line about `what` for a human, and the JSON answer under --json.
Result<void> WriteTable(const TableOutput& output, const StoredTable& stored,
                        const std::string& what, const cli::Context& context);
// Which operand is the row, for a table where it matters: "row operand (activation): port 'A',
// ...".
std::string OperandOrderText(const PortNames& ports);

}  // namespace axlut
