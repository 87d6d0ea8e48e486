// SPDX-License-Identifier: MIT
#include "runtime/table/sign_magnitude.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <utility>
#include <vector>

namespace axlut {
namespace {

constexpr Signedness kUnsigned = Signedness::kUnsigned;
constexpr Signedness kSigned = Signedness::kTwosComplement;

TEST(SignMagnitude, TheExactTableBecomesTheExactSignedTable) {
  for (const auto& [width_a, width_b] : {std::pair{8, 8}, {8, 4}, {1, 1}, {3, 7}}) {
    const Result<TruthTable> table =
        SignMagnitudeTable(*ExactTable({width_a, kUnsigned}, {width_b, kUnsigned}));
    ASSERT_TRUE(table.ok()) << table.error().ToString();
    EXPECT_EQ(*table, *ExactTable({width_a, kSigned}, {width_b, kSigned}));
  }
}

// Operands do not change places, products of zero keep their value, and -128 has a magnitude.
TEST(SignMagnitude, ProductsOfAnyTableGetTheSignOfTheOperands) {
  std::mt19937 rng(1);
  std::vector<int32_t> products(1 << 16);
  for (int32_t& product : products) product = static_cast<int32_t>(rng() % 65535) + 1;
  const TruthTable table =
      *TruthTable::Create({8, kUnsigned}, {8, kUnsigned}, {16, kUnsigned}, products);
  const Result<TruthTable> result = SignMagnitudeTable(table);
  ASSERT_TRUE(result.ok()) << result.error().ToString();
  EXPECT_EQ(result->a(), (OperandSpec{8, kSigned}));
  EXPECT_EQ(result->product(), (OperandSpec{17, kSigned}));
  const auto at = [&](int a, int b) {
    return result->ProductAt(static_cast<uint8_t>(a), static_cast<uint8_t>(b));
  };
  const auto from = [&](int a, int b) { return products[a << 8 | b]; };
  EXPECT_EQ(at(0, 0), from(0, 0));
  EXPECT_EQ(at(0, 5), from(0, 5));
  EXPECT_EQ(at(0, -5), -from(0, 5));
  EXPECT_EQ(at(-5, 0), -from(5, 0));
  EXPECT_EQ(at(3, 100), from(3, 100));
  EXPECT_EQ(at(100, 3), from(100, 3));
  EXPECT_EQ(at(-3, 100), -from(3, 100));
  EXPECT_EQ(at(3, -100), -from(3, 100));
  EXPECT_EQ(at(-3, -100), from(3, 100));
  EXPECT_EQ(at(-128, 127), -from(128, 127));
  EXPECT_EQ(at(-128, -128), from(128, 128));
}

TEST(SignMagnitude, RefusesSignedOperandsAndProductsWithoutRoom) {
  const Result<TruthTable> is_signed =
      SignMagnitudeTable(*ExactTable({8, kUnsigned}, {8, kSigned}));
  ASSERT_FALSE(is_signed.ok());
  EXPECT_EQ(
      is_signed.error().message(),
      "sign-magnitude needs a table of unsigned operands, found 8-bit unsigned x 8-bit signed");
  // 1-bit operands: -1 and 0.
  const TruthTable lowest = *TruthTable::Create({1, kUnsigned}, {1, kUnsigned}, {32, kSigned},
                                                {0, 0, INT32_MIN, INT32_MIN});
  const Result<TruthTable> wide = SignMagnitudeTable(lowest);
  ASSERT_FALSE(wide.ok());
  EXPECT_EQ(wide.error().code(), ErrorCode::kUnsupported);
  EXPECT_EQ(wide.error().message(),
            "the sign-magnitude product of -1 and 0 must fit 32 bits, found 2147483648");
}

}  // namespace
}  // namespace axlut
