// SPDX-License-Identifier: MIT
// lutrun: from a table to the network that uses it.
#include "runtime/base/cli.h"
#include "runtime/base/cpu_features.h"
#include "runtime/commands/commands.h"

int main(int argc, char** argv) {
  axlut::cli::Command command;
  command.name = "lutrun";
  command.summary = "Runs neural networks through truth tables of multipliers";
  command.subcommands.push_back(axlut::EmulateCommand());
  command.subcommands.push_back(axlut::InfoCommand());
  command.subcommands.push_back(axlut::BenchCommand());
  command.subcommands.push_back(axlut::DevicesCommand());
  command.versions = [] {
    return std::vector<std::string>{std::string("instruction set ") +
                                    axlut::Name(axlut::ActiveIsa())};
  };
  return axlut::cli::Main(command, argc, argv);
}
