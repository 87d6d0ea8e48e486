// SPDX-License-Identifier: MIT
#include "sim/build_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "runtime/base/file_io.h"
#include "runtime/base/subprocess.h"

namespace axlut {
namespace {

namespace fs = std::filesystem;

// A cache in a folder of its own, named by the environment as a user names it.
class BuildCacheTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Result<TemporaryFolder> folder = TemporaryFolder::Create();
    ASSERT_TRUE(folder.ok());
    folder_ = std::make_unique<TemporaryFolder>(*std::move(folder));
    ::setenv("AXLUT_CACHE_DIR", folder_->path().c_str(), 1);
    cache_ = BuildCache::Open();
    ASSERT_TRUE(cache_.has_value());
  }

  std::string Path(const std::string& key) const { return cache_->folder() + "/" + key; }

  std::unique_ptr<TemporaryFolder> folder_;
  std::optional<BuildCache> cache_;
};

TEST_F(BuildCacheTest, FindsWhatWasPublishedAndNothingElse) {
  ASSERT_TRUE(cache_->Publish("key", "object", "text").ok());
  const auto entry = cache_->Find("key");
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->text, "text");
  EXPECT_EQ(ReadTextFile(entry->path)->substr(0, 6), "object");
  EXPECT_FALSE(cache_->Find("other").has_value());
}

TEST_F(BuildCacheTest, APublishedExecutableRuns) {
  const auto script = cache_->Publish("script", "#!/bin/sh\nexit 42\n", "notes");
  ASSERT_TRUE(script.ok()) << script.error().ToString();
  const auto run = RunProcess({script->path});
  ASSERT_TRUE(run.ok()) << run.error().ToString();
  EXPECT_EQ(run->exit_code, 42);
}

TEST_F(BuildCacheTest, EveryDamagedByteAndEveryTruncationMakesAnEntryAbsent) {
  ASSERT_TRUE(cache_->Publish("key", "object", "text").ok());
  const std::string good = *ReadTextFile(Path("key"));
  const auto replace = [&](const std::string& bytes) {
    std::ofstream(Path("key"), std::ios::binary | std::ios::trunc) << bytes;
  };
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    replace(bad);
    EXPECT_FALSE(cache_->Find("key").has_value()) << "byte " << i;
    replace(good.substr(0, i));
    EXPECT_FALSE(cache_->Find("key").has_value()) << "length " << i;
  }
  replace(good);
  EXPECT_TRUE(cache_->Find("key").has_value());
}

TEST_F(BuildCacheTest, ADamagedEntryIsReplacedByPublishing) {
  std::ofstream(Path("key")) << "garbage";
  fs::permissions(Path("key"), fs::perms::owner_all);
  EXPECT_FALSE(cache_->Find("key").has_value());
  ASSERT_TRUE(cache_->Publish("key", "object", "text").ok());
  EXPECT_TRUE(cache_->Find("key").has_value());
}

TEST_F(BuildCacheTest, ConcurrentPublishersLeaveOneCompleteEntry) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([this] {
      for (int n = 0; n < 20; ++n) {
        EXPECT_TRUE(cache_->Publish("key", std::string(10000, 'o'), "text").ok());
        EXPECT_TRUE(cache_->Find("key").has_value());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  size_t files = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(cache_->folder())) ++files;
  EXPECT_EQ(files, 1u);
}

TEST_F(BuildCacheTest, TheLeastRecentlyUsedEntriesGoFirst) {
  constexpr int kMostFiles = 256;
  for (int i = 0; i < kMostFiles; ++i) {
    const std::string key = "key" + std::to_string(i);
    ASSERT_TRUE(cache_->Publish(key, "", "").ok());
    // An hour apart, the first the oldest.
    fs::last_write_time(Path(key),
                        fs::file_time_type::clock::now() - std::chrono::hours(kMostFiles - i));
  }
  ASSERT_TRUE(cache_->Find("key0").has_value());  // used: now the youngest
  ASSERT_TRUE(cache_->Publish("one more", "", "").ok());
  EXPECT_TRUE(cache_->Find("key0").has_value());
  EXPECT_FALSE(cache_->Find("key1").has_value());
  EXPECT_TRUE(cache_->Find("key2").has_value());
}

TEST_F(BuildCacheTest, TheFolderIsForItsOwnerOnly) {
  struct stat status {};
  ASSERT_EQ(::stat(cache_->folder().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
}

TEST(BuildCache, FollowsTheEnvironment) {
  ::setenv("AXLUT_CACHE_DIR", "/a", 1);
  ::setenv("XDG_CACHE_HOME", "/x", 1);
  ::setenv("HOME", "/h", 1);
  EXPECT_EQ(BuildCache::DefaultFolder(), "/a/sim");
  ::unsetenv("AXLUT_CACHE_DIR");
  EXPECT_EQ(BuildCache::DefaultFolder(), "/x/axlut/sim");
  ::unsetenv("XDG_CACHE_HOME");
  EXPECT_EQ(BuildCache::DefaultFolder(), "/h/.cache/axlut/sim");
  ::unsetenv("HOME");
  EXPECT_EQ(BuildCache::DefaultFolder(), "");
  EXPECT_FALSE(BuildCache::Open().has_value());
}

TEST(BuildCache, AFolderThatCannotBeMadeMeansNoCache) {
  ::setenv("AXLUT_CACHE_DIR", "/dev/null/cache", 1);
  EXPECT_FALSE(BuildCache::Open().has_value());
}

}  // namespace
}  // namespace axlut
