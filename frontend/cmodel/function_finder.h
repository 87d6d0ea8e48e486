// SPDX-License-Identifier: MIT
// Finds the function definitions of a C file, and among them the multiplier.
#pragma once

#include <string>
#include <vector>

#include "frontend/cmodel/token.h"
#include "runtime/base/result.h"

namespace axlut::cmodel {

struct Parameter {
  std::string name;  // "" if it has none
  std::string type;  // as C text, without storage class and attributes: "const uint64_t"
  bool may_be_integer = false;
  SourceLocation where;
};

struct FunctionDefinition {
  std::string name;
  std::vector<Parameter> parameters;
  bool result_may_be_integer = false;
  SourceLocation where;

  // Two integer parameters and an integer result. Types are judged by their spelling, so a typedef
  // passes; the compiler has the last word.
  bool IsTwoOperand() const;
};

// Every function defined at the top level of preprocessed C, outside system headers, in order.
// kInvalidInput for a bracket that is never closed.
Result<std::vector<FunctionDefinition>> FindFunctions(const std::vector<Token>& tokens);

// The multiplier: `requested` if given; else the two-operand function named like the file (its
// stem, or the stem less its last "_..." parts); else the only two-operand function. Otherwise an
// Error that lists the functions and says how to choose. `file` is the path for messages.
Result<FunctionDefinition> ChooseFunction(const std::vector<FunctionDefinition>& functions,
                                          const std::string& file, const std::string& requested);

}  // namespace axlut::cmodel
