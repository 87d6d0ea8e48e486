// SPDX-License-Identifier: MIT
// lutsim: tables against RTL.
#include "runtime/base/cli.h"
#include "sim/commands/commands.h"
#include "sim/verilator.h"

int main(int argc, char** argv) {
  axlut::cli::Command command;
  command.name = "lutsim";
  command.summary = "Proves truth tables of multipliers against their RTL.";
  command.subcommands.push_back(axlut::VerifyCommand());
  command.versions = [] {
    constexpr double kTimeoutSeconds = 10;
    const auto version = axlut::VerilatorVersion(kTimeoutSeconds);
    return std::vector<std::string>{version.ok() ? *version : "Verilator not found"};
  };
  return axlut::cli::Main(command, argc, argv);
}
