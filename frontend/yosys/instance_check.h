// SPDX-License-Identifier: MIT
// Instances fit the modules that they name: ports exist, are all connected, and have their widths.
#pragma once

#include "frontend/yosys/problem.h"
#include "kernel/yosys.h"

namespace axlut {

// Before `hierarchy`, while connections are as written: names and numbers of ports, and widths of
// the instances of modules without parameters. Looks at what `top` reaches.
Check CheckConnections(Yosys::RTLIL::Design& design, Yosys::RTLIL::Module& top);

// After `hierarchy`: cells without a module, black boxes, inout ports, and the widths of instances
// of parametrised modules, which `hierarchy` has adapted with a warning.
Check CheckHierarchy(Yosys::RTLIL::Design& design);

// After `proc` and `flatten`: flip-flops, latches and memories.
Check CheckCombinational(Yosys::RTLIL::Module& module);

}  // namespace axlut
