// SPDX-License-Identifier: MIT
// The subcommands of `lutgen`, one file each.
#pragma once

#include "runtime/base/cli.h"

namespace axlut {

cli::Subcommand BuildCommand();
cli::Subcommand ConvertCommand();
cli::Subcommand InfoCommand();
cli::Subcommand MetricsCommand();
cli::Subcommand TuneCommand();

}  // namespace axlut
