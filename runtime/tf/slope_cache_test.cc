// SPDX-License-Identifier: MIT
#include "runtime/tf/slope_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "runtime/base/npy.h"

namespace axlut {
namespace {

using testing::HasSubstr;

TEST(SlopeCache, KeepsSlopesPerTableAndWindowWhileTheTableLives) {
  auto table = *LutTable::Create(*ExactTable({}, {}));
  const auto other = *LutTable::Create(*ExactTable({}, {}));
  SlopeCache cache;
  const auto slopes = cache.Get(table, 3);
  EXPECT_EQ(cache.Get(table, 3), slopes);
  EXPECT_NE(cache.Get(table, 4), slopes);
  EXPECT_NE(cache.Get(other, 3), slopes);
  EXPECT_EQ(slopes.use_count(), 2);
  table.reset();
  cache.Get(other, 3);
  EXPECT_EQ(slopes.use_count(), 1);
}

TEST(SlopeCache, MeansOfTheExactTableAreTheOtherOperand) {
  const OperandSpec s4{4, Signedness::kTwosComplement}, u8{8, Signedness::kUnsigned};
  const auto table = *LutTable::Create(*ExactTable(s4, u8));
  const auto slopes = SlopeCache().Get(table, 2);
  ASSERT_EQ(slopes->mean_by_a.size(), 256);
  ASSERT_EQ(slopes->mean_by_b.size(), 16);
  for (uint32_t b = 0; b < 256; ++b) EXPECT_NEAR(slopes->mean_by_a[b], b, 1e-4);
  for (uint32_t a = 0; a < 16; ++a) EXPECT_NEAR(slopes->mean_by_b[a], s4.ValueOf(a), 1e-4);
}

std::string Save(const std::string& name, const std::vector<int64_t>& shape,
                 const std::vector<float>& values) {
  NpyArray array;
  array.type = NpyType::kFloat32;
  array.shape = shape;
  array.bytes.resize(values.size() * sizeof(float));
  std::memcpy(array.bytes.data(), values.data(), array.bytes.size());
  const std::string path = testing::TempDir() + name;
  EXPECT_TRUE(WriteNpy(path, array).ok());
  return path;
}

TEST(LoadSlopes, TakesFloatsOfTheTablesShapeOnly) {
  const OperandSpec one{1, Signedness::kUnsigned}, two{2, Signedness::kUnsigned};
  const std::vector<float> values = {1, 2, 3, 4, 5, 6, 7, -8};
  EXPECT_EQ(*LoadSlopes(Save("good.npy", {2, 4}, values), one, two), values);
  EXPECT_THAT(LoadSlopes(Save("turned.npy", {4, 2}, values), one, two).error().message(),
              HasSubstr("must be <f4 [2, 4]; they are <f4 [4, 2]"));
  EXPECT_THAT(LoadSlopes(Save("nan.npy", {2, 2}, {0, 1, NAN, 2}), one, one).error().message(),
              HasSubstr("must be finite; element 2 is nan"));
  EXPECT_FALSE(LoadSlopes("/nonexistent.npy", one, one).ok());
}

TEST(SlopeFile, IsReadAgainOnlyWhenItOrTheOperandsChange) {
  const OperandSpec one{1, Signedness::kUnsigned}, two{2, Signedness::kUnsigned};
  const std::vector<float> values = {1, 2, 3, 4, 5, 6, 7, 8};
  SlopeFile file(Save("file.npy", {2, 4}, values));
  const auto first = file.Get(one, two);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(file.Get(one, two).value(), *first);
  // As many slopes as before, but of another table.
  EXPECT_THAT(file.Get(two, one).error().message(), HasSubstr("must be <f4 [4, 2]"));
  EXPECT_EQ(file.Get(one, two).value(), *first);
  Save("file.npy", {2, 4}, {8, 7, 6, 5, 4, 3, 2, 1});
  EXPECT_EQ((*file.Get(one, two).value())[0], 8);
  EXPECT_THAT(SlopeFile("/nonexistent.npy").Get(one, one).error().message(),
              HasSubstr("slopes '/nonexistent.npy' cannot be read; No such file"));
}

TEST(SlopeCache, ThreadsShareSlopesAndFiles) {
  const OperandSpec two{2, Signedness::kUnsigned};
  const auto table = *LutTable::Create(*ExactTable(two, two));
  SlopeCache cache;
  SlopeFile file(Save("shared.npy", {4, 4}, std::vector<float>(16, 2)));
  const auto of_table = cache.Get(table, 0);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int call = 0; call < 50; ++call) {
        if (cache.Get(table, 0) != of_table) ++wrong;
        if (cache.Get(table, i + 1)->mean_by_a.size() != 4) ++wrong;
        const auto slopes = file.Get(two, two);
        if (!slopes.ok() || (**slopes)[15] != 2) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace axlut
