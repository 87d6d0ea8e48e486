// SPDX-License-Identifier: MIT
// A construct that Yosys accepts and gets wrong.
#pragma once

#include <optional>
#include <string>

#include "runtime/base/result.h"

namespace axlut {

// The first inout argument of a task or function in Verilog source, with `file` as its file. Yosys
// (0.23) passes such an argument in, but never writes it back: the result looks like a circuit.
// Looks at words only, comments and strings left out, and at the file itself, not at what it
// includes.
std::optional<SourceLocation> FindInoutArgument(const std::string& source, const std::string& file);

}  // namespace axlut
