// SPDX-License-Identifier: MIT
#include "frontend/yosys/elaborate.h"

#include <fstream>
#include <sstream>

#include "frontend/yosys/builtin_cells.h"
#include "frontend/yosys/design_names.h"
#include "frontend/yosys/driver_check.h"
#include "frontend/yosys/instance_check.h"

namespace axlut {
namespace {

using namespace Yosys;  // NOLINT: Yosys' macros (ID, log_id) need its names

// Passes are called with argument lists, never with a command line: Yosys' tokenizer has no quoting
// that would survive every file name.
void ReadSource(RTLIL::Design& design, const Job& job) {
  // -icells: netlists written by Yosys itself may instantiate its gates, \$_AND_ and the like.
  std::vector<std::string> arguments{"verilog", "-icells"};
  if (job.systemverilog) arguments.push_back("-sv");
  for (const std::string& folder : job.include_dirs) arguments.push_back("-I" + folder);
  for (const std::string& define : job.defines) arguments.push_back("-D" + define);
  std::ifstream source(job.file);
  Frontend::frontend_call(&design, &source, job.file, arguments);
}

// By comparing names: not every string may become an identifier of Yosys.
RTLIL::Module* ModuleNamed(RTLIL::Design& design, const std::string& name) {
  for (RTLIL::Module* module : design.modules()) {
    if (RTLIL::unescape_id(module->name) == name) return module;
  }
  return nullptr;
}

// The cells of EvoApproxLib's _pdk45.v files, for those that the source does not define.
void AddBuiltinCells(RTLIL::Design& design) {
  for (const BuiltinCell& cell : kBuiltinCells) {
    if (ModuleNamed(design, cell.name) != nullptr) continue;
    std::istringstream source(cell.verilog);
    Frontend::frontend_call(&design, &source, "(built-in cell)", std::string("verilog"));
  }
}

std::string Listed(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < names.size() && i < 12; ++i) text += (i > 0 ? ", " : "") + names[i];
  return text + (names.size() > 12 ? ", ..." : "");
}

// The module to build: the one that the user names, the one named like the file, or the only one
// that no other instantiates.
Check FindTop(RTLIL::Design& design, const Job& job, RTLIL::Module*& top) {
  std::vector<std::string> names;
  std::vector<std::string> uninstantiated;
  pool<RTLIL::IdString> instantiated;
  for (RTLIL::Module* module : InSourceOrder(design.modules())) {
    for (RTLIL::Cell* cell : InSourceOrder(module->cells())) instantiated.insert(cell->type);
  }
  for (RTLIL::Module* module : InSourceOrder(design.modules())) {
    const std::string name = RTLIL::unescape_id(module->name);
    names.push_back(name);
    if (instantiated.count(module->name) == 0) uninstantiated.push_back(name);
  }
  if (!job.top.empty()) {
    top = ModuleNamed(design, job.top);
    if (top != nullptr) return std::nullopt;
    return Problem{"axlut-no-top",
                   "module '" + job.top + "' (--top) is not in the source; there are: " +
                       (names.empty() ? "none" : Listed(names)),
                   ""};
  }
  const std::string suffix = "_pdk45";
  std::string stem = job.stem;
  top = ModuleNamed(design, stem);
  if (top == nullptr && stem.size() > suffix.size() &&
      stem.compare(stem.size() - suffix.size(), suffix.size(), suffix) == 0) {
    top = ModuleNamed(design, stem.substr(0, stem.size() - suffix.size()));
  }
  if (top != nullptr) return std::nullopt;
  if (uninstantiated.size() == 1) {
    top = ModuleNamed(design, uninstantiated[0]);
    return std::nullopt;
  }
  if (names.empty()) {
    return Problem{"axlut-no-top", "the source must define a module; found none", ""};
  }
  if (uninstantiated.empty()) {
    return Problem{"axlut-no-top",
                   "every module is instantiated by another one, so none is the top; there are: " +
                       Listed(names),
                   "",
                   {},
                   "choose one with --top NAME"};
  }
  return Problem{
      "axlut-ambiguous-top",
      "the top module must be named like the file ('" + stem +
          "') or be the only one that no other instantiates; candidates: " + Listed(uninstantiated),
      "",
      {},
      "choose one with --top NAME"};
}

void Call(RTLIL::Design& design, std::vector<std::string> arguments) {
  Pass::call(&design, std::move(arguments));
}

void RemoveKeptHierarchyAndFormalCells(RTLIL::Design& design) {
  for (RTLIL::Module* module : InSourceOrder(design.modules())) {
    module->attributes.erase(ID::keep_hierarchy);
    for (RTLIL::Cell* cell : InSourceOrder(module->cells())) {
      cell->attributes.erase(ID::keep_hierarchy);
      if (cell->type.in(ID($assert), ID($assume), ID($live), ID($fair), ID($cover))) {
        module->remove(cell);
      }
    }
  }
}

}  // namespace

Check Elaborate(RTLIL::Design& design, const Job& job) {
  ReadSource(design, job);
  RTLIL::Module* top = nullptr;
  if (Check problem = FindTop(design, job, top)) return problem;
  AddBuiltinCells(design);
  if (Check problem = CheckConnections(design, *top)) return problem;
  Call(design, {"hierarchy", "-top", RTLIL::unescape_id(top->name)});
  if (Check problem = CheckHierarchy(design)) return problem;

  // -noopt and -norom: what is wrong must not be optimised away before it is found.
  Call(design, {"proc", "-noopt", "-norom"});
  RemoveKeptHierarchyAndFormalCells(design);
  Call(design, {"flatten"});
  RTLIL::Module& flat = *design.top_module();
  if (Check problem = CheckCombinational(flat)) return problem;
  return CheckDrivers(flat);
}

}  // namespace axlut
