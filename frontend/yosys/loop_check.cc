// SPDX-License-Identifier: MIT
#include "frontend/yosys/loop_check.h"

#include <algorithm>

#include "frontend/yosys/design_names.h"

namespace axlut {
namespace {

using namespace Yosys;  // NOLINT: Yosys' macros (ID, log_id) need its names
using RTLIL::SigBit;

// Depth-first search over net bits, each with the bits that it depends on. Nets stay apart even if
// connected, so that `assign a = b; assign b = a;` is a loop, too.
class LoopCheck {
 public:
  explicit LoopCheck(RTLIL::Module& module);
  Check Run();

 private:
  struct Node {
    std::vector<SigBit> sources;
    RTLIL::Cell* cell = nullptr;  // null: driven by a connection
  };
  enum class State : uint8_t { kOpen, kDone };
  struct Step {
    SigBit bit;
    size_t next_source;
  };

  Check Search(const SigBit& start);
  Problem Describe(const std::vector<SigBit>& loop) const;

  dict<SigBit, Node> nodes_;
  dict<SigBit, State> states_;
};

LoopCheck::LoopCheck(RTLIL::Module& module) {
  for (RTLIL::Cell* cell : InSourceOrder(module.cells())) {
    std::vector<SigBit> sources;
    for (const auto& [port, signal] : cell->connections()) {
      if (!cell->input(port)) continue;
      for (const SigBit& bit : signal) {
        if (bit.wire != nullptr) sources.push_back(bit);
      }
    }
    for (const auto& [port, signal] : cell->connections()) {
      if (!cell->output(port)) continue;
      for (const SigBit& bit : signal) {
        if (bit.wire != nullptr) nodes_[bit] = {sources, cell};
      }
    }
  }
  for (const auto& [left, right] : module.connections()) {
    for (int i = 0; i < left.size(); ++i) {
      if (left[i].wire != nullptr && right[i].wire != nullptr) {
        nodes_[left[i]] = {{right[i]}, nullptr};
      }
    }
  }
}

Check LoopCheck::Run() {
  for (const auto& [bit, node] : nodes_) {
    if (Check problem = Search(bit)) return problem;
  }
  return std::nullopt;
}

Check LoopCheck::Search(const SigBit& start) {
  if (states_.count(start) > 0) return std::nullopt;
  std::vector<Step> path{{start, 0}};
  states_[start] = State::kOpen;
  while (!path.empty()) {
    Step& step = path.back();
    const auto node = nodes_.find(step.bit);
    if (node == nodes_.end() || step.next_source == node->second.sources.size()) {
      states_[step.bit] = State::kDone;
      path.pop_back();
      continue;
    }
    const SigBit source = node->second.sources[step.next_source++];
    const auto [state, is_new] = states_.insert({source, State::kOpen});
    if (is_new) {
      path.push_back({source, 0});
    } else if (state->second == State::kOpen) {
      std::vector<SigBit> loop;
      const auto first = std::find_if(path.begin(), path.end(),
                                      [&](const Step& open) { return open.bit == source; });
      for (auto open = first; open != path.end(); ++open) loop.push_back(open->bit);
      return Describe(loop);
    }
  }
  return std::nullopt;
}

Problem LoopCheck::Describe(const std::vector<SigBit>& loop) const {
  std::vector<std::string> names;
  Problem problem{"axlut-combinational-loop", "", ""};
  for (const SigBit& bit : loop) {
    const std::string name = NameOf(bit);
    if (HasPublicName(bit) && std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(name);
      if (problem.src.empty()) problem.src = SrcOf(*bit.wire);
    }
    const RTLIL::Cell* cell = nodes_.at(bit).cell;
    if (cell != nullptr && !SrcOf(*cell).empty() && problem.notes.size() < 4) {
      problem.notes.push_back({"through this gate", SrcOf(*cell)});
    }
  }
  if (problem.src.empty() && !problem.notes.empty()) problem.src = problem.notes[0].src;
  problem.message = "a net must not depend on itself; found a combinational loop";
  for (size_t i = 0; i < names.size() && i < 8; ++i) {
    const char* separator = i > 0 ? ", '" : names.size() > 1 ? " through nets '" : " through net '";
    problem.message += separator + names[i] + "'";
  }
  if (names.size() > 8) problem.message += ", ...";
  return problem;
}

}  // namespace

Check CheckLoops(RTLIL::Module& module) { return LoopCheck(module).Run(); }

}  // namespace axlut
