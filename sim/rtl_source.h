// SPDX-License-Identifier: MIT
// The user's Verilog, preprocessed: one text that does not depend on where the files lie.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "runtime/base/result.h"
#include "sim/verilator.h"

namespace axlut {

// What the command line says about the RTL.
struct RtlFiles {
  std::vector<std::string> files;         // the first gives the circuit its name
  std::vector<std::string> include_dirs;  // -I
  std::vector<std::string> defines;       // -D, NAME or NAME=VALUE
};

// Verilator sees every file under a short name without blanks ("rtl0.v"), because its `line
// directives end at a blank. This gives the user's names back.
class SourceNames {
 public:
  void Add(std::string shown, std::string user) { names_.emplace_back(std::move(shown), user); }
  // "rtl0.v" -> "my files/mul8u.v", "dir0/cells.vh" -> "my files/cells.vh".
  std::string UserName(const std::string& shown) const;
  void Translate(std::vector<VerilatorMessage>& messages) const;

 private:
  std::vector<std::pair<std::string, std::string>> names_;
};

struct PreprocessedRtl {
  std::string name;             // "mul8u_2AC" for .../mul8u_2AC_pdk45.v
  std::string first_file;       // as given
  std::string text;             // `include, `ifdef and macros are resolved
  bool system_verilog = false;  // a file is called *.sv
  SourceNames names;
};

// Runs `verilator -E`. Everything is resolved here, once, so that what is hashed for the cache is
// what is built, whatever happens to the files meanwhile.
Result<PreprocessedRtl> PreprocessRtl(const RtlFiles& files, double timeout_s);

}  // namespace axlut
