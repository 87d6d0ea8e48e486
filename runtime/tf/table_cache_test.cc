// SPDX-License-Identifier: MIT
#include "runtime/tf/table_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "runtime/base/subprocess.h"
#include "runtime/table/stored_table.h"

namespace axlut {
namespace {

using ::testing::HasSubstr;

class TableCacheTest : public ::testing::Test {
 protected:
  TableCacheTest() : folder_(*TemporaryFolder::Create()) {}

  // Saves the exact table of a 4x4-bit multiplier, entry 0 replaced.
  std::string Save(const std::string& file, int32_t first_product) {
    const TruthTable exact = *ExactTable({4, Signedness::kUnsigned}, {4, Signedness::kUnsigned});
    std::vector<int32_t> products = exact.products();
    products[0] = first_product;
    const std::string path = folder_.path() + "/" + file;
    StoredTable stored{*TruthTable::Create(exact.a(), exact.b(), exact.product(), products), {}};
    EXPECT_TRUE(SaveTable(path, stored).ok());
    return path;
  }

  TemporaryFolder folder_;
  TableCache cache_;
};

TEST_F(TableCacheTest, UnchangedFileIsLoadedOnce) {
  const std::string path = Save("t.axt", 0);
  const auto first = cache_.Get(path);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(cache_.Get(path).value(), *first);
}

TEST_F(TableCacheTest, FilesOfEqualContentShareOneTable) {
  const auto first = cache_.Get(Save("t.axt", 0));
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(cache_.Get(Save("copy.axt", 0)).value(), *first);
  EXPECT_NE(cache_.Get(Save("other.axt", 1)).value(), *first);
}

TEST_F(TableCacheTest, EncodingsHaveTablesOfTheirOwn) {
  const std::string path = Save("t.axt", 7);
  const auto affine = cache_.Get(path);
  const auto signs = cache_.Get(path, OperandEncoding::kSignMagnitude);
  ASSERT_TRUE(affine.ok() && signs.ok());
  EXPECT_FALSE((*affine)->table().a().is_signed());
  EXPECT_TRUE((*signs)->table().a().is_signed());
  EXPECT_EQ((*signs)->table().ProductAt(0xF, 2), -2);  // -1 * 2
  EXPECT_EQ(cache_.Get(path, OperandEncoding::kSignMagnitude).value(), *signs);
  EXPECT_EQ(cache_.Get(Save("copy.axt", 7), OperandEncoding::kSignMagnitude).value(), *signs);
  EXPECT_EQ(cache_.Get(path).value(), *affine);
}

// As long as the file stays the same, which a second read would not notice.
TEST_F(TableCacheTest, OneReadServesBothEncodings) {
  const std::string path = Save("t.axt", 7);
  ASSERT_TRUE(cache_.Get(path).ok());
  const auto status = std::filesystem::last_write_time(path);
  const auto size = std::filesystem::file_size(path);
  std::ofstream(path, std::ios::in | std::ios::out | std::ios::binary) << std::string(size, 'x');
  std::filesystem::last_write_time(path, status);
  const auto signs = cache_.Get(path, OperandEncoding::kSignMagnitude);
  ASSERT_TRUE(signs.ok()) << signs.error().ToString();
  EXPECT_EQ((*signs)->table().ProductAt(0, 0), 7);
}

TEST_F(TableCacheTest, SignMagnitudeNeedsUnsignedOperands) {
  const std::string path = folder_.path() + "/s.axt";
  const OperandSpec operand{4, Signedness::kTwosComplement};
  ASSERT_TRUE(SaveTable(path, {*ExactTable(operand, operand), {}}).ok());
  ASSERT_TRUE(cache_.Get(path).ok());
  const auto signs = cache_.Get(path, OperandEncoding::kSignMagnitude);
  ASSERT_FALSE(signs.ok());
  EXPECT_THAT(signs.error().ToString(), HasSubstr(path));
  EXPECT_THAT(signs.error().ToString(), HasSubstr("needs a table of unsigned operands"));
}

TEST_F(TableCacheTest, EncodingsAreKnownByName) {
  EXPECT_EQ(ParseEncoding("affine").value(), OperandEncoding::kAffine);
  EXPECT_EQ(ParseEncoding("sign_magnitude").value(), OperandEncoding::kSignMagnitude);
  EXPECT_THAT(ParseEncoding("signed").error().message(), HasSubstr("it is 'signed'"));
}

TEST_F(TableCacheTest, TfapproxFilesShareTheTablesOfEqualContent) {
  const auto own = cache_.Get(Save("mul4x4u_t.bin", 7));
  ASSERT_TRUE(own.ok());
  EXPECT_EQ(cache_.GetTfapprox(Save("mul4x4u_copy.bin", 7), 4).value(), *own);
  EXPECT_FALSE(cache_.GetTfapprox(folder_.path() + "/mul4x4u_t.bin", 5).ok());
}

TEST_F(TableCacheTest, NoTfapproxFileIsTheExactTableOfEachWidth) {
  const auto exact = cache_.GetTfapprox("", 4);
  ASSERT_TRUE(exact.ok());
  EXPECT_EQ(exact.value()->table().ProductAt(15, 13), 195);
  EXPECT_EQ(cache_.GetTfapprox("", 4).value(), *exact);
  EXPECT_EQ(cache_.GetTfapprox("", 5).value()->table().products().size(), 1024u);
  EXPECT_FALSE(cache_.Get("").ok());
}

TEST_F(TableCacheTest, RewrittenFileIsReadAgain) {
  const std::string path = Save("t.axt", 0);
  const auto before = cache_.Get(path);
  ASSERT_TRUE(before.ok());
  Save("t.axt", 7);
  const auto after = cache_.Get(path);
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(after.value()->table().ProductAt(0, 0), 7);
  EXPECT_EQ(before.value()->table().ProductAt(0, 0), 0);  // whoever still uses it keeps it
}

TEST_F(TableCacheTest, ErrorsNameTheFileAndAreNotRemembered) {
  const std::string path = folder_.path() + "/t.axt";
  const auto missing = cache_.Get(path);
  ASSERT_FALSE(missing.ok());
  EXPECT_THAT(missing.error().ToString(), HasSubstr(path));
  EXPECT_THAT(missing.error().ToString(), HasSubstr("No such file"));
  Save("t.axt", 0);
  EXPECT_TRUE(cache_.Get(path).ok());
}

TEST_F(TableCacheTest, ManyTablesDoNotEvictTheOneInUse) {
  const std::string used = Save("used.axt", 0);
  const auto first = cache_.Get(used);
  ASSERT_TRUE(first.ok());
  for (int i = 1; i < 300; ++i) {  // the cache holds 256
    const std::string path = Save("t" + std::to_string(i) + ".axt", i % 256);
    ASSERT_TRUE(cache_.Get(path).ok());
    EXPECT_EQ(cache_.Get(used).value(), *first);
  }
}

// What one thread gets stays whole while another one's file is read again.
TEST_F(TableCacheTest, ThreadsMayAskWhileAFileIsReplaced) {
  const std::string path = Save("t.axt", 1), still = Save("still.axt", 2);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      for (int call = 0; call < 50; ++call) {
        const auto table = cache_.Get(path);
        const auto signs = cache_.Get(still, OperandEncoding::kSignMagnitude);
        if (!table.ok() || (*table)->table().ProductAt(15, 15) != 225) ++wrong;
        if (!signs.ok() || (*signs)->table().ProductAt(0, 0) != 2) ++wrong;
      }
    });
  }
  for (int32_t product = 3; product < 20; ++product) Save("t.axt", product);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace axlut
