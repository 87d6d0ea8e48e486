// SPDX-License-Identifier: MIT
#include "frontend/read_multiplier.h"

#include "frontend/diagnostics.h"
#include "runtime/base/file_io.h"

namespace axlut {

Result<MultiplierModel> ReadMultiplier(const std::string& input, const FrontendOptions& options) {
  const std::string extension = FileExtension(input);
  if (extension == ".v" || extension == ".sv") return ReadVerilog(input, options);
  if (extension == ".c") return ReadCModel(input, options);
  const bool is_path = input.find('/') != std::string::npos || !extension.empty();
  if (!is_path && input.find(':') != std::string::npos) return ParseFormula(input, options);
  return Diagnose(Diagnostic::kUnknownFormat,
                  "'" + input + "' is no multiplier's description that AxLUT reads")
      .Help(
          "known are Verilog (.v, .sv), C models (.c) and formulas such as exact:8x8, "
          "exact:8x8s and truncated:8x8:4");
}

}  // namespace axlut
