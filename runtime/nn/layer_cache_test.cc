// SPDX-License-Identifier: MIT
#include "runtime/nn/layer_cache.h"

#include <gtest/gtest.h>

namespace axlut {
namespace {

std::shared_ptr<const LutTable> ExactLut() { return *LutTable::Create(*ExactTable({}, {})); }

Conv2dShape DenseShape(int64_t batch) {
  Conv2dShape shape;
  shape.batch = batch;
  shape.in_c = 3;
  shape.out_c = 2;
  return shape;
}

TEST(LayerCache, KeepsTheLayerWhileNothingButTheBatchChanges) {
  const auto table = ExactLut();
  const std::vector<uint8_t> filter = {1, 2, 3, 4, 5, 6};
  LayerCache cache;
  const auto first = cache.Get(table, DenseShape(1), filter.data(), 7, {9});
  ASSERT_TRUE(first.ok());
  const std::vector<uint8_t> copy = filter;
  EXPECT_EQ(*cache.Get(table, DenseShape(5), copy.data(), 7, {9}), *first);
}

TEST(LayerCache, MakesANewLayerWhenAnythingElseChanges) {
  const auto table = ExactLut();
  const std::vector<uint8_t> filter = {1, 2, 3, 4, 5, 6};
  const auto is_kept = [&](const std::shared_ptr<const LutTable>& other_table,
                           const Conv2dShape& shape, const std::vector<uint8_t>& other_filter,
                           int32_t zero_a, int32_t zero_b) {
    LayerCache cache;
    const auto first = *cache.Get(table, DenseShape(1), filter.data(), 7, {9});
    return *cache.Get(other_table, shape, other_filter.data(), zero_a, {zero_b}) == first;
  };
  EXPECT_TRUE(is_kept(table, DenseShape(1), filter, 7, 9));
  EXPECT_FALSE(is_kept(ExactLut(), DenseShape(1), filter, 7, 9));
  EXPECT_FALSE(is_kept(table, DenseShape(1), {1, 2, 3, 4, 5, 7}, 7, 9));
  EXPECT_FALSE(is_kept(table, DenseShape(1), filter, 8, 9));
  EXPECT_FALSE(is_kept(table, DenseShape(1), filter, 7, 8));
  Conv2dShape wider = DenseShape(1);
  wider.in_w = wider.out_w = 2;
  EXPECT_FALSE(is_kept(table, wider, filter, 7, 9));
}

TEST(LayerCache, AnErrorLeavesTheLayerInPlace) {
  const auto table = ExactLut();
  const std::vector<uint8_t> filter = {1, 2, 3, 4, 5, 6};
  LayerCache cache;
  const auto first = *cache.Get(table, DenseShape(1), filter.data(), 7, {9});
  EXPECT_FALSE(cache.Get(table, DenseShape(1), filter.data(), 256, {9}).ok());
  EXPECT_EQ(*cache.Get(table, DenseShape(1), filter.data(), 7, {9}), first);
}

}  // namespace
}  // namespace axlut
