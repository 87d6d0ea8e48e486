// SPDX-License-Identifier: MIT
#include "runtime/bench/layer_run.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "runtime/bench/problem.h"

namespace axlut {
namespace {

TEST(LayerRun, VerifiesTablesOfAnySignAndWidthWithAnyCodes) {
  for (const OperandSpec& spec :
       {OperandSpec{8, Signedness::kUnsigned}, OperandSpec{8, Signedness::kTwosComplement},
        OperandSpec{1, Signedness::kUnsigned}, OperandSpec{4, Signedness::kTwosComplement}}) {
    SCOPED_TRACE(ToString(spec));
    const BenchTable table{"exact", *LutTable::Create(*ExactTable(spec, spec))};
    for (auto codes :
         {CodeDistribution::kUniform, CodeDistribution::kSmall, CodeDistribution::kHalfNormal}) {
      auto run = LayerRun::Create(table, *ParseProblem("n3h6w6c5_k3o7s1"), codes, {});
      ASSERT_TRUE(run.ok()) << run.error().ToString();
      const auto verified = run->Verify(SerialFor());
      EXPECT_TRUE(verified.ok()) << verified.error().ToString();
    }
  }
}

TEST(LayerRun, SumsBeyond32BitsRunIn64) {
  const BenchTable table = *LoadBenchTable("random");
  auto run = LayerRun::Create(table, *ParseProblem("c65536_o1"), CodeDistribution::kUniform, {});
  ASSERT_TRUE(run.ok()) << run.error().ToString();
  EXPECT_TRUE(run->Verify(SerialFor()).ok());
}

TEST(LayerRun, UnknownKernelsAndTablesAreErrors) {
  const BenchTable table = *LoadBenchTable("exact");
  EXPECT_FALSE(LayerRun::Create(table, *ParseProblem("c4_o4"), CodeDistribution::kUniform,
                                {.kernel = "no_such_kernel"})
                   .ok());
  EXPECT_FALSE(LoadBenchTable("no/such/table.axt").ok());
}

TEST(Operands, DistributionsAreWhatTheirNamesSay) {
  const TruthTable table = RandomTable();
  const Conv2dShape shape = *ParseProblem("h32c8_o64");
  const auto largest = [](const std::vector<uint8_t>& codes) {
    return *std::max_element(codes.begin(), codes.end());
  };
  EXPECT_EQ(largest(MakeOperands(table, shape, CodeDistribution::kUniform).input), 255);
  EXPECT_EQ(largest(MakeOperands(table, shape, CodeDistribution::kSmall).input), 127);
  const LayerOperands normal = MakeOperands(table, shape, CodeDistribution::kHalfNormal);
  EXPECT_EQ(*std::min_element(normal.input.begin(), normal.input.end()), normal.zero_a);
  EXPECT_EQ(normal.zero_a, 3);
  EXPECT_EQ(normal.zero_b, 128);
  EXPECT_TRUE(ParseCodeDistribution("half-normal").ok());
  EXPECT_EQ(ParseCodeDistribution("gaussian").error().code(), ErrorCode::kUsage);
}

TEST(Operands, ALargerBatchStartsWithTheSmallersImages) {
  const TruthTable table = RandomTable();
  const auto one = MakeOperands(table, *ParseProblem("h4c3_o5"), CodeDistribution::kUniform);
  const auto two = MakeOperands(table, *ParseProblem("n2h4c3_o5"), CodeDistribution::kUniform);
  EXPECT_EQ(one.filter, two.filter);
  EXPECT_TRUE(std::equal(one.input.begin(), one.input.end(), two.input.begin()));
}

TEST(Stopwatch, TakesTheLeastOfSamplesUntilTheTimeIsSpent) {
  double now = 0;
  const std::vector<double> durations = {5, 1, 7, 2, 9, 1};
  size_t calls = 0;
  Stopwatch stopwatch([&] { return now; }, [&] { now += durations[calls++]; });
  EXPECT_EQ(calls, 2U);  // not samples
  stopwatch.Measure(8);
  EXPECT_EQ(stopwatch.least(), 2);
  EXPECT_EQ(stopwatch.spent(), 9);
  stopwatch.Measure(0);
  EXPECT_EQ(calls, 5U);
  EXPECT_EQ(stopwatch.least(), 2);
}

TEST(Stopwatch, ShortCallsAreTimedTogether) {
  double now = 0;
  int calls = 0;
  int readings = 0;
  Stopwatch stopwatch(
      [&] {
        ++readings;
        return now;
      },
      [&] {
        now += 1e-4;
        ++calls;
      });
  EXPECT_EQ(calls, 2);
  readings = 0;
  stopwatch.Measure(0);
  EXPECT_EQ(calls, 2 + 5);
  EXPECT_EQ(readings, 2);
  EXPECT_NEAR(stopwatch.least(), 1e-4, 1e-9);
}

}  // namespace
}  // namespace axlut
