// SPDX-License-Identifier: MIT
// Verilog source -> one flat module without processes, with every check on modules and instances.
#pragma once

#include <string>
#include <vector>

#include "frontend/yosys/problem.h"
#include "kernel/yosys.h"

namespace axlut {

// job.json of exchange.h.
struct Job {
  std::string file;
  bool systemverilog = false;
  std::vector<std::string> include_dirs;
  std::vector<std::string> defines;
  std::string top;   // "" = found
  std::string stem;  // the source file's name without folder and extension
};

// After it, design.top_module() is the only module of interest: flat, combinational, of Yosys' own
// cells. A syntax error ends the process (Yosys' log_error), which is why this runs in a child.
Check Elaborate(Yosys::RTLIL::Design& design, const Job& job);

}  // namespace axlut
