// SPDX-License-Identifier: MIT
// The portable lookup: 8 sums in registers, the table's row in the L1 cache. Any table.
#pragma once

#include "kernels/cpu/lookup/lookup.h"

namespace axlut {

extern const LookupMethod kRowStationaryLookup;

}  // namespace axlut
