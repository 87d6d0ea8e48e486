// SPDX-License-Identifier: MIT
// No net depends on itself.
#pragma once

#include "frontend/yosys/problem.h"
#include "kernel/yosys.h"

namespace axlut {

// Checks a module of one-bit gates. Every output of a cell depends on all its inputs.
Check CheckLoops(Yosys::RTLIL::Module& module);

}  // namespace axlut
