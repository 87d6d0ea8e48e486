// SPDX-License-Identifier: MIT
#include "runtime/table/npy_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>

namespace axlut {
namespace {

using ::testing::HasSubstr;

constexpr Signedness kUnsigned = Signedness::kUnsigned;
constexpr Signedness kSigned = Signedness::kTwosComplement;

template <typename T>
NpyArray ArrayOf(std::vector<int64_t> shape, const std::vector<T>& values) {
  NpyArray array{NpyTypeOf<T>(), std::move(shape), {}};
  array.bytes.resize(values.size() * sizeof(T));
  if (!values.empty()) std::memcpy(array.bytes.data(), values.data(), array.bytes.size());
  return array;
}

template <typename T>
NpyArray ArrayOf(const TruthTable& table, std::vector<int64_t> shape) {
  return ArrayOf<T>(std::move(shape),
                    std::vector<T>(table.products().begin(), table.products().end()));
}

RawFormatHints Hints(std::optional<int> a, std::optional<int> b,
                     std::optional<Signedness> signedness = {}) {
  RawFormatHints hints;
  hints.width_a = a;
  hints.width_b = b;
  hints.signedness = signedness;
  return hints;
}

TEST(NpyTable, TablesOfAllWidthsComeBackInTheSmallestType) {
  for (int width_a = 1; width_a <= 12; ++width_a) {
    for (int width_b = 1; width_b <= 12; width_b += width_a > 6 ? 4 : 1) {
      for (const Signedness signedness : {kUnsigned, kSigned}) {
        const TruthTable table = ExactTable({width_a, signedness}, {width_b, signedness}).value();
        const NpyArray array = TableToNpy(table).value();
        EXPECT_EQ(array.type, width_a + width_b > 16  ? NpyType::kInt32
                              : signedness == kSigned ? NpyType::kInt16
                                                      : NpyType::kUint16);
        EXPECT_EQ(array.shape, (std::vector<int64_t>{1 << width_a, 1 << width_b}));
        EXPECT_TRUE(TableFromNpy(array, "x", Hints({}, {}, signedness)).value() == table);
      }
    }
  }
}

TEST(NpyTable, EveryIntegerTypeIsRead) {
  const TruthTable table = ExactTable({3, kUnsigned}, {4, kUnsigned}).value();
  const std::vector<int64_t> shape = {8, 16};
  for (const NpyArray& array : {ArrayOf<int8_t>(table, shape), ArrayOf<uint8_t>(table, shape),
                                ArrayOf<int16_t>(table, shape), ArrayOf<uint16_t>(table, shape),
                                ArrayOf<int32_t>(table, shape), ArrayOf<uint32_t>(table, shape),
                                ArrayOf<int64_t>(table, shape), ArrayOf<uint64_t>(table, shape)}) {
    EXPECT_TRUE(TableFromNpy(array, "x", {}).value() == table) << NpyTypeName(array.type);
  }
}

TEST(NpyTable, SignednessComesFromHintNameEntriesAndType) {
  const auto signedness_of = [](const NpyArray& array, const char* name, RawFormatHints hints) {
    return TableFromNpy(array, name, hints).value().a().signedness;
  };
  const std::vector<int64_t> shape = {2, 2};
  EXPECT_EQ(signedness_of(ArrayOf<int16_t>(shape, {0, 0, 0, -1}), "x", {}), kSigned);
  EXPECT_EQ(signedness_of(ArrayOf<int64_t>(shape, {0, 0, 0, 2}), "x", {}), kUnsigned);
  EXPECT_EQ(signedness_of(ArrayOf<uint8_t>(shape, {0, 0, 0, 1}), "x", {}), kUnsigned);
  EXPECT_EQ(signedness_of(ArrayOf<uint8_t>(shape, {0, 0, 0, 1}), "mul1s_1", {}), kSigned);
  EXPECT_EQ(
      signedness_of(ArrayOf<int8_t>(shape, {0, 0, 0, 1}), "mul1s_1", Hints({}, {}, kUnsigned)),
      kUnsigned);
}

TEST(NpyTable, FlatArraysAreInStorageOrder) {
  const TruthTable table = ExactTable({3, kUnsigned}, {1, kUnsigned}).value();
  const NpyArray flat = ArrayOf<uint16_t>(table, {16});
  EXPECT_TRUE(TableFromNpy(flat, "x", Hints(3, {})).value() == table);
  EXPECT_TRUE(TableFromNpy(flat, "mul3x1u_1", {}).value() == table);
  const TruthTable exact_8x8 = ExactTable({8, kUnsigned}, {8, kUnsigned}).value();
  EXPECT_TRUE(TableFromNpy(ArrayOf<int32_t>(exact_8x8, {65536}), "x", {}).value() == exact_8x8);
}

TEST(NpyTable, ArraysThatAreNoTableAreRefusedWithTheReason) {
  const std::vector<int64_t> square = {2, 2};
  const struct {
    NpyArray array;
    RawFormatHints hints;
    ErrorCode code;
    const char* message;
  } cases[] = {
      {ArrayOf<float>(square, {0, 0, 0, 1}), {}, ErrorCode::kUnsupported, "integers, got '<f4'"},
      {ArrayOf<int8_t>({3, 2}, {0, 0, 0, 0, 0, 0}), {}, ErrorCode::kInvalidInput, "got (3, 2)"},
      {ArrayOf<int8_t>({1, 2}, {0, 0}), {}, ErrorCode::kInvalidInput, "got (1, 2)"},
      {ArrayOf<int8_t>({0, 2}, {}), {}, ErrorCode::kInvalidInput, "got (0, 2)"},
      {ArrayOf<int8_t>({8192, 2}, std::vector<int8_t>(16384)),
       {},
       ErrorCode::kInvalidInput,
       "got (8192, 2)"},
      {ArrayOf<int8_t>({1, 2, 2}, {0, 0, 0, 0}), {}, ErrorCode::kInvalidInput, "got 3"},
      {ArrayOf<int8_t>({}, {0}), {}, ErrorCode::kInvalidInput, "got 0"},
      {ArrayOf<int8_t>({2}, {0, 0}), {}, ErrorCode::kInvalidInput, "power of two from 4"},
      {ArrayOf<int8_t>({5}, {0, 0, 0, 0, 0}), {}, ErrorCode::kInvalidInput, "power of two from 4"},
      {ArrayOf<uint8_t>({16}, std::vector<uint8_t>(16)),
       {},
       ErrorCode::kInvalidInput,
       "can have several widths"},
      {ArrayOf<int8_t>(square, {0, 0, 0, 1}),
       {},
       ErrorCode::kInvalidInput,
       "whether its operands are signed"},
      {ArrayOf<int8_t>(square, {0, 0, 0, 2}), Hints(1, 2), ErrorCode::kInvalidInput,
       "has 1x1 bits, not the 1x2 that are given"},
      {ArrayOf<int8_t>(square, {0, 0, 0, 4}),
       {},
       ErrorCode::kInvalidInput,
       "must be a product of 2 unsigned bits, got 4"},
      {ArrayOf<int8_t>(square, {0, 0, 0, -1}), Hints({}, {}, kUnsigned), ErrorCode::kInvalidInput,
       "got -1"},
      {ArrayOf<uint64_t>(square, {0, 0, 0, std::numeric_limits<uint64_t>::max()}),
       {},
       ErrorCode::kInvalidInput,
       "got 9223372036854775807"},
  };
  for (const auto& c : cases) {
    const auto table = TableFromNpy(c.array, "x", c.hints);
    ASSERT_FALSE(table.ok()) << c.message;
    EXPECT_EQ(table.error().code(), c.code) << c.message;
    EXPECT_THAT(table.error().message(), HasSubstr(c.message));
  }
}

TEST(NpyTable, TablesThatCouldNotBeReadBackAreNotWritten) {
  EXPECT_EQ(TableToNpy(ExactTable({4, kUnsigned}, {4, kSigned}).value()).error().code(),
            ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace axlut
