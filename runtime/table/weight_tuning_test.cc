// SPDX-License-Identifier: MIT
#include "runtime/table/weight_tuning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <numeric>
#include <random>

namespace axlut {
namespace {

using ::testing::HasSubstr;

constexpr Signedness kUnsigned = Signedness::kUnsigned;
constexpr Signedness kSigned = Signedness::kTwosComplement;

TruthTable RandomTable(OperandSpec a, OperandSpec b, std::mt19937& random) {
  std::uniform_int_distribution<int32_t> any(-(1 << (a.width + b.width - 1)),
                                             (1 << (a.width + b.width - 1)) - 1);
  std::vector<int32_t> products(a.count() * b.count());
  for (int32_t& product : products) product = any(random);
  return *TableOfProducts(a, b, std::move(products));
}

std::vector<uint32_t> Identity(const OperandSpec& b) {
  std::vector<uint32_t> map(b.count());
  std::iota(map.begin(), map.end(), 0u);
  return map;
}

// The definition, in integers: all candidates, all activations, nothing given up.
int64_t ErrorOf(const TruthTable& t, const std::vector<int64_t>& h, int64_t zero_a, uint32_t weight,
                uint32_t candidate) {
  int64_t error = 0;
  for (uint32_t a = 0; a < t.a().count(); ++a) {
    const int64_t product =
        t.ProductAt(a, candidate) - zero_a * (t.b().ValueOf(candidate) - t.b().ValueOf(weight));
    error += h[a] * std::abs(t.a().ValueOf(a) * t.b().ValueOf(weight) - product);
  }
  return error;
}

std::vector<uint32_t> NaiveMap(const TruthTable& t, const std::vector<int64_t>& h, int64_t zero_a,
                               bool narrow_b) {
  std::vector<uint32_t> map;
  const auto left_out = [&](uint32_t w) {
    return narrow_b && t.b().ValueOf(w) == t.b().min_value();
  };
  for (uint32_t w = 0; w < t.b().count(); ++w) {
    uint32_t best = left_out(0) ? 1 : 0;
    for (uint32_t c = best; c < t.b().count(); ++c) {
      if (!left_out(c) && ErrorOf(t, h, zero_a, w, c) < ErrorOf(t, h, zero_a, w, best)) best = c;
    }
    const bool itself = ErrorOf(t, h, zero_a, w, w) == ErrorOf(t, h, zero_a, w, best);
    map.push_back(itself || left_out(w) ? w : best);
  }
  return map;
}

TEST(TuneWeights, EqualsTheDefinitionForAnyTableHistogramAndZeroPoint) {
  std::mt19937 random(1);
  for (int trial = 0; trial < 80; ++trial) {
    const OperandSpec a{1 + trial % 7, random() % 2 ? kSigned : kUnsigned};
    const OperandSpec b{1 + trial % 5, random() % 2 ? kSigned : kUnsigned};
    const TruthTable table = RandomTable(a, b, random);
    std::vector<int64_t> h(a.count(), 1);
    WeightTuningOptions options;
    if (trial % 2 != 0) {
      for (int64_t& count : h) count = random() % 3 == 0 ? 0 : static_cast<int64_t>(random());
      h[random() % h.size()] = 1;
      options.histogram.assign(h.begin(), h.end());
    }
    if (trial % 3 == 0) {
      options.zero_a = static_cast<int32_t>(a.ValueOf(random() % a.count()));
    }
    options.narrow_b = trial % 5 > 2;
    ThreadPool pool(1 + trial % 3);
    options.parallel_for = pool.AsParallelFor();
    const auto tuning = TuneWeights(table, options);
    ASSERT_TRUE(tuning.ok()) << tuning.error().ToString();
    const auto expected = NaiveMap(table, h, options.zero_a, options.narrow_b);
    ASSERT_EQ(tuning->map, expected) << "trial " << trial;
    int64_t before = 0, after = 0;
    for (uint32_t w = 0; w < b.count(); ++w) {
      before += ErrorOf(table, h, options.zero_a, w, w);
      after += ErrorOf(table, h, options.zero_a, w, expected[w]);
    }
    const double count = static_cast<double>(std::accumulate(h.begin(), h.end(), int64_t{0})) *
                         static_cast<double>(b.count());
    EXPECT_DOUBLE_EQ(tuning->mae_before, static_cast<double>(before) / count);
    EXPECT_DOUBLE_EQ(tuning->mae_after, static_cast<double>(after) / count);
    EXPECT_LE(tuning->mae_after, tuning->mae_before);
  }
}

TEST(TuneWeights, LeavesAnExactTableAsItIs) {
  for (const Signedness signedness : {kUnsigned, kSigned}) {
    const TruthTable table = *ExactTable({8, signedness}, {8, signedness});
    WeightTuningOptions options;
    options.zero_a = 5;
    const WeightTuning tuning = *TuneWeights(table, options);
    EXPECT_EQ(tuning.map, Identity(table.b()));
    EXPECT_EQ(tuning.mae_before, 0);
    EXPECT_EQ(tuning.mae_after, 0);
    EXPECT_EQ(TunedTable(table, tuning.map), table);
  }
}

TEST(TuneWeights, OfEqualsTheWeightItselfStaysElseTheLowest) {
  // Every product is 0: all candidates are equally wrong.
  const TruthTable zeros =
      *TableOfProducts({2, kUnsigned}, {2, kUnsigned}, std::vector<int32_t>(16));
  EXPECT_EQ(TuneWeights(zeros)->map, Identity(zeros.b()));
  // Weight 3 has useless products, weights 1 and 2 have its exact ones.
  std::vector<int32_t> products;
  for (int32_t a = 0; a < 4; ++a) products.insert(products.end(), {0, 3 * a, 3 * a, 100});
  const TruthTable table = *TableOfProducts({2, kUnsigned}, {2, kUnsigned}, products);
  EXPECT_EQ(TuneWeights(table)->map[3], 1u);
}

TEST(TuneWeights, OnlyActivationsThatOccurCount) {
  // Columns swapped for a >= 2, right below.
  std::vector<int32_t> products;
  for (int32_t a = 0; a < 4; ++a) {
    for (int32_t w = 0; w < 4; ++w) products.push_back(a * (a < 2 ? w : w ^ 3));
  }
  const TruthTable table = *TableOfProducts({2, kUnsigned}, {2, kUnsigned}, products);
  WeightTuningOptions options;
  options.histogram = {5, 9, 0, 0};
  EXPECT_EQ(TuneWeights(table, options)->map, Identity(table.b()));
  options.histogram = {5, 0, 2, 1};
  const WeightTuning tuning = *TuneWeights(table, options);
  EXPECT_EQ(tuning.map, (std::vector<uint32_t>{3, 2, 1, 0}));
  EXPECT_EQ(tuning.mae_after, 0);
  // Frequencies of any size, as long as their sum is a number.
  for (const double scale : {0x1p1015, 0x1p-1060}) {
    options.histogram = {5 * scale, 0, 2 * scale, 1 * scale};
    const WeightTuning scaled = *TuneWeights(table, options);
    EXPECT_EQ(scaled.map, tuning.map);
    EXPECT_EQ(scaled.mae_before, tuning.mae_before);
    EXPECT_EQ(scaled.mae_after, 0);
  }
}

TEST(TuneWeights, TheZeroPointCountsWhatTheReplacedWeightsOwnCorrectionTakesOut) {
  // T[a][w] = a (w ^ 1): with zero_a the corrected product (a - zero_a) w' of the neighbour is
  // exact only if T is used as the product of w', so swapping columns helps with zero_a = 0 alone.
  const OperandSpec u3{3, kUnsigned};
  std::vector<int32_t> products;
  for (int32_t a = 0; a < 8; ++a) {
    for (int32_t w = 0; w < 8; ++w) products.push_back(a * (w ^ 1));
  }
  const TruthTable table = *TableOfProducts(u3, u3, products);
  EXPECT_EQ(TuneWeights(table)->map, (std::vector<uint32_t>{1, 0, 3, 2, 5, 4, 7, 6}));
  WeightTuningOptions options;
  options.zero_a = 7;
  const WeightTuning tuning = *TuneWeights(table, options);
  EXPECT_NE(tuning.map, TuneWeights(table)->map);
  EXPECT_GT(tuning.mae_after, 0);
}

TEST(TunedTable, KeepsWhatIsKnownAboutTheCircuit) {
  StoredTable stored{*ExactTable({2, kUnsigned}, {1, kUnsigned}), {}, {1, 2, 3}};
  stored.info.name = "mul2x1u_mine";
  stored.info.ports.a = "A";
  stored.info.metrics["mae"] = 0;
  stored.info.hardware["power_mw"] = 0.1;
  const StoredTable tuned = TunedTable(stored, {1, 1});
  EXPECT_EQ(tuned.table.products(), (std::vector<int32_t>{0, 0, 1, 1, 2, 2, 3, 3}));
  EXPECT_EQ(tuned.info.name, "mul2x1u_mine_tuned");
  EXPECT_EQ(tuned.info.ports.a, "A");
  EXPECT_EQ(tuned.info.hardware.at("power_mw"), 0.1);
  EXPECT_TRUE(tuned.info.metrics.empty());
  EXPECT_TRUE(tuned.plan.empty());
}

TEST(TuneWeights, HistogramsAndZeroPointsThatMakeNoSenseAreRefused) {
  const TruthTable table = *ExactTable({2, kUnsigned}, {2, kUnsigned});
  const struct {
    std::vector<double> histogram;
    int32_t zero_a;
    const char* message;
  } cases[] = {
      {{1, 2, 3}, 0, "histogram of a 2-bit unsigned activation needs 4 entries, got 3"},
      {{0, 0, 0, 0}, 0, "must have a finite sum above 0, got 0"},
      {{1, 0, -1, 0}, 0, "must be finite and not negative, got -1 at 2"},
      {{1, NAN, 0, 0}, 0, "must be finite and not negative, got nan at 1"},
      {{1e308, 1e308, 0, 0}, 0, "must have a finite sum above 0, got inf"},
      {{}, 4, "zero point of the 2-bit unsigned activation must be 0..3, got 4"},
  };
  for (const auto& c : cases) {
    WeightTuningOptions options;
    options.histogram = c.histogram;
    options.zero_a = c.zero_a;
    const auto tuning = TuneWeights(table, options);
    ASSERT_FALSE(tuning.ok()) << c.message;
    EXPECT_EQ(tuning.error().code(), ErrorCode::kInvalidInput);
    EXPECT_THAT(tuning.error().message(), HasSubstr(c.message));
  }
}

}  // namespace
}  // namespace axlut
