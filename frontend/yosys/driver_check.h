// SPDX-License-Identifier: MIT
// Every net bit that is used has exactly one driver.
#pragma once

#include "frontend/yosys/problem.h"
#include "kernel/yosys.h"

namespace axlut {

// Checks a flat module without processes, before any optimisation: Yosys' optimisations take a net
// with two drivers for whichever they meet first, and the result looks like a good circuit.
//
// Connections are read as directed (left driven by right), bit by bit and without merging nets: in
// `assign y = a; assign y = b;` merging would make a and b one net and hide which net is wrong.
Check CheckDrivers(Yosys::RTLIL::Module& module);

}  // namespace axlut
