// SPDX-License-Identifier: MIT
// What the plugin found wrong with a design, in the exchange format's words (exchange.h).
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace axlut {

// `src` is a Yosys src attribute, "main.v:3.8-3.20", or "". The reader turns it into a location.
struct ProblemNote {
  std::string text;
  std::string src;
};

struct Problem {
  std::string id;  // of frontend/diagnostics.def
  std::string message;
  std::string src;
  std::vector<ProblemNote> notes = {};
  std::string help = {};
};

// Nothing wrong, or the first thing that is.
using Check = std::optional<Problem>;

}  // namespace axlut
