// SPDX-License-Identifier: MIT
#include "frontend/yosys/instance_check.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <map>

#include "frontend/yosys/design_names.h"
#include "kernel/sigtools.h"

namespace axlut {
namespace {

using namespace Yosys;  // NOLINT: Yosys' macros (ID, log_id) need its names

std::string Plain(const RTLIL::IdString& id) {
  // "$paramod\sub\W=s32'..." is the module 'sub' with other parameters.
  const std::string text = id.str();
  if (text.compare(0, 9, "$paramod\\") == 0) return text.substr(9, text.find('\\', 9) - 9);
  if (text.compare(0, 9, "$paramod$") == 0) {  // $paramod$<hash>\sub
    return text.substr(std::min(text.size(), text.find('\\') + 1));
  }
  return RTLIL::unescape_id(id);
}

std::string Where(const RTLIL::Cell& cell) {
  return "(instance '" + RTLIL::unescape_id(cell.name) + "' of module '" + Plain(cell.type) + "')";
}

// The declared port that a connection means: "$2" is the second one. Null if there is none.
RTLIL::Wire* PortOf(RTLIL::Module& module, const RTLIL::IdString& name) {
  const std::string text = name.str();
  if (text[0] == '$' && text.size() > 1 && isdigit(static_cast<unsigned char>(text[1]))) {
    const size_t index = strtoul(text.c_str() + 1, nullptr, 10);
    if (index == 0 || index > module.ports.size()) return nullptr;
    return module.wire(module.ports[index - 1]);
  }
  RTLIL::Wire* wire = module.wire(name);
  return wire != nullptr && wire->port_id > 0 ? wire : nullptr;
}

Check NoSuchPort(const RTLIL::Cell& cell, RTLIL::Module& module, const RTLIL::IdString& name) {
  if (name.str()[0] != '$') {
    return Problem{"axlut-port-connection",
                   "port '" + RTLIL::unescape_id(name) + "' does not exist " + Where(cell),
                   SrcOf(cell),
                   {{"the module is here", SrcOf(module)}}};
  }
  return Problem{"axlut-port-connection",
                 "module has " + std::to_string(module.ports.size()) + " ports, but " +
                     std::to_string(cell.connections().size()) + " are connected " + Where(cell),
                 SrcOf(cell),
                 {{"the module is here", SrcOf(module)}}};
}

// `.cin(0)`: an integer constant is 32 bits wide, but means a number.
bool IsFittingConstant(const RTLIL::SigSpec& signal, int width) {
  if (signal.size() != 32 || !signal.is_fully_const() || !signal.is_fully_def()) return false;
  for (int i = width; i < signal.size(); ++i) {
    if (signal[i].data != RTLIL::S0) return false;
  }
  return true;
}

Problem WrongWidth(const RTLIL::Cell& cell, const RTLIL::Wire& port, int found) {
  const std::string bits = std::to_string(port.width) + (port.width == 1 ? " bit" : " bits");
  return {"axlut-port-width-mismatch",
          "port '" + RTLIL::unescape_id(port.name) + "' has " + bits + ", but " +
              std::to_string(found) + (found == 1 ? " is" : " are") + " connected " + Where(cell),
          SrcOf(cell),
          {{"the port is declared here", SrcOf(port)}}};
}

Check CheckCell(const RTLIL::Cell& cell, RTLIL::Module& module, const SigMap& sigmap) {
  pool<RTLIL::IdString> connected;
  for (const auto& [name, signal] : cell.connections()) {
    RTLIL::Wire* port = PortOf(module, name);
    if (port == nullptr) return NoSuchPort(cell, module, name);
    if (signal.size() == 0) continue;  // `.carry()`
    connected.insert(port->name);
    if (!module.avail_parameters.empty() || signal.size() == port->width) continue;
    if (port->port_input && IsFittingConstant(sigmap(signal), port->width)) continue;
    return WrongWidth(cell, *port, signal.size());
  }
  for (const RTLIL::IdString& name : module.ports) {
    const RTLIL::Wire* port = module.wire(name);
    if (!port->port_input || connected.count(name) > 0) continue;
    return Problem{"axlut-port-connection",
                   "input '" + RTLIL::unescape_id(name) + "' is not connected " + Where(cell),
                   SrcOf(cell),
                   {{"the port is declared here", SrcOf(*port)}}};
  }
  return std::nullopt;
}

// What `hierarchy` has adapted: "module.cell.port" -> bits before.
std::map<std::string, int> ResizedPorts() {
  const std::string begin = "Resizing cell port ";
  std::map<std::string, int> resized;
  for (const std::string& warning : log_warnings) {
    const size_t from = warning.rfind(" from ");
    const size_t start = warning.find(begin);
    if (start == std::string::npos || from == std::string::npos) continue;
    const size_t name = start + begin.size();
    resized[warning.substr(name, from - name)] = atoi(warning.c_str() + from + 6);
  }
  return resized;
}

Check UnknownCell(const RTLIL::Cell& cell, const RTLIL::Module* module) {
  const std::string type = Plain(cell.type);
  std::string upper = type;
  for (char& c : upper) c = static_cast<char>(toupper(static_cast<unsigned char>(c)));
  const std::string instance = "' (instance '" + RTLIL::unescape_id(cell.name) + "')";
  if (upper.find("DFF") != std::string::npos || upper.find("LATCH") != std::string::npos) {
    return Problem{
        "axlut-sequential-cell",
        "cell '" + type + instance + " is sequential; a truth table needs a combinational module",
        SrcOf(cell)};
  }
  if (module != nullptr) {
    return Problem{"axlut-unknown-cell",
                   "module '" + type + instance + " is a black box: its function is not known",
                   SrcOf(cell),
                   {{"declared here", SrcOf(*module)}}};
  }
  return Problem{"axlut-unknown-cell",
                 "cell '" + type + instance + " is not defined in the source",
                 SrcOf(cell),
                 {},
                 "add its definition to the file, or `include it"};
}

}  // namespace

Check CheckConnections(RTLIL::Design& design, RTLIL::Module& top) {
  std::vector<RTLIL::Module*> todo{&top};
  pool<RTLIL::IdString> seen{top.name};
  while (!todo.empty()) {
    RTLIL::Module& parent = *todo.back();
    todo.pop_back();
    const SigMap sigmap(&parent);
    for (RTLIL::Cell* cell : InSourceOrder(parent.cells())) {
      RTLIL::Module* module = design.module(cell->type);
      if (module == nullptr) continue;
      if (Check problem = CheckCell(*cell, *module, sigmap)) return problem;
      if (seen.insert(module->name).second) todo.push_back(module);
    }
  }
  return std::nullopt;
}

Check CheckHierarchy(RTLIL::Design& design) {
  const std::map<std::string, int> resized = ResizedPorts();
  for (RTLIL::Module* parent : InSourceOrder(design.modules())) {
    for (RTLIL::IdString port : parent->ports) {
      const RTLIL::Wire* wire = parent->wire(port);
      if (wire->port_input && wire->port_output) {
        return Problem{"axlut-inout-port",
                       "port '" + RTLIL::unescape_id(port) + "' of module '" + Plain(parent->name) +
                           "' is inout; ports must be input or output",
                       SrcOf(*wire)};
      }
    }
    const SigMap sigmap(parent);
    for (RTLIL::Cell* cell : InSourceOrder(parent->cells())) {
      if (!cell->type.isPublic() && cell->type.str().compare(0, 8, "$paramod") != 0) continue;
      RTLIL::Module* module = design.module(cell->type);
      if (module == nullptr || module->get_blackbox_attribute()) return UnknownCell(*cell, module);
      for (const auto& [name, signal] : cell->connections()) {
        const auto found =
            resized.find(std::string(log_id(parent)) + "." + log_id(cell) + "." + log_id(name));
        const bool is_integer =
            found != resized.end() && found->second == 32 && sigmap(signal).is_fully_const();
        if (found == resized.end() || is_integer) continue;
        return WrongWidth(*cell, *module->wire(name), found->second);
      }
    }
  }
  return std::nullopt;
}

Check CheckCombinational(RTLIL::Module& module) {
  for (const auto& [name, memory] : module.memories) {
    return Problem{"axlut-memory",
                   "'" + RTLIL::unescape_id(name) +
                       "' is a memory; a truth table needs a combinational module without one",
                   SrcOf(*memory)};
  }
  for (RTLIL::Cell* cell : InSourceOrder(module.cells())) {
    if (cell->is_mem_cell()) {
      return Problem{"axlut-memory",
                     "the circuit reads or writes a memory; a truth table needs a "
                     "combinational module without one",
                     SrcOf(*cell)};
    }
    if (RTLIL::builtin_ff_cell_types().count(cell->type) == 0) continue;
    const RTLIL::SigSpec q = cell->hasPort(ID::Q) ? cell->getPort(ID::Q) : RTLIL::SigSpec();
    std::string name = "(unnamed)";
    for (const RTLIL::SigBit& bit : q) {
      if (HasPublicName(bit)) name = RTLIL::unescape_id(bit.wire->name);
    }
    const bool is_latch = cell->type.str().find("latch") != std::string::npos ||
                          cell->type.str().find("LATCH") != std::string::npos;
    const std::string kind = is_latch ? "latch" : "flip-flop";
    Problem problem{"axlut-sequential-cell",
                    "net '" + name + "' is stored in a " + kind + " (cell '" + log_id(cell->type) +
                        "'); a truth table needs a combinational module",
                    SrcOf(*cell)};
    if (is_latch) problem.help = "assign the net on every path through its always block";
    return problem;
  }
  return std::nullopt;
}

}  // namespace axlut
