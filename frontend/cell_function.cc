// SPDX-License-Identifier: MIT
#include "frontend/cell_function.h"

#include <iterator>

namespace axlut {
namespace {

struct Entry {
  const char* name;
  int input_count;
};

// In the order of the enumeration.
constexpr Entry kEntries[] = {
    {"buf", 1},  {"not", 1},    {"and", 2},   {"or", 2},  {"xor", 2}, {"nand", 2}, {"nor", 2},
    {"xnor", 2}, {"andnot", 2}, {"ornot", 2}, {"mux", 3}, {"maj", 3}, {"xor3", 3},
};
static_assert(std::size(kEntries) == static_cast<size_t>(CellFunction::kXor3) + 1);

}  // namespace

int InputCount(CellFunction function) {
  return kEntries[static_cast<size_t>(function)].input_count;
}

const char* Name(CellFunction function) { return kEntries[static_cast<size_t>(function)].name; }

std::optional<CellFunction> CellFunctionNamed(std::string_view name) {
  for (size_t i = 0; i < std::size(kEntries); ++i) {
    if (name == kEntries[i].name) return static_cast<CellFunction>(i);
  }
  return std::nullopt;
}

}  // namespace axlut
