// SPDX-License-Identifier: MIT
#include "runtime/tf/matmul_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "kernels/reference/matmul.h"

namespace axlut {
namespace {

using ::testing::HasSubstr;

std::vector<uint8_t> RandomPatterns(int64_t count, std::mt19937& random) {
  std::vector<uint8_t> patterns(static_cast<size_t>(count));
  for (uint8_t& pattern : patterns) pattern = static_cast<uint8_t>(random());
  return patterns;
}

// The reference, matrix by matrix, for zero points of 0.
std::vector<int64_t> Expected(const LutTable& table, const MatmulProblem& problem,
                              const std::vector<uint8_t>& a, const std::vector<uint8_t>& b) {
  MatmulShape one = problem.shape;
  one.batch = 1;
  std::vector<int64_t> out;
  for (const MatmulPair& pair : problem.Pairs()) {
    std::vector<int64_t> sums(static_cast<size_t>(one.m * one.n));
    MatmulReference(table.view(), one, a.data() + pair.a * one.m * one.k,
                    b.data() + pair.b * one.k * one.n, sums.data());
    out.insert(out.end(), sums.begin(), sums.end());
  }
  return out;
}

std::vector<int64_t> SumsOf(const MatmulRun& run, const std::vector<uint8_t>& a, int64_t columns,
                            size_t count) {
  std::vector<int64_t> out(count);
  ThreadPool pool(2);
  run.Run(a.data(), SumSink<int64_t>([&](const SumBlock<int64_t>& block) {
            for (int64_t p = 0; p < block.positions; ++p) {
              for (int64_t c = 0; c < block.channels; ++c) {
                out[(block.first_position + p) * columns + block.first_channel + c] =
                    block.sums[p * block.stride + c];
              }
            }
          }),
          pool.AsParallelFor());
  return out;
}

TEST(MatmulRun, EqualsTheReferenceForOneAndForSeveralMatricesB) {
  std::mt19937 random(1);
  std::vector<int32_t> products(1 << 16);
  for (int32_t& product : products) product = static_cast<int32_t>(random() % 65536);
  const auto table = *LutTable::Create(*TableOfProducts({}, {}, products));
  const std::vector<int64_t> batches[][2] = {{{}, {}},  {{3}, {}},     {{2, 3}, {1}},   {{3}, {3}},
                                             {{}, {3}}, {{2, 1}, {3}}, {{2, 3}, {2, 1}}};
  LayerCache layers;  // of one op: shapes and weights change from call to call
  for (const auto& [batch_a, batch_b] : batches) {
    for (const bool transpose_a : {false, true}) {
      for (const bool transpose_b : {false, true}) {
        std::vector<int64_t> a = batch_a, b = batch_b;
        a.insert(a.end(), {transpose_a ? 21 : 18, transpose_a ? 18 : 21});
        b.insert(b.end(), {transpose_b ? 5 : 21, transpose_b ? 21 : 5});
        const auto problem = MatmulAttributes{transpose_a, transpose_b}.ProblemFor(a, b);
        ASSERT_TRUE(problem.ok());
        const auto patterns_a = RandomPatterns(6 * 18 * 21, random);
        const auto patterns_b = RandomPatterns(6 * 21 * 5, random);
        const auto run = MatmulRun::Create(table, *problem, 0, {0}, patterns_b.data(), &layers);
        ASSERT_TRUE(run.ok()) << run.error().ToString();
        EXPECT_FALSE(run->NeedsInt64());
        const auto expected = Expected(*table, *problem, patterns_a, patterns_b);
        EXPECT_EQ(SumsOf(*run, patterns_a, 5, expected.size()), expected);
      }
    }
  }
}

TEST(MatmulRun, SaysWhatItNeedsAndRefuses) {
  const auto table = *LutTable::Create(*ExactTable({}, {}));
  LayerCache layers;
  const std::vector<uint8_t> b(40000);
  for (const std::vector<int64_t>& shape : {std::vector<int64_t>{40000, 1}, {1, 40000, 1}}) {
    const auto problem = MatmulAttributes{}.ProblemFor({1, 40000}, shape);
    EXPECT_TRUE(MatmulRun::Create(table, *problem, 0, {0}, b.data(), &layers)->NeedsInt64());
    const auto refused = MatmulRun::Create(table, *problem, 256, {0}, b.data(), &layers);
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(refused.error().message(), HasSubstr("activation must be 0..255, got 256"));
  }
}

}  // namespace
}  // namespace axlut
