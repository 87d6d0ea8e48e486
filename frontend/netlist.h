// SPDX-License-Identifier: MIT
// A combinational circuit: primary inputs, gates in topological order, primary outputs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "frontend/cell_function.h"

namespace axlut {

// Nets are numbered: 0 is constant 0, 1 is constant 1, then the primary inputs, then one per gate.
using NetId = uint32_t;
inline constexpr NetId kNetZero = 0;
inline constexpr NetId kNetOne = 1;

// One gate with at most three inputs (unused ones are kNetZero). Its output net is
// FirstGateNet() + its index in Netlist::gates.
struct Gate {
  CellFunction function;
  NetId in[3] = {kNetZero, kNetZero, kNetZero};
};

// Gates are in topological order: every input of gates[i] is a constant, a primary input or the
// output of a gate before it. The frontends guarantee it; Validate() proves it.
struct Netlist {
  uint32_t input_count = 0;  // width of operand a plus width of operand b
  std::vector<Gate> gates;
  std::vector<NetId> outputs;  // product bits, least significant first

  NetId FirstInputNet() const { return 2; }
  NetId FirstGateNet() const { return 2 + input_count; }
  uint32_t NetCount() const { return FirstGateNet() + static_cast<uint32_t>(gates.size()); }

  // Input nets: bit i of operand a is FirstInputNet() + i, bit j of operand b follows at
  // FirstInputNet() + width_a + j, a and b being the PortMap's.
  // "" or what is wrong: an input that is not yet defined, an output that does not exist.
  std::string Validate() const;
};

// The product's bit pattern for one operand pair, given as bit patterns: the obvious loop, for
// tests and single questions. A Validate()d netlist with inputs of `width_a` plus the rest for b.
uint64_t EvaluateOnce(const Netlist& netlist, int width_a, uint64_t a, uint64_t b);

}  // namespace axlut
