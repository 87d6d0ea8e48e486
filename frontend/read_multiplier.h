// SPDX-License-Identifier: MIT
// The front door: any description of a multiplier -> MultiplierModel.
#pragma once

#include <string>
#include <vector>

#include "frontend/multiplier_model.h"
#include "frontend/port_map.h"
#include "runtime/base/result.h"

namespace axlut {

struct FrontendOptions {
  PortMapOptions ports;
  std::string top;                        // --top: module; "" = found
  std::string function;                   // --function: C function; "" = found
  std::vector<std::string> include_dirs;  // -I, for Verilog `include and C #include "..."
  std::vector<std::string> defines;       // -D NAME[=VALUE]
  double timeout_s = 60;                  // for yosys, the C compiler and the C model
  int memory_limit_mb = 2048;             // for the C model
};

// By the input's form: *.v, *.sv -> Verilog; *.c -> C model; "exact:8x8", "truncated:8x8:4" ->
// formula. kUnsupported for another extension, with the list of what is known; kTool if AxLUT was
// built without the frontend that the input needs.
Result<MultiplierModel> ReadMultiplier(const std::string& input, const FrontendOptions& options);

// The single frontends, for those who know what they have.
Result<MultiplierModel> ReadVerilog(const std::string& path, const FrontendOptions& options);
Result<MultiplierModel> ReadCModel(const std::string& path, const FrontendOptions& options);
Result<MultiplierModel> ParseFormula(const std::string& text, const FrontendOptions& options);

}  // namespace axlut
