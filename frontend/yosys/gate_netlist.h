// SPDX-License-Identifier: MIT
// A flat module of word-level cells -> gates in topological order.
#pragma once

#include "frontend/yosys/exchange.h"
#include "frontend/yosys/problem.h"
#include "kernel/yosys.h"

namespace axlut {

// Maps `design`'s top module, which has passed Elaborate(), to gates and exports the cone of its
// outputs into `circuit`. A combinational loop is looked for bit by bit before gates are optimised:
// a vector-wise ripple (`c[8:1] = g | p & c[7:0]`) is none.
Check MakeGateNetlist(Yosys::RTLIL::Design& design, ExchangedCircuit& circuit);

}  // namespace axlut
