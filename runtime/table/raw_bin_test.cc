// SPDX-License-Identifier: MIT
#include "runtime/table/raw_bin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "runtime/base/file_io.h"
#include "runtime/table/container.h"

namespace axlut {
namespace {

using ::testing::HasSubstr;

constexpr Signedness kUnsigned = Signedness::kUnsigned;
constexpr Signedness kSigned = Signedness::kTwosComplement;

TEST(RawBin, EntriesAreLittleEndianRowsOfTheActivation) {
  const TruthTable table =
      TruthTable::Create({1, kUnsigned}, {2, kUnsigned}, {3, kUnsigned}, {0, 1, 2, 3, 4, 5, 6, 7})
          .value();
  EXPECT_EQ(SerializeRawBin(table).value(), std::string("\0\0\1\0\2\0\3\0\4\0\5\0\6\0\7\0", 16));
}

TEST(RawBin, SignedEntriesAreTwosComplement) {
  const TruthTable table = ExactTable({8, kSigned}, {8, kSigned}).value();
  const std::string file = SerializeRawBin(table).value();
  ASSERT_EQ(file.size(), 131072u);
  EXPECT_EQ(file.substr(2 * 0xFF02, 2), "\xFE\xFF");                  // -1 * 2
  EXPECT_EQ(file.substr(2 * 0x8080, 2), std::string("\x00\x40", 2));  // -128 * -128 = 16384
  RawFormatHints hints;
  hints.signedness = kSigned;
  EXPECT_TRUE(ParseRawBin(file, "x", hints).value() == table);
  EXPECT_TRUE(ParseRawBin(file, "mul8s_1KV8", {}).value() == table);
}

TEST(RawBin, ProductsWiderThan16BitsHave32BitEntries) {
  for (const Signedness signedness : {kUnsigned, kSigned}) {
    const TruthTable table = ExactTable({12, signedness}, {5, signedness}).value();
    const std::string file = SerializeRawBin(table).value();
    EXPECT_EQ(file.size(), 4u << 17);
    RawFormatHints hints;
    hints.width_a = 12;
    EXPECT_TRUE(ParseRawBin(file, "x", hints).value() == table);
  }
  const TruthTable widest = ExactTable({12, kUnsigned}, {12, kUnsigned}).value();
  const std::string file = SerializeRawBin(widest).value();
  EXPECT_EQ(file.size(), kMaxRawBinSize);
  EXPECT_TRUE(ParseRawBin(file, "mul12u_XYZ", {}).value() == widest);
}

TEST(RawBin, TablesOfAllWidthsUpTo16ProductBitsComeBack) {
  for (int width_a = 1; width_a <= 12; ++width_a) {
    for (int width_b = 1; width_b <= 12 && width_a + width_b <= 16; ++width_b) {
      for (const Signedness signedness : {kUnsigned, kSigned}) {
        const TruthTable table = ExactTable({width_a, signedness}, {width_b, signedness}).value();
        const std::string file = SerializeRawBin(table).value();
        EXPECT_EQ(file.size(), size_t{2} << (width_a + width_b));
        RawFormatHints hints{width_a, width_b, signedness};
        EXPECT_TRUE(ParseRawBin(file, "x", hints).value() == table);
        hints.width_b.reset();  // the size gives it
        EXPECT_TRUE(ParseRawBin(file, "x", hints).value() == table);
      }
    }
  }
}

TEST(RawBin, WhatIsNotGivenComesFromTheNameThenTheFile) {
  const std::string unsigned_8x4 =
      SerializeRawBin(ExactTable({8, kUnsigned}, {4, kUnsigned}).value()).value();
  const std::string signed_8x4 =
      SerializeRawBin(ExactTable({8, kSigned}, {4, kSigned}).value()).value();
  EXPECT_EQ(ParseRawBin(unsigned_8x4, "mul8x4u_1YD", {}).value().b().width, 4);
  RawFormatHints hints;
  hints.width_b = 4;
  // 16-bit entries of 12-bit products show the sign.
  EXPECT_EQ(ParseRawBin(signed_8x4, "x", hints).value().a(), (OperandSpec{8, kSigned}));
  EXPECT_EQ(ParseRawBin(unsigned_8x4, "x", hints).value().a(), (OperandSpec{8, kUnsigned}));
  // Hints win over the name.
  hints.width_b = 8;
  EXPECT_EQ(ParseRawBin(unsigned_8x4, "mul8x4u_1YD", hints).value().a().width, 4);
  // 131,072 bytes: TFApprox' format.
  const std::string exact_8x8 =
      SerializeRawBin(ExactTable({8, kUnsigned}, {8, kUnsigned}).value()).value();
  EXPECT_TRUE(ParseRawBin(exact_8x8, "test_mul_table", {}).value() ==
              ExactTable({8, kUnsigned}, {8, kUnsigned}).value());
}

TEST(RawBin, WhatRemainsOpenIsAskedForAndContradictionsAreRefused) {
  const std::string all_zero(8192, '\0');
  const std::string exact_8x8_signed =
      SerializeRawBin(ExactTable({8, kSigned}, {8, kSigned}).value()).value();
  const std::string exact_4x4_signed =
      SerializeRawBin(ExactTable({4, kSigned}, {4, kSigned}).value()).value();
  const auto hints = [](std::optional<int> a, std::optional<int> b,
                        std::optional<Signedness> signedness = {}) {
    RawFormatHints result;
    result.width_a = a;
    result.width_b = b;
    result.signedness = signedness;
    return result;
  };
  const struct {
    std::string file;
    const char* name;
    RawFormatHints hints;
    const char* message;
    const char* help;
  } cases[] = {
      {all_zero, "x", {}, "2^12 entries can have several widths", "--width-a BITS --width-b BITS"},
      {all_zero, "x", hints(8, {}), "say whether its operands are signed",
       "--signed or --unsigned"},
      {exact_8x8_signed, "x", hints(4, {}), "say whether its operands are signed", "--signed or"},
      {"", "x", {}, "size of the file fits no table", "--width-a"},
      {all_zero.substr(1), "x", {}, "size of the file fits no table", "--width-a"},
      {all_zero.substr(1), "x", hints(8, {}), "size of the file fits no table", "--width-b"},
      {all_zero.substr(1), "mul8x4u_1", {}, "8x4 bits must have 8192 bytes, got 8191", ""},
      {all_zero,
       "mul8u_1",
       {},
       "8x8 bits (by its name) must have 65536 entries, got 4096",
       "--width"},
      {all_zero, "x", hints(8, 8), "8x8 bits must have 65536 entries, got 4096", "--width-a"},
      {all_zero, "x", hints(12, {}), "width of operand b must be 1..12 bits, got 0", "--width"},
      {all_zero, "x", hints(13, -1), "width of operand a must be 1..12 bits, got 13", "--width"},
      {all_zero, "mul16u_1", {}, "width of operand a must be 1..12 bits, got 16", "--width"},
      {exact_4x4_signed, "x", hints(4, 4, kUnsigned),
       "must be a product of 8 unsigned bits, got 65528", "--signed"},
      {SerializeRawBin(ExactTable({4, kUnsigned}, {4, kUnsigned}).value()).value(), "x",
       hints(4, 4, kSigned), "must be a product of 8 signed bits, got 135", "--unsigned"},
  };
  for (const auto& c : cases) {
    const auto table = ParseRawBin(c.file, c.name, c.hints);
    ASSERT_FALSE(table.ok()) << c.message;
    EXPECT_EQ(table.error().code(), ErrorCode::kInvalidInput) << c.message;
    EXPECT_THAT(table.error().message(), HasSubstr(c.message));
    EXPECT_THAT(table.error().ToString(), HasSubstr(c.help));
  }
}

TEST(RawBin, TablesThatCouldNotBeReadBackAreNotWritten) {
  const TruthTable mixed = ExactTable({4, kUnsigned}, {4, kSigned}).value();
  EXPECT_EQ(SerializeRawBin(mixed).error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(SerializeRawBin(mixed).error().message(), HasSubstr("all signed or all unsigned"));
  const TruthTable wide =
      TruthTable::Create({1, kUnsigned}, {1, kUnsigned}, {16, kUnsigned}, {0, 0, 0, 4}).value();
  EXPECT_THAT(SerializeRawBin(wide).error().message(), HasSubstr("got 4 at entry 3"));
  // A wide port alone does no harm.
  const TruthTable narrow =
      TruthTable::Create({1, kUnsigned}, {1, kUnsigned}, {16, kUnsigned}, {0, 0, 0, 3}).value();
  EXPECT_EQ(SerializeRawBin(narrow).value().size(), 8u);
}

TEST(RawBin, OfficialTablesComeBackByteForByteThroughTheContainer) {
  const std::string folder = AXLUT_SHARED_DIR "/data/tables/tfapprox";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is not there";
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".bin") continue;
    ++count;
    const std::string raw = ReadTextFile(entry.path()).value();
    TruthTable table = ParseRawBin(raw, entry.path().stem(), {}).value();
    EXPECT_EQ(table.a(), (OperandSpec{8, kUnsigned}));
    EXPECT_EQ(table.product(), (OperandSpec{16, kUnsigned}));
    const std::string container = SerializeContainer({table, {}}).value();
    const StoredTable read = ParseContainer(container, "x.axt").value();
    EXPECT_TRUE(SerializeRawBin(read.table).value() == raw) << entry.path();
  }
  EXPECT_EQ(count, 36);
}

}  // namespace
}  // namespace axlut
