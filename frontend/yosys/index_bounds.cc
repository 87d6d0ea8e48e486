// SPDX-License-Identifier: MIT
#include "frontend/yosys/index_bounds.h"

#include <algorithm>

#include "frontend/yosys/design_names.h"

namespace axlut {
namespace {

using namespace Yosys;  // NOLINT: Yosys' macros (ID, log_id) need its names
using RTLIL::SigSpec;

// Y = A >> B, where a negative B shifts left.
void Replace(RTLIL::Module& module, RTLIL::Cell& cell, const RTLIL::SigBit& undefined) {
  const std::string src = cell.get_src_attribute();
  const SigSpec output = cell.getPort(ID::Y);
  SigSpec data = cell.getPort(ID::A);
  SigSpec index = cell.getPort(ID::B);
  if (cell.getParam(ID::B_SIGNED).as_bool()) {
    // Make the index count from the lowest position that still overlaps the data: below it, the sum
    // is negative, which reads as a large unsigned number and so is out of range as well.
    const int below = output.size();
    index.extend_u0(std::max(index.size(), ceil_log2(below + 1) + 1) + 1, true);
    index = module.Add(NEW_ID, index, RTLIL::Const(below, index.size()), false, src);
    data = SigSpec(undefined, below);
    data.append(cell.getPort(ID::A));
  }
  const int used = std::min(index.size(), ceil_log2(data.size() + 1));
  data.append(SigSpec(undefined, (1 << used) - 1 + output.size() - data.size()));
  SigSpec selected = module.Shr(NEW_ID, data, index.extract(0, used), false, src);
  selected = selected.extract(0, output.size());
  if (used < index.size()) {
    const SigSpec outside =
        module.ReduceOr(NEW_ID, index.extract(used, index.size() - used), false, src);
    selected = module.Mux(NEW_ID, selected, SigSpec(undefined, output.size()), outside, src);
  }
  module.connect(output, selected);
}

}  // namespace

void MakeIndexBoundsExplicit(RTLIL::Module& module, const RTLIL::SigBit& undefined) {
  for (RTLIL::Cell* cell : InSourceOrder(module.cells())) {
    if (cell->type != ID($shiftx)) continue;
    Replace(module, *cell, undefined);
    module.remove(cell);
  }
}

}  // namespace axlut
