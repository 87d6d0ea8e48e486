// SPDX-License-Identifier: MIT
#include "lutgen/bit_parallel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

#include "lutgen/testing/array_multiplier.h"
#include "runtime/table/truth_table.h"

namespace axlut {
namespace {

constexpr int kCellFunctions = static_cast<int>(CellFunction::kXor3) + 1;

// One pair, one gate at a time: what every interpreter must equal.
uint64_t ProductPattern(const Netlist& netlist, const OperandSpec& a, const OperandSpec& b,
                        uint64_t pair) {
  std::vector<uint64_t> nets(netlist.NetCount(), 0);
  nets[kNetOne] = 1;
  for (int i = 0; i < a.width; ++i) {
    nets[netlist.FirstInputNet() + i] = (pair >> (b.width + i)) & 1;
  }
  for (int j = 0; j < b.width; ++j) nets[netlist.FirstInputNet() + a.width + j] = (pair >> j) & 1;
  for (size_t i = 0; i < netlist.gates.size(); ++i) {
    const Gate& gate = netlist.gates[i];
    nets[netlist.FirstGateNet() + i] =
        Apply<uint64_t>(gate.function, nets[gate.in[0]], nets[gate.in[1]], nets[gate.in[2]]) & 1;
  }
  uint64_t pattern = 0;
  for (size_t k = 0; k < netlist.outputs.size(); ++k) pattern |= nets[netlist.outputs[k]] << k;
  return pattern;
}

// A netlist of random gates of every kind; outputs are any nets, constants and inputs included.
Netlist RandomNetlist(uint32_t inputs, uint32_t gates, int outputs, std::mt19937& random) {
  Netlist netlist;
  netlist.input_count = inputs;
  for (uint32_t i = 0; i < gates; ++i) {
    const NetId here = netlist.FirstGateNet() + i;
    Gate gate{static_cast<CellFunction>(random() % kCellFunctions), {}};
    for (int k = 0; k < InputCount(gate.function); ++k) gate.in[k] = random() % here;
    netlist.gates.push_back(gate);
  }
  for (int k = 0; k < outputs; ++k) netlist.outputs.push_back(random() % netlist.NetCount());
  return netlist;
}

// Every product of a random netlist, or of a sample of pairs where there are many.
void ExpectEqualsReference(const OperandSpec& a, const OperandSpec& b, const OperandSpec& product,
                           uint32_t gates, uint32_t seed) {
  std::mt19937 random(seed);
  const Netlist netlist =
      RandomNetlist(static_cast<uint32_t>(a.width + b.width), gates, product.width, random);
  const uint64_t pairs = a.count() * b.count();
  const uint64_t stride = pairs <= 65536 ? 1 : 509;
  for (const Isa isa : SupportedIsas()) {
    SCOPED_TRACE(std::string(Name(isa)) + ", " + ToString(a) + " x " + ToString(b) + " -> " +
                 ToString(product) + ", seed " + std::to_string(seed));
    const auto evaluator = BitParallelEvaluator::Create(netlist, a, b, product, isa);
    ASSERT_TRUE(evaluator.ok()) << evaluator.error().ToString();
    ASSERT_EQ(evaluator->isa(), isa);
    ASSERT_EQ(evaluator->pair_count(), pairs);
    std::vector<int32_t> products(pairs, -77);
    evaluator->Evaluate(0, pairs, products.data());
    for (uint64_t pair = 0; pair < pairs; pair += stride) {
      const int64_t value = product.ValueOf(ProductPattern(netlist, a, b, pair));
      ASSERT_EQ(products[pair], static_cast<int32_t>(value)) << "pair " << pair;
    }
  }
}

Signedness RandomSignedness(std::mt19937& random) {
  return random() % 2 == 0 ? Signedness::kUnsigned : Signedness::kTwosComplement;
}

TEST(BitParallel, EqualsTheReferenceForAllWidthsUpToEightBits) {
  for (int width_a = 1; width_a <= 8; ++width_a) {
    for (int width_b = 1; width_b <= 8; ++width_b) {
      const uint32_t seed = static_cast<uint32_t>(100 * width_a + width_b);
      std::mt19937 random(seed);
      const OperandSpec product{width_a + width_b, RandomSignedness(random)};
      ExpectEqualsReference({width_a, Signedness::kUnsigned}, {width_b, Signedness::kUnsigned},
                            product, 60, seed);
      if (HasFatalFailure()) return;
    }
  }
}

TEST(BitParallel, EqualsTheReferenceForAllProductWidths) {
  for (int width = 1; width <= 32; ++width) {
    for (const Signedness signedness : {Signedness::kUnsigned, Signedness::kTwosComplement}) {
      ExpectEqualsReference({5, Signedness::kUnsigned}, {6, Signedness::kTwosComplement},
                            {width, signedness}, 90, static_cast<uint32_t>(width));
      if (HasFatalFailure()) return;
    }
  }
}

TEST(BitParallel, EqualsTheReferenceForTwelveBitOperands) {
  const OperandSpec operand{12, Signedness::kTwosComplement};
  ExpectEqualsReference(operand, operand, {24, Signedness::kTwosComplement}, 700, 12);
}

TEST(BitParallel, EqualsTheReferenceForManyRandomNetlists) {
  const uint32_t first_seed = std::random_device{}();
  for (uint32_t seed = first_seed; seed != first_seed + 40; ++seed) {
    std::mt19937 random(seed);
    const OperandSpec a{static_cast<int>(1 + random() % 7), RandomSignedness(random)};
    const OperandSpec b{static_cast<int>(1 + random() % 7), RandomSignedness(random)};
    const OperandSpec product{static_cast<int>(1 + random() % 32), RandomSignedness(random)};
    ExpectEqualsReference(a, b, product, random() % 200, seed);
    if (HasFatalFailure()) return;
  }
}

TEST(BitParallel, EveryCellFunctionComputesWhatApplyDoes) {
  for (int function = 0; function < kCellFunctions; ++function) {
    // Three inputs a0, a1, b0 and all permutations of them as the gate's pins.
    const OperandSpec a{2, Signedness::kUnsigned};
    const OperandSpec b{1, Signedness::kUnsigned};
    for (const auto& pins : {std::array<NetId, 3>{2, 3, 4}, {4, 2, 3}, {3, 4, 2}, {2, 2, 2}}) {
      Netlist netlist;
      netlist.input_count = 3;
      Gate gate{static_cast<CellFunction>(function), {}};
      for (int k = 0; k < InputCount(gate.function); ++k) gate.in[k] = pins[k];
      netlist.gates = {gate};
      netlist.outputs = {netlist.FirstGateNet()};
      for (const Isa isa : SupportedIsas()) {
        const auto evaluator =
            BitParallelEvaluator::Create(netlist, a, b, {1, Signedness::kUnsigned}, isa);
        ASSERT_TRUE(evaluator.ok());
        std::vector<int32_t> products(8);
        evaluator->Evaluate(0, 8, products.data());
        for (uint64_t pair = 0; pair < 8; ++pair) {
          EXPECT_EQ(products[pair], static_cast<int32_t>(ProductPattern(netlist, a, b, pair)))
              << "function " << function << ", " << Name(isa);
        }
      }
    }
  }
}

TEST(BitParallel, AnyRangeOfPairsGivesTheSameProductsAsTheWhole) {
  std::mt19937 random(7);
  const OperandSpec operand{7, Signedness::kUnsigned};
  const OperandSpec product{14, Signedness::kUnsigned};
  const Netlist netlist = RandomNetlist(14, 120, 14, random);
  for (const Isa isa : SupportedIsas()) {
    const auto evaluator = BitParallelEvaluator::Create(netlist, operand, operand, product, isa);
    ASSERT_TRUE(evaluator.ok());
    std::vector<int32_t> whole(evaluator->pair_count());
    evaluator->Evaluate(0, whole.size(), whole.data());
    for (int trial = 0; trial < 50; ++trial) {
      const uint64_t first = random() % whole.size();
      const uint64_t count = random() % (whole.size() - first + 1);
      std::vector<int32_t> part(count + 1, -77);
      evaluator->Evaluate(first, count, part.data());
      EXPECT_EQ(part.back(), -77) << "wrote beyond the range";
      part.pop_back();
      EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + static_cast<long>(first)))
          << Name(isa) << ", " << first << " + " << count;
    }
  }
}

TEST(BitParallel, AnArrayMultiplierMultiplies) {
  for (const int width : {2, 5, 8}) {
    const OperandSpec operand{width, Signedness::kUnsigned};
    const OperandSpec product{2 * width, Signedness::kUnsigned};
    const Netlist netlist = testing_support::ArrayMultiplier(width);
    for (const Isa isa : SupportedIsas()) {
      const auto evaluator = BitParallelEvaluator::Create(netlist, operand, operand, product, isa);
      ASSERT_TRUE(evaluator.ok());
      std::vector<int32_t> products(evaluator->pair_count());
      evaluator->Evaluate(0, products.size(), products.data());
      EXPECT_EQ(products, ExactTable(operand, operand)->products()) << Name(isa) << ", " << width;
    }
  }
}

TEST(BitParallel, DropsGatesThatNoOutputNeeds) {
  Netlist netlist;
  netlist.input_count = 2;
  netlist.gates = {Gate{CellFunction::kAnd, {2, 3}}, Gate{CellFunction::kXor, {2, 3}},
                   Gate{CellFunction::kNot, {5}}};
  netlist.outputs = {4};
  const OperandSpec bit{1, Signedness::kUnsigned};
  const auto evaluator = BitParallelEvaluator::Create(netlist, bit, bit, bit);
  ASSERT_TRUE(evaluator.ok());
  EXPECT_EQ(evaluator->gate_count(), 1u);
}

TEST(BitParallel, RefusesPortsThatDoNotFitTheNetlist) {
  Netlist netlist;
  netlist.input_count = 4;
  netlist.outputs = {2, 3};
  const OperandSpec two{2, Signedness::kUnsigned};
  const OperandSpec three{3, Signedness::kUnsigned};
  EXPECT_TRUE(BitParallelEvaluator::Create(netlist, two, two, two).ok());
  const auto inputs = BitParallelEvaluator::Create(netlist, two, three, two);
  ASSERT_FALSE(inputs.ok());
  EXPECT_EQ(inputs.error().message(), "netlist of a 2x3-bit multiplier needs 5 inputs, got 4");
  const auto outputs = BitParallelEvaluator::Create(netlist, two, two, three);
  ASSERT_FALSE(outputs.ok());
  EXPECT_EQ(outputs.error().message(), "netlist with a 3-bit product needs as many outputs, got 2");
}

}  // namespace
}  // namespace axlut
