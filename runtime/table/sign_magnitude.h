// SPDX-License-Identifier: MIT
// An unsigned multiplier that is fed with magnitudes, the signs being handled beside it.
#pragma once

#include "runtime/base/result.h"
#include "runtime/table/truth_table.h"

namespace axlut {

// The table of two's-complement operands that `table`, a table of unsigned ones of the same widths,
// computes when it is given magnitudes: T'[a][b] = sign(a) sign(b) T[|a|][|b|], sign(0) = 1. The
// magnitude of the most negative value, 2^(width-1), is an unsigned operand like the others.
// Products get the exact multiplier's width, or as many bits more as they need. kUnsupported if an
// operand is signed or a product of the wrong sign does not fit 32 bits.
Result<TruthTable> SignMagnitudeTable(const TruthTable& table);

}  // namespace axlut
