// SPDX-License-Identifier: MIT
#include "frontend/netlist.h"

#include <gtest/gtest.h>

namespace axlut {
namespace {

// A full adder of a[0], b[0], b[1]: nets 2, 3, 4; gates 5 and 6.
Netlist FullAdder() {
  Netlist netlist;
  netlist.input_count = 3;
  netlist.gates = {{CellFunction::kXor3, {2, 3, 4}}, {CellFunction::kMaj, {2, 3, 4}}};
  netlist.outputs = {5, 6};
  return netlist;
}

TEST(CellFunction, EachComputesItsTruthTable) {
  // Bit 4c + 2b + a of the expected word is the output for inputs a, b, c.
  const std::pair<CellFunction, int> expected[] = {
      {CellFunction::kBuf, 0xAA},   {CellFunction::kNot, 0x55},  {CellFunction::kAnd, 0x88},
      {CellFunction::kOr, 0xEE},    {CellFunction::kXor, 0x66},  {CellFunction::kNand, 0x77},
      {CellFunction::kNor, 0x11},   {CellFunction::kXnor, 0x99}, {CellFunction::kAndNot, 0x22},
      {CellFunction::kOrNot, 0xBB}, {CellFunction::kMux, 0xCA},  {CellFunction::kMaj, 0xE8},
      {CellFunction::kXor3, 0x96},
  };
  for (const auto& [function, word] : expected) {
    EXPECT_EQ(Apply<int>(function, 0xAA, 0xCC, 0xF0) & 0xFF, word) << Name(function);
  }
}

TEST(CellFunction, NamesLeadBackToFunctions) {
  for (int i = 0; i <= static_cast<int>(CellFunction::kXor3); ++i) {
    const auto function = static_cast<CellFunction>(i);
    EXPECT_EQ(CellFunctionNamed(Name(function)), function);
  }
  EXPECT_EQ(CellFunctionNamed("dff"), std::nullopt);
  EXPECT_EQ(CellFunctionNamed(""), std::nullopt);
}

TEST(CellFunction, InputCountIsWhatTheFunctionReads) {
  for (int i = 0; i <= static_cast<int>(CellFunction::kXor3); ++i) {
    const auto function = static_cast<CellFunction>(i);
    const bool reads_b = Apply<int>(function, 0, 0, 0) != Apply<int>(function, 0, ~0, 0) ||
                         Apply<int>(function, ~0, 0, 0) != Apply<int>(function, ~0, ~0, 0);
    const bool reads_c = Apply<int>(function, ~0, 0, 0) != Apply<int>(function, ~0, 0, ~0);
    EXPECT_EQ(InputCount(function), reads_c ? 3 : reads_b ? 2 : 1) << Name(function);
  }
}

TEST(Netlist, EvaluateOnceTakesTheOperandsBitsInOrder) {
  const Netlist adder = FullAdder();
  for (uint64_t a = 0; a < 2; ++a) {
    for (uint64_t b = 0; b < 4; ++b) {
      EXPECT_EQ(EvaluateOnce(adder, 1, a, b), a + (b & 1) + (b >> 1));
    }
  }
}

TEST(Netlist, EvaluateOnceKnowsConstants) {
  Netlist netlist;
  netlist.input_count = 2;
  netlist.outputs = {kNetOne, kNetZero, 3};
  EXPECT_EQ(EvaluateOnce(netlist, 1, 0, 1), 5u);
}

TEST(Netlist, ValidNetlistsHaveNothingWrong) { EXPECT_EQ(FullAdder().Validate(), ""); }

TEST(Netlist, ValidateNamesWhatIsWrong) {
  Netlist netlist = FullAdder();
  netlist.gates[0].in[1] = 5;
  EXPECT_EQ(netlist.Validate(), "gate 0 (xor3) reads net 5, which is not defined before it");
  netlist = FullAdder();
  netlist.gates[1] = {CellFunction::kNot, {2, 3, 0}};
  EXPECT_EQ(netlist.Validate(), "gate 1 (not) uses input 1, which it does not have");
  netlist = FullAdder();
  netlist.gates[1].function = static_cast<CellFunction>(77);
  EXPECT_EQ(netlist.Validate(), "gate 1 has the unknown function 77");
  netlist = FullAdder();
  netlist.outputs[1] = 7;
  EXPECT_EQ(netlist.Validate(), "output bit 1 is net 7, but there are only 7 nets");
  netlist.outputs.clear();
  EXPECT_EQ(netlist.Validate(), "a netlist has 1 to 64 outputs, got 0");
  netlist = FullAdder();
  netlist.input_count = 33;
  EXPECT_EQ(netlist.Validate(), "a netlist has at most 32 inputs, got 33");
}

}  // namespace
}  // namespace axlut
