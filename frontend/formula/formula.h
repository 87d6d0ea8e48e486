// SPDX-License-Identifier: MIT
// Multipliers that are given by a formula instead of a file.
#pragma once

#include <string>
#include <vector>

namespace axlut {

// One kind of formula, for --help and docs/c-models.md.
struct FormulaKind {
  std::string name;     // "truncated"
  std::string form;     // "truncated:WxW:N"
  std::string example;  // "truncated:8x8:4"
  std::string meaning;  // what it computes, in one sentence
};

const std::vector<FormulaKind>& FormulaKinds();

// The kinds as lines of --help.
std::string FormulaHelp();

}  // namespace axlut
