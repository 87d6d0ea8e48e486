// SPDX-License-Identifier: MIT
// For tests and benchmarks: a real multiplier's netlist.
#pragma once

#include <vector>

#include "frontend/netlist.h"

namespace axlut::testing_support {

// Adds gates to a netlist.
class NetlistBuilder {
 public:
  explicit NetlistBuilder(uint32_t inputs) { netlist.input_count = inputs; }

  NetId Add(CellFunction function, NetId a, NetId b) {
    netlist.gates.push_back(Gate{function, {a, b, kNetZero}});
    return netlist.NetCount() - 1;
  }
  // Sum and carry of two or three bits, of two-input gates.
  struct Sum {
    NetId sum, carry;
  };
  Sum HalfAdder(NetId a, NetId b) {
    return {Add(CellFunction::kXor, a, b), Add(CellFunction::kAnd, a, b)};
  }
  Sum FullAdder(NetId a, NetId b, NetId c) {
    const Sum first = HalfAdder(a, b);
    const Sum second = HalfAdder(first.sum, c);
    return {second.sum, Add(CellFunction::kOr, first.carry, second.carry)};
  }

  Netlist netlist;
};

// The exact unsigned array multiplier of two operands of `width` >= 2 bits with ripple-carry rows;
// 320 two-input gates for 8x8 bits.
inline Netlist ArrayMultiplier(int width) {
  NetlistBuilder builder(2 * static_cast<uint32_t>(width));
  const NetId a = builder.netlist.FirstInputNet();
  const NetId b = a + static_cast<NetId>(width);
  const auto row = [&](int j) {
    std::vector<NetId> bits;
    for (int i = 0; i < width; ++i) {
      bits.push_back(
          builder.Add(CellFunction::kAnd, a + static_cast<NetId>(i), b + static_cast<NetId>(j)));
    }
    return bits;
  };
  std::vector<NetId> outputs;
  std::vector<NetId> sum = row(0);  // of the rows so far, without the bits that are outputs already
  sum.push_back(kNetZero);
  for (int j = 1; j < width; ++j) {
    outputs.push_back(sum[0]);
    const std::vector<NetId> partial = row(j);
    std::vector<NetId> next;
    NetId carry = kNetZero;
    for (size_t i = 0; i < partial.size(); ++i) {
      const NetId above = sum[i + 1];
      const bool full = carry != kNetZero && above != kNetZero;
      const NetId other = above != kNetZero ? above : carry;
      const NetlistBuilder::Sum bit =
          full ? builder.FullAdder(partial[i], above, carry) : builder.HalfAdder(partial[i], other);
      next.push_back(bit.sum);
      carry = bit.carry;
    }
    next.push_back(carry);
    sum = next;
  }
  outputs.insert(outputs.end(), sum.begin(), sum.end());
  builder.netlist.outputs = outputs;
  return builder.netlist;
}

}  // namespace axlut::testing_support
