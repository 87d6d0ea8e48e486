// SPDX-License-Identifier: MIT
#include "sim/toolchain.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <sstream>

#include "runtime/base/subprocess.h"

namespace axlut {
namespace {

// An 8x8 netlist of 300 gates compiles in 0.9 s and runs its 65,536 pairs in 6 ms on an AMD EPYC
// core; -O2 costs more time to compile than it saves, -O0 runs four times as long.
constexpr char kOptimize[] = "-O1";

// VL_USER_*: the driver reports what Verilator's runtime would answer with abort().
const std::vector<std::string>& CompileFlags() {
  static const std::vector<std::string> flags = {
      "-std=gnu++17",  "-w", "-pthread", "-DVL_USER_FATAL", "-DVL_USER_STOP", "-DVL_USER_FINISH",
      "-DVL_USER_WARN"};
  return flags;
}

}  // namespace

Result<CxxCompiler> CxxCompiler::Find(double timeout_s) {
  const char* chosen = std::getenv("CXX");
  std::istringstream words(chosen != nullptr ? chosen : "");
  std::vector<std::string> command;
  for (std::string word; words >> word;) command.push_back(word);
  if (command.empty()) command = {"c++"};

  CxxCompiler compiler(command, timeout_s);
  ProcessOptions options;
  options.timeout_s = timeout_s;
  std::vector<std::string> arguments = command;
  arguments.push_back("--version");
  Result<ProcessResult> run = RunProcess(arguments, options);
  if (!run.ok()) {
    return Error::Tool(fmt::format("a C++ compiler is needed to simulate, and '{}' was not found",
                                   command[0]))
        .Help("install one (Debian: g++) or name it in the environment variable CXX");
  }
  if (!run->succeeded()) {
    return Error::Tool(fmt::format("'{} --version' failed: {}", fmt::join(command, " "),
                                   DescribeEnd(*run, options)));
  }
  compiler.identity_ =
      fmt::format("{}\n{}\n{}", fmt::join(command, " "), run->out.substr(0, run->out.find('\n')),
                  fmt::join(CompileFlags(), " ")) +
      kOptimize;
  return compiler;
}

Result<void> CxxCompiler::Compile(const std::string& folder, const std::string& source,
                                  const std::string& object, bool optimize,
                                  const std::vector<std::string>& include_folders) const {
  std::vector<std::string> arguments = CompileFlags();
  arguments.push_back(optimize ? kOptimize : "-O0");
  for (const std::string& include : include_folders) arguments.push_back("-I" + include);
  arguments.insert(arguments.end(), {"-c", source, "-o", object});
  return Run(folder, arguments, "compile the simulator");
}

Result<void> CxxCompiler::Link(const std::string& folder, const std::vector<std::string>& objects,
                               const std::string& executable) const {
  std::vector<std::string> arguments = {"-pthread", "-s", "-o", executable};
  arguments.insert(arguments.end(), objects.begin(), objects.end());
  return Run(folder, arguments, "link the simulator");
}

Result<void> CxxCompiler::Run(const std::string& folder, const std::vector<std::string>& arguments,
                              const std::string& what) const {
  std::vector<std::string> command = command_;
  command.insert(command.end(), arguments.begin(), arguments.end());
  ProcessOptions options;
  options.working_directory = folder;
  options.timeout_s = timeout_s_;
  AXLUT_ASSIGN_OR_RETURN(const ProcessResult run, RunProcess(command, options));
  if (run.succeeded()) return {};
  return Error::Tool(fmt::format("'{}' could not {}: {}", fmt::join(command_, " "), what,
                                 DescribeEnd(run, options)))
      .Note(run.err.substr(0, 2000));
}

}  // namespace axlut
