// SPDX-License-Identifier: MIT
#include "runtime/tf/tfapprox_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "runtime/base/subprocess.h"

namespace axlut {
namespace {

using ::testing::HasSubstr;

class TfapproxTableTest : public ::testing::Test {
 protected:
  TfapproxTableTest() : folder_(*TemporaryFolder::Create()) {}

  // Little-endian 16-bit entries, under a name that would mean another table in our own formats.
  std::string Write(const std::vector<uint32_t>& entries, size_t extra_bytes = 0) {
    std::string bytes;
    for (const uint32_t entry : entries) {
      bytes += static_cast<char>(entry & 0xFF);
      bytes += static_cast<char>(entry >> 8);
    }
    bytes.append(extra_bytes, '\0');
    const std::string path = folder_.path() + "/mul4x12s_signed.npy";
    std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<long>(bytes.size()));
    return path;
  }

  TemporaryFolder folder_;
};

// No two entries alike, and none equal to its transposed one.
std::vector<uint32_t> Numbered(size_t count) {
  std::vector<uint32_t> entries(count);
  for (size_t i = 0; i < count; ++i) entries[i] = static_cast<uint32_t>((i * 40503 + 17) & 0xFFFF);
  return entries;
}

TEST_F(TfapproxTableTest, RowIsTheFirstOperandWhateverTheName) {
  const auto table = LoadTfapproxTable(Write(Numbered(65536)), 8);
  ASSERT_TRUE(table.ok()) << table.error().ToString();
  EXPECT_EQ(table->a().width, 8);
  EXPECT_EQ(table->b().width, 8);
  EXPECT_FALSE(table->a().is_signed() || table->b().is_signed());
  EXPECT_EQ(table->products().size(), 65536u);
  for (const uint32_t i : {0u, 1u, 255u, 256u, 0x1234u, 65535u}) {
    EXPECT_EQ(table->ProductAt(i >> 8, i & 0xFF), static_cast<int32_t>(Numbered(65536)[i]));
  }
}

TEST_F(TfapproxTableTest, NarrowOperandsUseTheLowCornerOfAFullFile) {
  const std::vector<uint32_t> entries = Numbered(65536);
  for (const int bits : {1, 4, 7}) {
    const auto table = LoadTfapproxTable(Write(entries), bits);
    ASSERT_TRUE(table.ok()) << table.error().ToString();
    ASSERT_EQ(table->products().size(), size_t{1} << (2 * bits));
    for (uint32_t a = 0; a < 1u << bits; ++a) {
      for (uint32_t b = 0; b < 1u << bits; ++b) {
        ASSERT_EQ(table->ProductAt(a, b), static_cast<int32_t>(entries[a << 8 | b]));
      }
    }
  }
}

TEST_F(TfapproxTableTest, NarrowOperandsMayHaveAFileOfTheirOwnSize) {
  const auto table = LoadTfapproxTable(Write(Numbered(256)), 4);
  ASSERT_TRUE(table.ok()) << table.error().ToString();
  for (uint32_t i = 0; i < 256; ++i) {
    ASSERT_EQ(table->ProductAt(i >> 4, i & 15), static_cast<int32_t>(Numbered(256)[i]));
  }
}

TEST_F(TfapproxTableTest, NoFileIsTheExactMultiplier) {
  const auto table = LoadTfapproxTable("", 5);
  ASSERT_TRUE(table.ok());
  for (uint32_t a = 0; a < 32; ++a) {
    for (uint32_t b = 0; b < 32; ++b) {
      ASSERT_EQ(table->ProductAt(a, b), static_cast<int32_t>(a * b));
    }
  }
}

TEST_F(TfapproxTableTest, FilesOfOtherSizesAreErrorsThatNameThem) {
  for (const size_t count : {size_t{0}, size_t{255}, size_t{16384}, size_t{65535}}) {
    const auto table = LoadTfapproxTable(Write(Numbered(count)), 4);
    ASSERT_FALSE(table.ok()) << count;
    EXPECT_THAT(table.error().ToString(), HasSubstr("mul4x12s_signed.npy"));
    EXPECT_THAT(table.error().message(),
                HasSubstr("must have 131072 bytes, or 512 for num_bits = 4"));
    EXPECT_THAT(table.error().message(), HasSubstr("it has " + std::to_string(2 * count)));
  }
  EXPECT_FALSE(LoadTfapproxTable(Write(Numbered(65536), 1), 8).ok());
}

TEST_F(TfapproxTableTest, MissingFilesAndWidthsThatNoTableHasAreErrors) {
  EXPECT_THAT(LoadTfapproxTable(folder_.path() + "/none.bin", 8).error().ToString(),
              HasSubstr("none.bin"));
  for (const int bits : {-1, 0, 9, 16}) {
    const auto table = LoadTfapproxTable("", bits);
    ASSERT_FALSE(table.ok());
    EXPECT_EQ(table.error().message(), "num_bits must be 1 .. 8; it is " + std::to_string(bits));
  }
}

}  // namespace
}  // namespace axlut
