// SPDX-License-Identifier: MIT
// Calling Verilator, and reading what it says about a design.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/subprocess.h"

namespace axlut {

// One "%Error: ..." or "%Warning-CODE: ..." of Verilator, without its continuation lines.
struct VerilatorMessage {
  bool is_error = false;
  std::string code;  // "MULTIDRIVEN"; "" for most errors
  SourceLocation where;
  std::string text;
};

// What stands on Verilator's standard error, in its order.
std::vector<VerilatorMessage> ParseVerilatorMessages(std::string_view text);
// The same as text again, one line each.
std::string FormatVerilatorMessages(const std::vector<VerilatorMessage>& messages);

// "Verilator 5.006 2023-01-22 rev (Debian 5.006-3)". kTool if there is none.
Result<std::string> VerilatorVersion(double timeout_s);
// The folder that holds verilated.h.
Result<std::string> VerilatorIncludeFolder(double timeout_s);

// Runs `verilator <arguments>` in `folder`. An Error only if it could not be run to its end.
Result<ProcessResult> RunVerilator(const std::vector<std::string>& arguments,
                                   const std::string& folder, double timeout_s);

// The Error for a run that failed: Verilator's first error with its place, the number of others,
// and advice for the common ones. `messages` have their places already in the user's files.
Error VerilatorFailure(const std::vector<VerilatorMessage>& messages, const ProcessResult& run);

}  // namespace axlut
