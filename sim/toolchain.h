// SPDX-License-Identifier: MIT
// The C++ compiler that turns Verilator's output into a simulator.
#pragma once

#include <string>
#include <vector>

#include "runtime/base/result.h"

namespace axlut {

class CxxCompiler {
 public:
  // $CXX if set (words are separated by blanks: "ccache g++"), else c++. kTool if it cannot be run.
  static Result<CxxCompiler> Find(double timeout_s);

  // The command, its first line of --version, and the flags: what an object file depends on beside
  // its source.
  const std::string& identity() const { return identity_; }

  // Compiles folder/source to folder/object, for speed or in the shortest time.
  Result<void> Compile(const std::string& folder, const std::string& source,
                       const std::string& object, bool optimize,
                       const std::vector<std::string>& include_folders) const;
  // Links objects (absolute, or relative to folder) to folder/executable.
  Result<void> Link(const std::string& folder, const std::vector<std::string>& objects,
                    const std::string& executable) const;

 private:
  CxxCompiler(std::vector<std::string> command, double timeout_s)
      : command_(std::move(command)), timeout_s_(timeout_s) {}
  Result<void> Run(const std::string& folder, const std::vector<std::string>& arguments,
                   const std::string& what) const;

  std::vector<std::string> command_;
  double timeout_s_;
  std::string identity_;
};

}  // namespace axlut
