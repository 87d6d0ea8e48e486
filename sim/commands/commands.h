// SPDX-License-Identifier: MIT
// The subcommands of lutsim, one file each.
#pragma once

#include "runtime/base/cli.h"

namespace axlut {

cli::Subcommand VerifyCommand();

}  // namespace axlut
