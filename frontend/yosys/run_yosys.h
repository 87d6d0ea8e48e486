// SPDX-License-Identifier: MIT
// Runs Yosys with our plugin as a child process.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "frontend/yosys/exchange.h"
#include "runtime/base/result.h"

namespace axlut {

struct YosysJob {
  std::string path;    // as the user gave it: the name in messages
  std::string source;  // the file's bytes
  std::string top;
  std::vector<std::string> include_dirs;
  std::vector<std::string> defines;
  double timeout_s = 60;
};

// The elaborated circuit. Whatever Yosys does (a syntax error, a crash, no end), the answer is an
// Error that names the source file.
Result<ExchangedCircuit> RunYosys(const YosysJob& job);

// "main.v:3.8-3.20" -> the job's file, line 3, column 8; "include_0/x.vh:..." -> the folder that it
// stands for.
SourceLocation Locate(const std::string& src, const YosysJob& job);

}  // namespace axlut
