// SPDX-License-Identifier: MIT
// `a[i]` with i out of range is x.
#pragma once

#include "kernel/yosys.h"

namespace axlut {

// Replaces every $shiftx (a bit or part select by a signal) by a shift of a vector that continues
// on both sides with the net `undefined`. Yosys' own mapping takes what is outside for whatever is
// cheapest, so that a circuit which reads outside would pass for a defined one.
void MakeIndexBoundsExplicit(Yosys::RTLIL::Module& module, const Yosys::RTLIL::SigBit& undefined);

}  // namespace axlut
