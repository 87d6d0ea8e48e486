// SPDX-License-Identifier: MIT
// How the plugin's messages name things of a design, and in which order they look at them.
#pragma once

#include <algorithm>
#include <string>
#include <type_traits>
#include <vector>

#include "kernel/yosys.h"

namespace axlut {

// The first location of an object's src attribute; "" if it has none.
std::string SrcOf(const Yosys::RTLIL::AttrObject& object);

// "sum", "sum[3]" (the index as declared), "adder.carry[0]" after flattening. A net that Yosys made
// up has no name that a user knows: "(unnamed)".
std::string NameOf(const Yosys::RTLIL::SigBit& bit);

// The bit's index as declared: 7 for the least significant bit of [0:7].
int IndexOf(const Yosys::RTLIL::SigBit& bit);

// A module's wires or cells, or a design's modules, as they stand in the source: Yosys' containers
// iterate from the last to the first, and a user wants to hear of the first error.
template <typename Objects>
auto InSourceOrder(Objects objects) {
  std::vector<std::decay_t<decltype(*objects.begin())>> vector;
  for (auto object : objects) vector.push_back(object);
  std::reverse(vector.begin(), vector.end());
  return vector;
}

// True if the net was declared in the source.
bool HasPublicName(const Yosys::RTLIL::SigBit& bit);

}  // namespace axlut
