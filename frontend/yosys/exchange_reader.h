// SPDX-License-Identifier: MIT
// Reads the plugin's answer.
#pragma once

#include <string>
#include <variant>

#include "frontend/yosys/exchange.h"
#include "frontend/yosys/problem.h"
#include "runtime/base/result.h"

namespace axlut {

// netlist.json -> the circuit, or what is wrong with the source. kTool if the text is not what
// exchange.h says: every name, type and net number is checked, nothing is assumed.
Result<std::variant<ExchangedCircuit, Problem>> ParseExchange(const std::string& text);

}  // namespace axlut
