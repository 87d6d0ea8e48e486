// SPDX-License-Identifier: MIT
#include "lutgen/error_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace axlut {
namespace {

using testing::DoubleEq;
using testing::DoubleNear;

constexpr OperandSpec Unsigned(int width) { return {width, Signedness::kUnsigned}; }
constexpr OperandSpec Signed(int width) { return {width, Signedness::kTwosComplement}; }

TruthTable MakeTable(OperandSpec a, OperandSpec b, OperandSpec product,
                     std::vector<int32_t> products) {
  return TruthTable::Create(a, b, product, std::move(products)).value();
}

// A model that is called: product(a, b) of operand values.
class Lambda : public ProductFunction {
 public:
  Lambda(OperandSpec a, OperandSpec b, std::function<int64_t(int64_t, int64_t)> product)
      : a_(a), b_(b), product_(std::move(product)) {}
  Result<void> EvaluateRows(uint32_t first_row, uint32_t row_count, int64_t* products) override {
    for (uint32_t row = first_row; row < first_row + row_count; ++row) {
      for (uint32_t column = 0; column < b_.count(); ++column) {
        *products++ = product_(a_.ValueOf(row), b_.ValueOf(column));
      }
    }
    return {};
  }

 private:
  OperandSpec a_;
  OperandSpec b_;
  std::function<int64_t(int64_t, int64_t)> product_;
};

MultiplierModel MakeModel(OperandSpec a, OperandSpec b, OperandSpec product,
                          std::function<int64_t(int64_t, int64_t)> function) {
  MultiplierModel model;
  model.name = "lambda";
  model.ports = {{"A", a}, {"B", b}, {"O", product}};
  model.behaviour = std::make_unique<Lambda>(a, b, std::move(function));
  return model;
}

TEST(ErrorMetrics, ExactMultipliersHaveNoErrors) {
  for (const OperandSpec& a : {Unsigned(1), Signed(5), Unsigned(8)}) {
    const ErrorMetrics metrics = MeasureErrors(ExactTable(a, Signed(4)).value());
    for (const auto& [key, value] : metrics.Items()) EXPECT_EQ(value, 0) << key;
  }
}

TEST(ErrorMetrics, AreTheOnesComputedByHandForTwoByOneBits) {
  // a * b is 0,0 0,1 0,2 0,3; e is +1,0 0,+1 0,-2 0,0. Non-zero products: 1, 2, 3.
  const TruthTable table =
      MakeTable(Unsigned(2), Unsigned(1), Unsigned(3), {1, 0, 0, 2, 0, 0, 0, 3});
  const ErrorMetrics metrics = MeasureErrors(table);
  EXPECT_DOUBLE_EQ(metrics.mae, 4.0 / 8);
  EXPECT_DOUBLE_EQ(metrics.mae_pct, 100 * (4.0 / 8) / 8);
  EXPECT_EQ(metrics.wce, 2u);
  EXPECT_DOUBLE_EQ(metrics.wce_pct, 100 * 2.0 / 8);
  EXPECT_DOUBLE_EQ(metrics.wcre_pct, 100);  // 1/1 and 2/2; the error at 0 * 0 does not count
  EXPECT_DOUBLE_EQ(metrics.ep_pct, 100 * 3.0 / 8);
  EXPECT_DOUBLE_EQ(metrics.mre_pct, 100 * (1.0 + 1.0) / 3);
  EXPECT_DOUBLE_EQ(metrics.mse, (1.0 + 1.0 + 4.0) / 8);
  EXPECT_DOUBLE_EQ(metrics.bias, (1.0 + 1.0 - 2.0) / 8);
}

TEST(ErrorMetrics, SignedOperandsAreReadAsNumbers) {
  // a, b in 0, 1, -2, -1. Every product 0: e = -a*b.
  const TruthTable table = MakeTable(Signed(2), Signed(2), Signed(4), std::vector<int32_t>(16, 0));
  const ErrorMetrics metrics = MeasureErrors(table);
  EXPECT_EQ(metrics.wce, 4u);  // (-2) * (-2)
  EXPECT_DOUBLE_EQ(metrics.wcre_pct, 100);
  EXPECT_DOUBLE_EQ(metrics.mre_pct, 100);
  EXPECT_DOUBLE_EQ(metrics.ep_pct, 100 * 9.0 / 16);
  EXPECT_DOUBLE_EQ(metrics.mae, (1 + 2 + 1 + 2 + 4 + 2 + 1 + 2 + 1) / 16.0);
  EXPECT_DOUBLE_EQ(metrics.bias, -4.0 / 16);  // the sum of a is -2, so the sum of a*b is 4
}

TEST(ErrorMetrics, ItemsComeInTheDocumentedOrder) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : ErrorMetrics{}.Items()) keys.push_back(key);
  EXPECT_THAT(keys, testing::ElementsAre("mae", "mae_pct", "wce", "wce_pct", "wcre_pct", "ep_pct",
                                         "mre_pct", "mse", "bias"));
}

TEST(ErrorMetrics, DoNotDependOnTheNumberOfThreads) {
  const uint32_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::vector<int32_t> products(1 << 14);
  for (int32_t& product : products) product = static_cast<int32_t>(random() % (1 << 14));
  const TruthTable table = MakeTable(Unsigned(8), Unsigned(6), Unsigned(14), products);
  ThreadPool pool(3);
  EXPECT_EQ(MeasureErrors(table).Items(), MeasureErrors(table, pool.AsParallelFor()).Items());
}

TEST(ErrorMetrics, OfAModelEqualThoseOfItsTable) {
  const auto truncated = [](int64_t a, int64_t b) { return a * b / 16 * 16; };
  std::vector<int32_t> products;
  for (int a = 0; a < 64; ++a) {
    for (int b = 0; b < 128; ++b) products.push_back(static_cast<int32_t>(truncated(a, b)));
  }
  const TruthTable table = MakeTable(Unsigned(6), Unsigned(7), Unsigned(13), products);
  const Result<ErrorMetrics> metrics =
      MeasureErrors(MakeModel(Unsigned(6), Unsigned(7), Unsigned(13), truncated));
  ASSERT_TRUE(metrics.ok());
  EXPECT_EQ(metrics->Items(), MeasureErrors(table).Items());
}

TEST(ErrorMetrics, StayExactWhereSumsLeave64Bits) {
  // Every product of a 16x5-bit multiplier is too large by 2^32 - 1 - a * b: e^2 alone needs 64
  // bits.
  const auto huge = [](int64_t, int64_t) { return (int64_t{1} << 32) - 1; };
  const Result<ErrorMetrics> metrics =
      MeasureErrors(MakeModel(Unsigned(16), Unsigned(5), Unsigned(32), huge));
  ASSERT_TRUE(metrics.ok());
  const double top = 4294967295.0;
  const double mean_a = 65535 / 2.0;
  const double mean_b = 31 / 2.0;
  const double mean_a2 = 65535 * 131071.0 / 6;
  const double mean_b2 = 31 * 63.0 / 6;
  EXPECT_EQ(metrics->wce, 4294967295u);
  EXPECT_DOUBLE_EQ(metrics->mae, top - mean_a * mean_b);
  EXPECT_DOUBLE_EQ(metrics->bias, top - mean_a * mean_b);
  EXPECT_DOUBLE_EQ(metrics->mse, top * top - 2 * top * mean_a * mean_b + mean_a2 * mean_b2);
}

// A 16-bit identity on operand a, as a netlist: O = {b = 0..0, a}; 32-bit unsigned products.
TEST(ErrorMetrics, MeasureNetlistsTooWideForATable) {
  MultiplierModel model;
  model.name = "wires";
  model.ports = {{"A", Unsigned(16)}, {"B", Unsigned(3)}, {"O", Unsigned(32)}};
  Netlist netlist;
  netlist.input_count = 19;
  netlist.outputs.assign(32, kNetZero);
  for (NetId bit = 0; bit < 16; ++bit) netlist.outputs[16 + bit] = netlist.FirstInputNet() + bit;
  model.behaviour = netlist;
  ThreadPool pool(2);
  SweepOptions options;
  options.parallel_for = pool.AsParallelFor();
  for (const Isa isa : SupportedIsas()) {
    options.isa = isa;
    const Result<ErrorMetrics> metrics = MeasureErrors(model, options);
    ASSERT_TRUE(metrics.ok());
    // e = (65536 - b) * a, so the worst is at a = 65535, b = 0.
    EXPECT_EQ(metrics->wce, 65535u * 65536u) << Name(isa);
    EXPECT_DOUBLE_EQ(metrics->bias, (65536 - 3.5) * 32767.5) << Name(isa);
    EXPECT_DOUBLE_EQ(metrics->wcre_pct, 100 * 65535.0) << Name(isa);  // b = 1
  }
}

TEST(ErrorMetrics, ProgressReachesTheTotalAndCanCancel) {
  const MultiplierModel model = MakeModel(Unsigned(12), Unsigned(12), Unsigned(24),
                                          [](int64_t a, int64_t b) { return a * b; });
  SweepOptions options;
  std::vector<int64_t> reports;
  options.progress = [&](int64_t done, int64_t total) {
    EXPECT_EQ(total, 1 << 24);
    reports.push_back(done);
    return true;
  };
  ASSERT_TRUE(MeasureErrors(model, options).ok());
  ASSERT_GT(reports.size(), 2u);
  EXPECT_EQ(reports.back(), 1 << 24);
  EXPECT_TRUE(std::is_sorted(reports.begin(), reports.end()));

  options.progress = [](int64_t, int64_t) { return false; };
  const Result<ErrorMetrics> cancelled = MeasureErrors(model, options);
  ASSERT_FALSE(cancelled.ok());
  EXPECT_EQ(cancelled.error().code(), ErrorCode::kInterrupted);
}

}  // namespace
}  // namespace axlut
