// SPDX-License-Identifier: MIT
// The C compiler of the system, run under limits, and what it says about the user's file.
#pragma once

#include <string>
#include <vector>

#include "frontend/cmodel/function_finder.h"
#include "runtime/base/result.h"

namespace axlut::cmodel {

struct CompileOptions {
  std::vector<std::string> include_dirs;  // -I; the model's own folder is always searched
  std::vector<std::string> defines;       // -D
  double timeout_s = 60;
};

class Compiler {
 public:
  // $AXLUT_CC, else $CC (both may have arguments: "ccache gcc"), else cc, gcc or clang in PATH.
  // Works in `folder`, which must outlive it. `file` is the model's path, for messages.
  Compiler(std::string folder, std::string file, CompileOptions options);

  // The model's text after the preprocessor, comments kept so that columns stay true.
  Result<std::string> Preprocess(const std::string& model_text);
  // Nothing, or the first error that the compiler finds in the model.
  Result<void> CheckSyntax(const std::string& model_text);
  // Path of the program made of the model and the harness.
  Result<std::string> Build(const std::string& model_text, const FunctionDefinition& function);

 private:
  // Runs the compiler with `flags` and then `more_flags`.
  Result<void> Run(const std::vector<std::string>& flags,
                   const std::vector<std::string>& more_flags);

  std::string folder_;
  std::string file_;
  double timeout_s_;
  std::vector<std::string> compiler_;     // empty if there is none
  std::vector<std::string> model_flags_;  // for whatever contains the model's text
};

// The first error of a compiler's or linker's messages, located where it says; `file` is the
// model's path, for messages without a place. Public for its test.
Error ErrorFromDiagnostics(const std::string& diagnostics, const std::string& file,
                           const std::string& how_it_ended);

}  // namespace axlut::cmodel
