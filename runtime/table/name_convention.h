// SPDX-License-Identifier: MIT
// What the name of a circuit or table says about its operands.
#pragma once

#include <optional>
#include <string>

#include "runtime/table/operand_spec.h"

namespace axlut {

// What a name of EvoApproxLib's form says: mul8u_..., mul8s_..., mul8x4u_..., mul12s_....
struct NameConvention {
  int width_a = 0;
  int width_b = 0;
  Signedness signedness = Signedness::kUnsigned;
};

// `name` is a module's, a function's or a file's without folder and extension. Nothing unless it is
// "mul", widths of 1..16 bits ("8" or "8x4"), "u" or "s", and then its end or "_" and anything.
std::optional<NameConvention> ParseNameConvention(const std::string& name);

}  // namespace axlut
