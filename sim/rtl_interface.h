// SPDX-License-Identifier: MIT
// What Verilator's XML dump says about a design: its modules, and the ports of the top.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace axlut {

enum class PortDirection : uint8_t { kInput, kOutput, kInout };

struct RtlPort {
  std::string name;  // as written, escaped identifiers without '\'
  PortDirection direction = PortDirection::kInput;
  int width = 0;  // bits; 0: `type` is not a packed vector
  bool is_signed = false;
  std::string type;  // "logic", "real", "unpacked array"
  SourceLocation where;
};

struct RtlInterface {
  std::string top;
  std::vector<RtlPort> ports;  // in declaration order
};

// A vector inside a module that is no port: a candidate for Verilator's split_var.
struct InternalVector {
  std::string module;
  std::string name;
};

// One XML dump, read.
struct RtlDesign {
  std::vector<std::string> modules;  // all that were elaborated
  std::vector<std::string> tops;     // those that no other instantiates; none in an empty file
  RtlInterface interface;            // of tops[0]
  std::vector<InternalVector> internal_vectors;
  // A construct that a combinational multiplier must not have: clock edges, file access, code in
  // other languages. The first one.
  std::vector<Error> objections;
};

// Parses the text of `verilator --xml-only`. Places are in Verilator's file names (SourceNames
// gives the user's). kTool if the dump has not the form that we know (Verilator 5.006).
Result<RtlDesign> ParseVerilatorXml(std::string_view xml);

// The module to simulate: `requested` if not empty; else the one named like the file; else the only
// one that no other instantiates. kInvalidInput / kUsage with suggestions.
Result<std::string> ChooseTop(const RtlDesign& design, const std::string& requested,
                              const std::string& circuit_name, const std::string& file);

}  // namespace axlut
