// SPDX-License-Identifier: MIT
// The command `lutgen`: multipliers become truth tables.
#include <iostream>
#include <string>
#include <vector>

#include "lutgen/commands/commands.h"
#include "runtime/base/cpu_features.h"
#include "runtime/base/subprocess.h"

namespace axlut {
namespace {

// The first line that a tool prints about itself.
std::string FirstLine(const std::vector<std::string>& arguments) {
  ProcessOptions options;
  options.timeout_s = 20;
  const Result<ProcessResult> run = RunProcess(arguments, options);
  if (!run.ok() || !run->succeeded()) return "not found";
  return run->out.substr(0, run->out.find('\n'));
}

std::vector<std::string> Versions() {
  std::string isa = Name(ActiveIsa());
  if (ActiveIsa() != DetectedIsa())
    isa += std::string(" (the CPU has ") + Name(DetectedIsa()) + ")";
  return {"yosys: " + FirstLine({"yosys", "-V"}), "C compiler: " + FirstLine({"cc", "--version"}),
          "instruction set: " + isa};
}

}  // namespace
}  // namespace axlut

int main(int argc, char** argv) {
  using namespace axlut;
  if (const Result<void> isa = CheckMaxIsa(); !isa.ok()) {
    std::cerr << isa.error().ToString() << std::endl;
    return static_cast<int>(isa.error().code());
  }
  cli::Command command;
  command.name = "lutgen";
  command.summary =
      "Turns approximate multipliers (Verilog, C models, formulas) into truth tables.";
  // One by one: Boost's option descriptions can be copied, but not assigned.
  for (const auto& make :
       {BuildCommand, ConvertCommand, InfoCommand, MetricsCommand, TuneCommand}) {
    command.subcommands.push_back(make());
  }
  command.versions = Versions;
  return cli::Main(command, argc, argv);
}
