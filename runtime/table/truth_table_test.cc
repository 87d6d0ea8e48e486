// SPDX-License-Identifier: MIT
#include "runtime/table/truth_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace axlut {
namespace {

using ::testing::HasSubstr;

constexpr Signedness kUnsigned = Signedness::kUnsigned;
constexpr Signedness kSigned = Signedness::kTwosComplement;

TEST(OperandSpec, PatternsAndValuesBelongTogether) {
  for (int width = 1; width <= 12; ++width) {
    for (const Signedness signedness : {kUnsigned, kSigned}) {
      const OperandSpec spec{width, signedness};
      EXPECT_EQ(spec.max_value() - spec.min_value() + 1, static_cast<int64_t>(spec.count()));
      for (uint32_t pattern = 0; pattern < spec.count(); ++pattern) {
        const int64_t value = spec.ValueOf(pattern);
        EXPECT_GE(value, spec.min_value());
        EXPECT_LE(value, spec.max_value());
        EXPECT_EQ(spec.PatternOf(value), pattern);
        EXPECT_EQ(spec.ValueOf(pattern | 0xFFFF0000u), value);  // higher bits are ignored
      }
    }
  }
  EXPECT_EQ((OperandSpec{8, kSigned}.ValueOf(0xFF)), -1);
  EXPECT_EQ((OperandSpec{32, kSigned}.min_value()), -2147483648LL);
  EXPECT_EQ((OperandSpec{32, kUnsigned}.max_value()), 4294967295LL);
  EXPECT_EQ((OperandSpec{1, kSigned}.min_value()), -1);
  EXPECT_EQ(ToString(OperandSpec{4, kSigned}), "4-bit signed");
}

TEST(TruthTable, SignedOperandsAreIndexedByBitPattern) {
  const TruthTable table = ExactTable({8, kSigned}, {8, kSigned}).value();
  EXPECT_EQ(table.products()[0xFF02], -2);
  EXPECT_EQ(table.ProductAt(0x80, 0x80), 16384);
  EXPECT_EQ(table.product(), (OperandSpec{16, kSigned}));
}

TEST(TruthTable, ExactTableMultipliesEveryPair) {
  for (const Signedness a : {kUnsigned, kSigned}) {
    for (const Signedness b : {kUnsigned, kSigned}) {
      const TruthTable table = ExactTable({5, a}, {3, b}).value();
      EXPECT_EQ(table.product().is_signed(), a == kSigned || b == kSigned);
      for (uint32_t i = 0; i < 32; ++i) {
        for (uint32_t j = 0; j < 8; ++j) {
          const int x = a == kSigned && i >= 16 ? static_cast<int>(i) - 32 : static_cast<int>(i);
          const int y = b == kSigned && j >= 4 ? static_cast<int>(j) - 8 : static_cast<int>(j);
          EXPECT_EQ(table.ProductAt(i, j), x * y);
        }
      }
    }
  }
  EXPECT_FALSE(ExactTable({13, kUnsigned}, {8, kUnsigned}).ok());
  EXPECT_FALSE(ExactTable({8, kUnsigned}, {0, kUnsigned}).ok());
}

TEST(TruthTable, RowIsOperandA) {
  const TruthTable table =
      TruthTable::Create({1, kUnsigned}, {2, kUnsigned}, {3, kUnsigned}, {0, 1, 2, 3, 4, 5, 6, 7})
          .value();
  EXPECT_EQ(table.ProductAt(1, 2), 6);
  const TruthTable transposed = table.Transposed();
  EXPECT_EQ(transposed.a().width, 2);
  EXPECT_EQ(transposed.ProductAt(2, 1), 6);
  EXPECT_TRUE(transposed.Transposed() == table);
}

TEST(TruthTable, CommutativeMeansEqualToItsTranspose) {
  EXPECT_TRUE(ExactTable({4, kSigned}, {4, kSigned}).value().IsCommutative());
  EXPECT_FALSE(ExactTable({4, kSigned}, {4, kUnsigned}).value().IsCommutative());
  EXPECT_FALSE(ExactTable({4, kUnsigned}, {3, kUnsigned}).value().IsCommutative());
  std::vector<int32_t> products = ExactTable({4, kUnsigned}, {4, kUnsigned}).value().products();
  ++products[14 * 16 + 15];
  EXPECT_FALSE(TruthTable::Create({4, kUnsigned}, {4, kUnsigned}, {8, kUnsigned}, products)
                   .value()
                   .IsCommutative());
}

TEST(TruthTable, WhatIsNoTableIsRefused) {
  const std::vector<int32_t> four(4);
  const struct {
    OperandSpec a, b, product;
    std::vector<int32_t> products;
    ErrorCode code;
    const char* message;
  } cases[] = {
      {{2, kUnsigned},
       {2, kUnsigned},
       {4, kUnsigned},
       std::vector<int32_t>(15),
       ErrorCode::kInvalidInput,
       "truth table of a 2x2-bit multiplier needs 16 products, got 15"},
      {{1, kUnsigned},
       {1, kUnsigned},
       {2, kUnsigned},
       {0, 0, 0, 4},
       ErrorCode::kInvalidInput,
       "product at entry 3 must fit a 2-bit unsigned number, got 4"},
      {{1, kUnsigned},
       {1, kUnsigned},
       {2, kUnsigned},
       {0, -1, 0, 0},
       ErrorCode::kInvalidInput,
       "product at entry 1"},
      {{0, kUnsigned}, {1, kUnsigned}, {2, kUnsigned}, four, ErrorCode::kInvalidInput, "got 0"},
      {{1, kUnsigned}, {13, kUnsigned}, {2, kUnsigned}, four, ErrorCode::kInvalidInput, "got 13"},
      {{1, kUnsigned}, {1, kUnsigned}, {33, kSigned}, four, ErrorCode::kInvalidInput, "got 33"},
      {{1, kUnsigned}, {1, kUnsigned}, {32, kUnsigned}, four, ErrorCode::kUnsupported, "32-bit"},
  };
  for (const auto& c : cases) {
    const auto table = TruthTable::Create(c.a, c.b, c.product, c.products);
    ASSERT_FALSE(table.ok()) << c.message;
    EXPECT_EQ(table.error().code(), c.code) << c.message;
    EXPECT_THAT(table.error().message(), HasSubstr(c.message));
  }
}

TEST(TableOfProducts, MakesTheProductAsWideAsTheOperandsTogetherOrAsItsProductsNeed) {
  const OperandSpec u1{1, kUnsigned}, s1{1, kSigned};
  const struct {
    OperandSpec a, b;
    std::vector<int32_t> products;
    OperandSpec product;
  } cases[] = {
      {u1, u1, {0, 0, 0, 3}, {2, kUnsigned}},
      {u1, u1, {0, 0, 0, 4}, {3, kUnsigned}},
      {u1, u1, {0, 0, 0, -1}, {2, kSigned}},
      {u1, s1, {0, 0, 0, 1}, {2, kSigned}},
      {s1, s1, {0, 0, -2, 2}, {3, kSigned}},
      {u1, u1, {0, 2147483647, 0, 0}, {31, kUnsigned}},
      {u1, u1, {0, 2147483647, 0, INT32_MIN}, {32, kSigned}},
  };
  for (const auto& c : cases) {
    const auto table = TableOfProducts(c.a, c.b, c.products);
    ASSERT_TRUE(table.ok()) << table.error().ToString();
    EXPECT_EQ(table->product(), c.product) << ToString(table->product());
    EXPECT_EQ(table->products(), c.products);
  }
  EXPECT_THAT(TableOfProducts(u1, u1, {}).error().message(), HasSubstr("needs 4 products, got 0"));
  EXPECT_THAT(TableOfProducts({40, kUnsigned}, u1, {1}).error().message(), HasSubstr("got 40"));
}

}  // namespace
}  // namespace axlut
