// SPDX-License-Identifier: MIT
#include "frontend/yosys/driver_check.h"

#include <algorithm>

#include "frontend/yosys/design_names.h"

namespace axlut {
namespace {

using namespace Yosys;  // NOLINT: Yosys' macros (ID, log_id) need its names
using RTLIL::SigBit;

// What drives one bit: a cell's output, the right side of a connection, or the outside.
struct Driver {
  RTLIL::Cell* cell = nullptr;
  SigBit source = SigBit();
  bool is_port = false;
};

class DriverCheck {
 public:
  explicit DriverCheck(RTLIL::Module& module) : module_(module) { Collect(); }

  Check MultipleDrivers() const;
  Check Undriven() const;

 private:
  void Collect();
  void AddUse(const SigBit& bit, const std::string& src);
  ProblemNote Describe(const Driver& driver) const;

  RTLIL::Module& module_;
  dict<SigBit, std::vector<Driver>> drivers_;
  dict<SigBit, std::string> uses_;  // by a cell or an output port, with the user's src
};

void DriverCheck::AddUse(const SigBit& bit, const std::string& src) {
  if (bit.wire != nullptr) uses_.insert({bit, src});
}

void DriverCheck::Collect() {
  for (RTLIL::Wire* wire : InSourceOrder(module_.wires())) {
    for (const SigBit& bit : RTLIL::SigSpec(wire)) {
      if (wire->port_input) drivers_[bit].push_back({nullptr, SigBit(), true});
      if (wire->port_output) AddUse(bit, SrcOf(*wire));
    }
  }
  for (RTLIL::Cell* cell : InSourceOrder(module_.cells())) {
    for (const auto& [port, signal] : cell->connections()) {
      for (const SigBit& bit : signal) {
        if (cell->output(port) && bit.wire != nullptr) {
          drivers_[bit].push_back({cell, SigBit(), false});
        }
        if (cell->input(port)) AddUse(bit, SrcOf(*cell));
      }
    }
  }
  for (const auto& [left, right] : module_.connections()) {
    for (int i = 0; i < left.size(); ++i) {
      if (left[i].wire != nullptr) drivers_[left[i]].push_back({nullptr, right[i], false});
    }
  }
}

// Connections have no position; what is behind one has: the gate of an expression, or the net that
// the source names.
ProblemNote DriverCheck::Describe(const Driver& driver) const {
  if (driver.is_port) return {"driven from outside: it is an input port", ""};
  if (driver.cell != nullptr) return {"driven here", SrcOf(*driver.cell)};
  if (driver.source.wire == nullptr) return {"driven by a constant", ""};
  if (HasPublicName(driver.source)) {
    return {"driven by net '" + NameOf(driver.source) + "'", SrcOf(*driver.source.wire)};
  }
  const auto found = drivers_.find(driver.source);
  const bool is_cell = found != drivers_.end() && found->second[0].cell != nullptr;
  return {"driven here", is_cell ? SrcOf(*found->second[0].cell) : ""};
}

Check DriverCheck::MultipleDrivers() const {
  for (RTLIL::Wire* wire : InSourceOrder(module_.wires())) {
    for (const SigBit& bit : RTLIL::SigSpec(wire)) {
      const auto found = drivers_.find(bit);
      if (found == drivers_.end() || found->second.size() < 2) continue;
      Problem problem{"axlut-multiple-drivers",
                      "net '" + NameOf(bit) + "' must have one driver, found " +
                          std::to_string(found->second.size()),
                      SrcOf(*wire)};
      for (const Driver& driver : found->second) problem.notes.push_back(Describe(driver));
      return problem;
    }
  }
  return std::nullopt;
}

// "net 'x' is", "bit 3 of net 'x' is", "bits 3, 4 of net 'x' are"; at most eight bits in full.
std::string Subject(const std::vector<SigBit>& bits) {
  const RTLIL::Wire& wire = *bits[0].wire;
  const std::string net =
      "net '" + (wire.name.isPublic() ? RTLIL::unescape_id(wire.name) : std::string("(unnamed)")) +
      "'";
  if (wire.width == 1) return net + " is";
  std::string list;
  for (size_t i = 0; i < std::min<size_t>(bits.size(), 8); ++i) {
    list += (i == 0 ? "" : ", ") + std::to_string(IndexOf(bits[i]));
  }
  if (bits.size() == 1) return "bit " + list + " of " + net + " is";
  return "bits " + list + (bits.size() > 8 ? ", ..." : "") + " of " + net + " are";
}

Check DriverCheck::Undriven() const {
  // A bit is used, too, if it reaches a use through connections.
  dict<SigBit, std::string> used = uses_;
  std::vector<SigBit> todo;
  for (const auto& [bit, src] : uses_) todo.push_back(bit);
  while (!todo.empty()) {
    const SigBit bit = todo.back();
    todo.pop_back();
    const auto found = drivers_.find(bit);
    if (found == drivers_.end()) continue;
    for (const Driver& driver : found->second) {
      const bool is_new =
          driver.source.wire != nullptr && used.insert({driver.source, used.at(bit)}).second;
      if (is_new) todo.push_back(driver.source);
    }
  }
  for (RTLIL::Wire* wire : InSourceOrder(module_.wires())) {
    std::vector<SigBit> undriven;
    for (const SigBit& bit : RTLIL::SigSpec(wire)) {
      if (used.count(bit) > 0 && drivers_.count(bit) == 0) undriven.push_back(bit);
    }
    if (undriven.empty()) continue;
    Problem problem{"axlut-undriven", Subject(undriven) + " used but not driven", SrcOf(*wire)};
    const std::string& user = used.at(undriven[0]);
    if (user != problem.src) problem.notes.push_back({"used here", user});
    return problem;
  }
  return std::nullopt;
}

}  // namespace

Check CheckDrivers(RTLIL::Module& module) {
  const DriverCheck check(module);
  if (Check problem = check.MultipleDrivers()) return problem;
  return check.Undriven();
}

}  // namespace axlut
