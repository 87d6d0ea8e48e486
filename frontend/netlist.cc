// SPDX-License-Identifier: MIT
#include "frontend/netlist.h"

#include <string>

namespace axlut {

std::string Netlist::Validate() const {
  if (input_count > 32) {
    return "a netlist has at most 32 inputs, got " + std::to_string(input_count);
  }
  if (outputs.empty() || outputs.size() > 64) {
    return "a netlist has 1 to 64 outputs, got " + std::to_string(outputs.size());
  }
  for (size_t i = 0; i < gates.size(); ++i) {
    const Gate& gate = gates[i];
    const std::string which = "gate " + std::to_string(i);
    if (gate.function > CellFunction::kXor3) {
      return which + " has the unknown function " + std::to_string(static_cast<int>(gate.function));
    }
    for (int pin = 0; pin < 3; ++pin) {
      if (pin >= InputCount(gate.function) && gate.in[pin] != kNetZero) {
        return which + " (" + Name(gate.function) + ") uses input " + std::to_string(pin) +
               ", which it does not have";
      }
      if (gate.in[pin] >= FirstGateNet() + i) {
        return which + " (" + Name(gate.function) + ") reads net " + std::to_string(gate.in[pin]) +
               ", which is not defined before it";
      }
    }
  }
  for (size_t bit = 0; bit < outputs.size(); ++bit) {
    if (outputs[bit] >= NetCount()) {
      return "output bit " + std::to_string(bit) + " is net " + std::to_string(outputs[bit]) +
             ", but there are only " + std::to_string(NetCount()) + " nets";
    }
  }
  return "";
}

uint64_t EvaluateOnce(const Netlist& netlist, int width_a, uint64_t a, uint64_t b) {
  std::vector<uint8_t> value(netlist.NetCount());
  value[kNetOne] = 1;
  for (uint32_t i = 0; i < netlist.input_count; ++i) {
    const uint32_t in_b = i - static_cast<uint32_t>(width_a);  // used for the bits of b only
    const bool is_a = i < static_cast<uint32_t>(width_a);
    value[netlist.FirstInputNet() + i] = (is_a ? a >> i : b >> in_b) & 1;
  }
  NetId net = netlist.FirstGateNet();
  for (const Gate& gate : netlist.gates) {
    const int word =
        Apply<int>(gate.function, value[gate.in[0]], value[gate.in[1]], value[gate.in[2]]);
    value[net++] = word & 1;
  }
  uint64_t product = 0;
  for (size_t bit = 0; bit < netlist.outputs.size(); ++bit) {
    product |= uint64_t{value[netlist.outputs[bit]]} << bit;
  }
  return product;
}

}  // namespace axlut
