// SPDX-License-Identifier: MIT
#include "runtime/base/file_io.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "runtime/base/subprocess.h"

namespace axlut {
namespace {

using ::testing::HasSubstr;

class FileIo : public ::testing::Test {
 protected:
  FileIo() : folder_(TemporaryFolder::Create().value()) {}
  std::string Path(const std::string& name) const { return folder_.path() + "/" + name; }
  size_t FilesInFolder() const {
    size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      ++count;
    }
    return count;
  }

  TemporaryFolder folder_;
};

TEST_F(FileIo, AnyBytesComeBackAsTheyWereWritten) {
  std::string all;
  for (int i = 0; i < 100000; ++i) all += static_cast<char>(i * 7 >> 3);
  for (const std::string& bytes : {std::string(), std::string("a\0\r\nb", 5), all}) {
    ASSERT_TRUE(WriteFileAtomically(Path("x"), bytes).ok());
    EXPECT_EQ(ReadTextFile(Path("x")).value(), bytes);
    const std::vector<uint8_t> read = ReadFile(Path("x")).value();
    EXPECT_EQ(std::string(read.begin(), read.end()), bytes);
  }
  EXPECT_EQ(FilesInFolder(), 1u);
}

TEST_F(FileIo, WhatIsNoReadableFileIsRefusedWithItsPath) {
  ASSERT_EQ(::mkfifo(Path("pipe").c_str(), 0600), 0);
  const std::pair<std::string, std::string> cases[] = {
      {Path("missing"), "No such file or directory"},
      {folder_.path(), "directory"},
      {Path("pipe"), "a regular file is needed"},
      {"/dev/null", "a regular file is needed"},
  };
  for (const auto& [path, what] : cases) {
    const auto result = ReadFile(path);
    ASSERT_FALSE(result.ok()) << path;
    EXPECT_EQ(result.error().code(), ErrorCode::kInvalidInput);
    EXPECT_THAT(result.error().ToString(), HasSubstr(path));
    EXPECT_THAT(result.error().ToString(), HasSubstr(what));
  }
}

TEST_F(FileIo, TheLimitIsTheLargestSizeThatIsRead) {
  ASSERT_TRUE(WriteFileAtomically(Path("x"), "12345").ok());
  EXPECT_TRUE(ReadFile(Path("x"), 5).ok());
  const auto result = ReadFile(Path("x"), 4);
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.error().message(), HasSubstr("4 bytes"));
}

TEST_F(FileIo, FilesWhoseSizeIsNotKnownAreReadToTheirEnd) {
  EXPECT_THAT(ReadTextFile("/proc/self/status").value(), HasSubstr("Pid:"));  // fstat says 0 bytes
}

TEST_F(FileIo, AFailedWriteLeavesNothingBehind) {
  ASSERT_TRUE(std::filesystem::create_directory(Path("folder")));
  EXPECT_FALSE(WriteFileAtomically(Path("folder"), "x").ok());
  EXPECT_FALSE(WriteFileAtomically(Path("no/such/folder/x"), "x").ok());
  EXPECT_EQ(FilesInFolder(), 1u);
}

// A limit on the size of files stands for a full disk.
TEST_F(FileIo, AnInterruptedWriteKeepsTheOldContent) {
  ASSERT_TRUE(WriteFileAtomically(Path("x"), "old").ok());
  struct rlimit unlimited;
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &unlimited), 0);
  const struct rlimit limited = {1000, unlimited.rlim_max};
  const auto old_handler = ::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limited), 0);
  const auto result = WriteFileAtomically(Path("x"), std::string(2000, 'n'));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &unlimited), 0);
  ::signal(SIGXFSZ, old_handler);
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.error().ToString(), HasSubstr("File too large"));
  EXPECT_EQ(ReadTextFile(Path("x")).value(), "old");
  EXPECT_EQ(FilesInFolder(), 1u);
}

TEST_F(FileIo, LinksAreFollowedAndTheModeIsKept) {
  ASSERT_TRUE(WriteFileAtomically(Path("target"), "old").ok());
  ASSERT_EQ(::chmod(Path("target").c_str(), 0640), 0);
  ASSERT_EQ(::symlink("target", Path("link").c_str()), 0);
  ASSERT_TRUE(WriteFileAtomically(Path("link"), "new").ok());
  EXPECT_TRUE(std::filesystem::is_symlink(Path("link")));
  EXPECT_EQ(ReadTextFile(Path("target")).value(), "new");
  struct stat info;
  ASSERT_EQ(::stat(Path("target").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0640u);
}

TEST_F(FileIo, ANewFileGetsTheModeOfTheUmask) {
  const mode_t old_mask = ::umask(027);
  const bool written = WriteFileAtomically(Path("x"), "x").ok();
  ::umask(old_mask);
  ASSERT_TRUE(written);
  struct stat info;
  ASSERT_EQ(::stat(Path("x").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0640u);
}

TEST_F(FileIo, DevicesAreWrittenInPlace) {
  EXPECT_TRUE(WriteFileAtomically("/dev/null", "x").ok());
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
  EXPECT_THAT(WriteFileAtomically("/dev/full", "x").error().message(), HasSubstr("No space left"));
}

TEST(FileName, StemAndExtensionBelongToTheLastPartOfAPath) {
  EXPECT_EQ(FileStem("dir.v/mul8u_2AC.v"), "mul8u_2AC");
  EXPECT_EQ(FileStem("mul8u_2AC"), "mul8u_2AC");
  EXPECT_EQ(FileStem("dir.v/mul"), "mul");
  EXPECT_EQ(FileStem("/a/.hidden"), ".hidden");
  EXPECT_EQ(FileStem("a.tar.gz"), "a.tar");
  EXPECT_EQ(FileExtension("dir.v/X.BIN"), ".bin");
  EXPECT_EQ(FileExtension("dir.v/mul"), "");
  EXPECT_EQ(FileExtension("/a/.hidden"), "");
  EXPECT_EQ(FileExtension("a."), ".");
}

}  // namespace
}  // namespace axlut
