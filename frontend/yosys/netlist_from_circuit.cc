// SPDX-License-Identifier: MIT
#include "frontend/yosys/netlist_from_circuit.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "frontend/diagnostics.h"

namespace axlut {
namespace {

// Operand bits up to which all pairs are tried: 2^24 pairs of a 1000-gate circuit take a second.
constexpr uint32_t kMaxTriedBits = 24;

// Bit i of the pattern counts 0..63 within one word, for i < 6.
constexpr uint64_t kLanePatterns[6] = {0xAAAAAAAAAAAAAAAA, 0xCCCCCCCCCCCCCCCC, 0xF0F0F0F0F0F0F0F0,
                                       0xFF00FF00FF00FF00, 0xFFFF0000FFFF0000, 0xFFFFFFFF00000000};

const ExchangedPort& PortNamed(const ExchangedCircuit& circuit, const std::string& name,
                               bool is_input) {
  for (const ExchangedPort& port : circuit.ports) {
    if (port.name == name && port.is_input == is_input) return port;
  }
  AXLUT_CHECK(false);  // ResolvePortMap chose from these ports
  return circuit.ports[0];
}

// The circuit as a netlist whose inputs are a's bits, b's bits, and last the undefined net.
Netlist WithUndefinedInput(const ExchangedCircuit& circuit, const PortMap& ports) {
  Netlist netlist;
  std::vector<NetId> renamed{kNetZero, kNetOne};
  const auto width_a = static_cast<uint32_t>(ports.a.spec.width);
  for (const ExchangedPort& port : circuit.ports) {
    if (!port.is_input) continue;
    const uint32_t first = netlist.FirstInputNet() + (port.name == ports.a.name ? 0 : width_a);
    for (int bit = 0; bit < port.width; ++bit) {
      renamed.push_back(first + static_cast<uint32_t>(bit));
    }
  }
  netlist.input_count = static_cast<uint32_t>(renamed.size()) - 2 + 1;
  const auto net = [&](NetId old) { return old < renamed.size() ? renamed[old] : old; };
  for (const Gate& gate : circuit.gates) {
    netlist.gates.push_back({gate.function, {net(gate.in[0]), net(gate.in[1]), net(gate.in[2])}});
  }
  for (const NetId old : PortNamed(circuit, ports.product.name, false).nets) {
    netlist.outputs.push_back(net(old));
  }
  return netlist;
}

// Which nets the outputs depend on.
std::vector<bool> Cone(const Netlist& netlist) {
  std::vector<bool> needed(netlist.NetCount());
  for (const NetId net : netlist.outputs) needed[net] = true;
  for (size_t i = netlist.gates.size(); i-- > 0;) {
    if (!needed[netlist.FirstGateNet() + i]) continue;
    for (const NetId net : netlist.gates[i].in) needed[net] = true;
  }
  return needed;
}

// The netlist without the gates outside the cone, and with the last input tied to 0.
Netlist Pruned(const Netlist& netlist, const std::vector<bool>& needed) {
  Netlist pruned;
  pruned.input_count = netlist.input_count - 1;
  std::vector<NetId> renamed(netlist.NetCount(), kNetZero);
  for (NetId net = 0; net < pruned.FirstGateNet(); ++net) renamed[net] = net;
  for (size_t i = 0; i < netlist.gates.size(); ++i) {
    const NetId old = netlist.FirstGateNet() + static_cast<NetId>(i);
    if (!needed[old]) continue;
    renamed[old] = pruned.NetCount();
    const Gate& gate = netlist.gates[i];
    pruned.gates.push_back(
        {gate.function, {renamed[gate.in[0]], renamed[gate.in[1]], renamed[gate.in[2]]}});
  }
  for (const NetId net : netlist.outputs) pruned.outputs.push_back(renamed[net]);
  return pruned;
}

struct Difference {
  size_t output_bit;
  uint64_t inputs;  // all input bits, the first in bit 0
};

// 64 input patterns at once, starting at `first` (a multiple of 64), with the last input
// `undefined`.
void EvaluateWord(const Netlist& netlist, uint64_t first, uint64_t undefined,
                  std::vector<uint64_t>& value) {
  value[kNetOne] = ~uint64_t{0};
  const uint32_t last = netlist.input_count - 1;
  for (uint32_t i = 0; i < last; ++i) {
    value[netlist.FirstInputNet() + i] = i < 6 ? kLanePatterns[i] : -((first >> i) & 1);
  }
  value[netlist.FirstInputNet() + last] = undefined;
  NetId net = netlist.FirstGateNet();
  for (const Gate& gate : netlist.gates) {
    value[net++] =
        Apply<uint64_t>(gate.function, value[gate.in[0]], value[gate.in[1]], value[gate.in[2]]);
  }
}

// The first operand pair for which an output bit depends on the last input.
std::optional<Difference> FindDifference(const Netlist& netlist) {
  const uint64_t pattern_count = uint64_t{1} << (netlist.input_count - 1);
  std::vector<uint64_t> zero(netlist.NetCount());
  std::vector<uint64_t> one(netlist.NetCount());
  for (uint64_t first = 0; first < pattern_count; first += 64) {
    EvaluateWord(netlist, first, 0, zero);
    EvaluateWord(netlist, first, ~uint64_t{0}, one);
    for (size_t bit = 0; bit < netlist.outputs.size(); ++bit) {
      const uint64_t different = zero[netlist.outputs[bit]] ^ one[netlist.outputs[bit]];
      if (different == 0) continue;
      const auto lane = static_cast<uint64_t>(__builtin_ctzll(different));
      return Difference{bit, (first + lane) & (pattern_count - 1)};
    }
  }
  return std::nullopt;
}

Result<void> CheckUndefined(const Netlist& netlist, const PortMap& ports) {
  const std::string product = "product '" + ports.product.name + "'";
  if (netlist.input_count - 1 > kMaxTriedBits) {
    return Diagnose(Diagnostic::kUndefinedValue,
                    product + " depends on a constant x or z of the source");
  }
  const std::optional<Difference> difference = FindDifference(netlist);
  if (!difference) return {};
  const uint64_t a = difference->inputs & ports.a.spec.mask();
  const uint64_t b = difference->inputs >> ports.a.spec.width;
  return Diagnose(Diagnostic::kUndefinedValue,
                  product + " must have a value for every operand pair; bit " +
                      std::to_string(difference->output_bit) + " is x for " + ports.a.name + " = " +
                      std::to_string(ports.a.spec.ValueOf(a)) + ", " + ports.b.name + " = " +
                      std::to_string(ports.b.spec.ValueOf(b)));
}

}  // namespace

Result<Netlist> NetlistFromCircuit(const ExchangedCircuit& circuit, const PortMap& ports) {
  const Netlist full = WithUndefinedInput(circuit, ports);
  const std::vector<bool> needed = Cone(full);
  if (needed[full.FirstInputNet() + full.input_count - 1]) {
    AXLUT_RETURN_IF_ERROR(CheckUndefined(full, ports));
  }
  Netlist netlist = Pruned(full, needed);
  AXLUT_CHECK_EQ(netlist.input_count,
                 static_cast<uint32_t>(ports.a.spec.width + ports.b.spec.width));
  const std::string wrong = netlist.Validate();
  if (!wrong.empty()) return Error(ErrorCode::kInternal, "the netlist is wrong: " + wrong);
  return netlist;
}

}  // namespace axlut
