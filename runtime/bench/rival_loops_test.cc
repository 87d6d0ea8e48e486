// SPDX-License-Identifier: MIT
// A yardstick that computes something else measures nothing: all rivals equal LutConv2d, for sums
// that a float holds exactly.
#include "runtime/bench/rival_loops.h"

#include <gtest/gtest.h>

#include "runtime/bench/problem.h"

namespace axlut {
namespace {

std::vector<int32_t> OutputOf(RivalLayer&& layer, const Conv2dShape& shape,
                              const LayerOperands& operands) {
  std::vector<int32_t> out(static_cast<size_t>(shape.OutputCount()));
  layer.Run(operands.input.data(), out.data());
  return out;
}

TEST(RivalLoops, GiveTheResultOfTheReferenceForAnyShape) {
  const TruthTable table = RandomTable();
  const auto lut = LutTable::Create(table);
  for (const char* problem : {"n2h7w5c3_k3o4s1", "n1h8w8c10_k3o6s2d2", "n2h6w6c8_k3o8s1g8",
                              "n1h5w5c9_k1o7s1", "n3c37_o5", "n1h4w4c6_k3o4s1g2p0"}) {
    SCOPED_TRACE(problem);
    const Conv2dShape shape = *ParseProblem(problem);
    const LayerOperands operands = MakeOperands(table, shape, CodeDistribution::kUniform);
    const auto layer = LutConv2d::Create(*lut, shape, operands.filter, operands.zero_a,
                                         {operands.zero_b}, {.kernel = "reference"});
    ASSERT_TRUE(layer.ok()) << layer.error().ToString();
    std::vector<int32_t> expected(static_cast<size_t>(shape.OutputCount()));
    layer->Run(operands.input.data(), shape.batch, expected.data(), SerialFor());
    EXPECT_EQ(OutputOf(TfApproxOrderLayer(table, shape, operands), shape, operands), expected);
    EXPECT_EQ(OutputOf(TfApprox2OrderLayer(table, shape, operands), shape, operands), expected);
    EXPECT_EQ(OutputOf(AdaptOrderLayer(table, shape, operands), shape, operands), expected);
  }
}

}  // namespace
}  // namespace axlut
