// SPDX-License-Identifier: MIT
// The plugin's circuit with its roles assigned -> the Netlist of a MultiplierModel.
#pragma once

#include "frontend/netlist.h"
#include "frontend/port_map.h"
#include "frontend/yosys/exchange.h"
#include "runtime/base/result.h"

namespace axlut {

// Keeps the product's cone only, with the inputs in the order of `ports` (a, then b). An x or z
// constant of the source is accepted if it changes no product bit for any operand pair, which is
// tried out for up to 24 operand bits; otherwise kInvalidInput names a bit and an operand pair.
Result<Netlist> NetlistFromCircuit(const ExchangedCircuit& circuit, const PortMap& ports);

}  // namespace axlut
