// SPDX-License-Identifier: MIT
// The subcommands of lutrun, one per file.
#pragma once

#include "runtime/base/cli.h"

namespace axlut {

cli::Subcommand EmulateCommand();
cli::Subcommand InfoCommand();
cli::Subcommand BenchCommand();
cli::Subcommand DevicesCommand();

}  // namespace axlut
