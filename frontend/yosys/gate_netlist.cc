// SPDX-License-Identifier: MIT
#include "frontend/yosys/gate_netlist.h"

#include "frontend/yosys/design_names.h"
#include "frontend/yosys/index_bounds.h"
#include "frontend/yosys/loop_check.h"
#include "kernel/sigtools.h"

namespace axlut {
namespace {

using namespace Yosys;  // NOLINT: Yosys' macros (ID, log_id) need its names
using RTLIL::SigBit;

bool IsUndefined(const SigBit& bit) {
  return bit.wire == nullptr && bit.data != RTLIL::S0 && bit.data != RTLIL::S1;
}

// x and z constants become bits of an input. An optimisation may choose a value for x, but it
// cannot for an input; whether the input matters is found by evaluating both (undefined_bits.h).
void ReplaceUndefined(RTLIL::Module& module, RTLIL::Wire* undefined) {
  const auto replaced = [&](RTLIL::SigSpec signal) {
    for (int i = 0; i < signal.size(); ++i) {
      if (IsUndefined(signal[i])) signal[i] = SigBit(undefined, 0);
    }
    return signal;
  };
  for (RTLIL::Cell* cell : module.cells()) {
    const dict<RTLIL::IdString, RTLIL::SigSpec> connections = cell->connections();
    for (const auto& [port, signal] : connections) {
      if (!signal.is_fully_def() && cell->input(port)) cell->setPort(port, replaced(signal));
    }
  }
  std::vector<RTLIL::SigSig> connections = module.connections();
  for (auto& [left, right] : connections) right = replaced(right);
  module.new_connections(connections);
}

std::vector<ExchangedPort> PortsOf(RTLIL::Module& module) {
  std::vector<ExchangedPort> ports;
  for (const RTLIL::IdString& id : module.ports) {
    const RTLIL::Wire* wire = module.wire(id);
    ports.push_back(
        {RTLIL::unescape_id(id), wire->port_input, wire->is_signed, wire->width, SrcOf(*wire), {}});
  }
  return ports;
}

// One Yosys gate: a function of pins, or a composition.
struct GateRule {
  const char* type;
  CellFunction function;
  const char* pins[3];
};
constexpr GateRule kGateRules[] = {
    {"$_BUF_", CellFunction::kBuf, {"\\A"}},
    {"$_NOT_", CellFunction::kNot, {"\\A"}},
    {"$_AND_", CellFunction::kAnd, {"\\A", "\\B"}},
    {"$_OR_", CellFunction::kOr, {"\\A", "\\B"}},
    {"$_XOR_", CellFunction::kXor, {"\\A", "\\B"}},
    {"$_NAND_", CellFunction::kNand, {"\\A", "\\B"}},
    {"$_NOR_", CellFunction::kNor, {"\\A", "\\B"}},
    {"$_XNOR_", CellFunction::kXnor, {"\\A", "\\B"}},
    {"$_ANDNOT_", CellFunction::kAndNot, {"\\A", "\\B"}},
    {"$_ORNOT_", CellFunction::kOrNot, {"\\A", "\\B"}},
    {"$_MUX_", CellFunction::kMux, {"\\A", "\\B", "\\S"}},
};

// ~(pair & or | ...): the cells with more than three inputs or an inverted output.
struct ComplexRule {
  const char* type;
  CellFunction inner;  // of A and B, and of C and D if there is a D
  CellFunction outer;  // of the inner results (or C)
  int input_count;
};
constexpr ComplexRule kComplexRules[] = {
    {"$_AOI3_", CellFunction::kAnd, CellFunction::kNor, 3},
    {"$_OAI3_", CellFunction::kOr, CellFunction::kNand, 3},
    {"$_AOI4_", CellFunction::kAnd, CellFunction::kNor, 4},
    {"$_OAI4_", CellFunction::kOr, CellFunction::kNand, 4},
};

class Exporter {
 public:
  Exporter(RTLIL::Module& module, RTLIL::Wire* undefined, ExchangedCircuit& circuit);
  Check Run();

 private:
  // Sees to it that the drivers of `output` are exported first; depth-first without recursion,
  // because a ripple of thousands of gates would be as many stack frames.
  Check Export(const SigBit& output);
  Check ExportCell(RTLIL::Cell& cell);
  NetId AddGate(CellFunction function, NetId a, NetId b = kNetZero, NetId c = kNetZero);
  // The net of a mapped bit; only for what is exported already.
  NetId NetOf(const SigBit& bit) const;
  NetId PinOf(RTLIL::Cell& cell, const char* pin) const { return NetOf(cell.getPort(pin)[0]); }
  bool IsExported(const SigBit& bit) const { return bit.wire == nullptr || nets_.count(bit) > 0; }

  RTLIL::Module& module_;
  ExchangedCircuit& circuit_;
  SigMap sigmap_;
  dict<SigBit, NetId> nets_;
  dict<SigBit, RTLIL::Cell*> drivers_;
  NetId next_net_ = 2;
};

Exporter::Exporter(RTLIL::Module& module, RTLIL::Wire* undefined, ExchangedCircuit& circuit)
    : module_(module), circuit_(circuit), sigmap_(&module) {
  for (const ExchangedPort& port : circuit.ports) {
    if (!port.is_input) continue;
    for (const SigBit& bit : RTLIL::SigSpec(module.wire(RTLIL::escape_id(port.name)))) {
      nets_[sigmap_(bit)] = next_net_++;
    }
  }
  nets_[sigmap_(SigBit(undefined, 0))] = next_net_++;
  for (RTLIL::Cell* cell : module.cells()) {
    if (!cell->hasPort(ID::Y)) continue;
    for (const SigBit& bit : sigmap_(cell->getPort(ID::Y))) drivers_[bit] = cell;
  }
}

NetId Exporter::NetOf(const SigBit& bit) const {
  const SigBit mapped = sigmap_(bit);
  if (mapped.wire == nullptr) return mapped.data == RTLIL::S1 ? kNetOne : kNetZero;
  return nets_.at(mapped);
}

NetId Exporter::AddGate(CellFunction function, NetId a, NetId b, NetId c) {
  circuit_.gates.push_back({function, {a, b, c}});
  return next_net_++;
}

Check Exporter::ExportCell(RTLIL::Cell& cell) {
  const SigBit output = sigmap_(cell.getPort(ID::Y)[0]);
  for (const GateRule& rule : kGateRules) {
    if (cell.type != rule.type) continue;
    NetId in[3] = {kNetZero, kNetZero, kNetZero};
    for (int i = 0; i < InputCount(rule.function); ++i) in[i] = PinOf(cell, rule.pins[i]);
    nets_[output] = AddGate(rule.function, in[0], in[1], in[2]);
    return std::nullopt;
  }
  if (cell.type == "$_NMUX_") {
    const NetId mux =
        AddGate(CellFunction::kMux, PinOf(cell, "\\A"), PinOf(cell, "\\B"), PinOf(cell, "\\S"));
    nets_[output] = AddGate(CellFunction::kNot, mux);
    return std::nullopt;
  }
  for (const ComplexRule& rule : kComplexRules) {
    if (cell.type != rule.type) continue;
    const NetId left = AddGate(rule.inner, PinOf(cell, "\\A"), PinOf(cell, "\\B"));
    NetId right = PinOf(cell, "\\C");
    if (rule.input_count == 4) right = AddGate(rule.inner, right, PinOf(cell, "\\D"));
    nets_[output] = AddGate(rule.outer, left, right);
    return std::nullopt;
  }
  return Problem{"axlut-unsupported-cell",
                 std::string("cell '") + log_id(cell.type) + "' cannot be mapped to gates",
                 SrcOf(cell)};
}

Check Exporter::Export(const SigBit& output) {
  std::vector<SigBit> path{sigmap_(output)};
  while (!path.empty()) {
    const SigBit bit = path.back();
    if (IsExported(bit)) {
      path.pop_back();
      continue;
    }
    const auto driver = drivers_.find(bit);
    if (driver == drivers_.end()) {
      return Problem{"axlut-undriven", "net '" + NameOf(bit) + "' is used but not driven",
                     SrcOf(*bit.wire)};
    }
    RTLIL::Cell& cell = *driver->second;
    bool ready = true;
    for (const auto& [port, signal] : cell.connections()) {
      if (!cell.input(port)) continue;
      for (const SigBit& source : sigmap_(signal)) {
        if (IsExported(source)) continue;
        path.push_back(source);
        ready = false;
      }
    }
    if (!ready) continue;
    if (Check problem = ExportCell(cell)) return problem;
  }
  return std::nullopt;
}

Check Exporter::Run() {
  for (ExchangedPort& port : circuit_.ports) {
    if (port.is_input) continue;
    for (const SigBit& bit : RTLIL::SigSpec(module_.wire(RTLIL::escape_id(port.name)))) {
      if (Check problem = Export(bit)) return problem;
      port.nets.push_back(NetOf(bit));
    }
  }
  return std::nullopt;
}

}  // namespace

Check MakeGateNetlist(RTLIL::Design& design, ExchangedCircuit& circuit) {
  RTLIL::Module& module = *design.top_module();
  circuit.ports = PortsOf(module);
  RTLIL::Wire* undefined = module.addWire(NEW_ID);
  undefined->port_input = true;  // kept by every pass
  module.fixup_ports();

  MakeIndexBoundsExplicit(module, RTLIL::SigBit(undefined, 0));
  ReplaceUndefined(module, undefined);
  Pass::call(&design, std::vector<std::string>{"techmap"});
  ReplaceUndefined(module, undefined);
  if (Check problem = CheckLoops(module)) return problem;
  for (const char* pass : {"opt_expr", "opt_merge", "opt_expr", "opt_clean"}) {
    Pass::call(&design, std::vector<std::string>{pass});
  }
  ReplaceUndefined(module, undefined);
  return Exporter(module, undefined, circuit).Run();
}

}  // namespace axlut
