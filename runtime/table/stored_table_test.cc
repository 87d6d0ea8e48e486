// SPDX-License-Identifier: MIT
#include "runtime/table/stored_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "runtime/base/file_io.h"
#include "runtime/base/hash.h"
#include "runtime/base/subprocess.h"

namespace axlut {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class StoredTableFile : public ::testing::Test {
 protected:
  StoredTableFile() : folder_(TemporaryFolder::Create().value()) {
    stored_.info.name = "exact:3x2";
    stored_.info.ports = {"A", "B", "O"};
    stored_.info.metrics["mae"] = 0;
    stored_.plan = {1, 2, 3};
  }
  std::string Path(const std::string& name) const { return folder_.path() + "/" + name; }

  TemporaryFolder folder_;
  StoredTable stored_{
      ExactTable({3, Signedness::kTwosComplement}, {2, Signedness::kTwosComplement}).value(), {}};
};

TEST_F(StoredTableFile, ContainerKeepsEverything) {
  ASSERT_TRUE(SaveTable(Path("x.axt"), stored_).ok());
  const StoredTable read = LoadTable(Path("x.axt")).value();
  EXPECT_TRUE(read.table == stored_.table);
  EXPECT_EQ(read.info.name, "exact:3x2");
  EXPECT_EQ(read.info.ports.product, "O");
  EXPECT_EQ(read.info.metrics, stored_.info.metrics);
  EXPECT_EQ(read.plan, stored_.plan);
}

TEST_F(StoredTableFile, HeaderlessFilesKeepTheTableAndNameTheirSource) {
  for (const char* extension : {"bin", "npy"}) {
    const std::string path = Path(std::string("mul3x2s_exact.") + extension);
    ASSERT_TRUE(SaveTable(path, stored_).ok());
    const StoredTable read = LoadTable(path).value();
    EXPECT_TRUE(read.table == stored_.table) << extension;
    EXPECT_EQ(read.info.name, "mul3x2s_exact");
    EXPECT_EQ(read.info.source.file, path);
    EXPECT_EQ(read.info.source.sha256, Sha256Hex(ReadTextFile(path).value()));
    EXPECT_EQ(read.info.source.kind, extension == std::string("bin") ? "raw" : "npy");
    EXPECT_EQ(read.info.ports.a, "");
  }
}

TEST_F(StoredTableFile, FormatCanBeGivenBesideTheExtension) {
  ASSERT_TRUE(SaveTable(Path("table"), stored_, "axt").ok());
  ASSERT_TRUE(SaveTable(Path("table.AXT"), stored_).ok());
  EXPECT_EQ(ReadTextFile(Path("table")).value(), ReadTextFile(Path("table.AXT")).value());
  ASSERT_TRUE(SaveTable(Path("x.axt"), stored_, "bin").ok());
  EXPECT_EQ(ReadTextFile(Path("x.axt")).value().size(), 64u);
}

TEST_F(StoredTableFile, UnknownFormatsAreRefused) {
  const auto by_extension = SaveTable(Path("x.txt"), stored_);
  ASSERT_FALSE(by_extension.ok());
  EXPECT_EQ(by_extension.error().code(), ErrorCode::kUsage);
  EXPECT_THAT(by_extension.error().ToString(), HasSubstr("x.txt: error: "));
  EXPECT_THAT(by_extension.error().ToString(), HasSubstr("--format"));
  EXPECT_EQ(SaveTable(Path("x.axt"), stored_, "png").error().code(), ErrorCode::kUsage);
  EXPECT_EQ(SaveTable("-", stored_).error().code(), ErrorCode::kUsage);
  const auto loaded = LoadTable(Path("x.txt"));
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(loaded.error().message(), HasSubstr("'.txt'"));
}

TEST_F(StoredTableFile, EveryErrorOfLoadingNamesTheFile) {
  ASSERT_TRUE(WriteFileAtomically(Path("bad.axt"), "not a container").ok());
  ASSERT_TRUE(WriteFileAtomically(Path("bad.bin"), "123").ok());
  ASSERT_TRUE(WriteFileAtomically(Path("bad.npy"), "\x93NUMPY").ok());
  ASSERT_TRUE(WriteFileAtomically(Path("open.bin"), std::string(64, '\0')).ok());
  ASSERT_TRUE(std::filesystem::create_directory(Path("folder.axt")));
  for (const char* name : {"bad.axt", "bad.bin", "bad.npy", "open.bin", "missing.axt",
                           "missing.bin", "missing.npy", "folder.axt", "x.txt"}) {
    const auto stored = LoadTable(Path(name));
    ASSERT_FALSE(stored.ok()) << name;
    EXPECT_THAT(stored.error().ToString(), StartsWith(Path(name) + ": error: "));
  }
}

TEST_F(StoredTableFile, AFileOfAnotherKindIsNotReplaced) {
  for (const char* format : {"axt", "bin", "npy"}) {
    ASSERT_TRUE(WriteFileAtomically(Path("mul.v"), "module mul; endmodule").ok());
    const auto saved = SaveTable(Path("mul.v"), stored_, format);
    ASSERT_FALSE(saved.ok()) << format;
    EXPECT_THAT(saved.error().message(), HasSubstr("only replaced by one of its kind"));
    EXPECT_EQ(ReadTextFile(Path("mul.v")).value(), "module mul; endmodule");
    // An empty file (of mktemp) and a table of the same format are.
    const std::string path = Path(std::string("new.") + format);
    ASSERT_TRUE(WriteFileAtomically(path, "").ok());
    EXPECT_TRUE(SaveTable(path, stored_).ok());
    EXPECT_TRUE(SaveTable(path, stored_).ok());
  }
}

TEST_F(StoredTableFile, ATableThatCannotBeWrittenLeavesTheOldFile) {
  ASSERT_TRUE(SaveTable(Path("x.bin"), stored_).ok());
  const std::string before = ReadTextFile(Path("x.bin")).value();
  StoredTable mixed{
      ExactTable({3, Signedness::kUnsigned}, {2, Signedness::kTwosComplement}).value(), {}};
  const auto saved = SaveTable(Path("x.bin"), mixed);
  ASSERT_FALSE(saved.ok());
  EXPECT_THAT(saved.error().ToString(), StartsWith(Path("x.bin") + ": error: "));
  EXPECT_EQ(ReadTextFile(Path("x.bin")).value(), before);
}

TEST_F(StoredTableFile, OfficialTablesSurviveTheContainerOnDisk) {
  const std::string folder = AXLUT_SHARED_DIR "/data/tables/tfapprox";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is not there";
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".bin") continue;
    ++count;
    const StoredTable raw = LoadTable(entry.path()).value();
    ASSERT_TRUE(SaveTable(Path("t.axt"), raw).ok());
    const StoredTable stored = LoadTable(Path("t.axt")).value();
    EXPECT_EQ(stored.info.name, entry.path().stem());
    ASSERT_TRUE(SaveTable(Path("t.npy"), stored).ok());
    ASSERT_TRUE(
        SaveTable(Path("t.bin"), LoadTable(Path("t.npy"), {8, 8, Signedness::kUnsigned}).value())
            .ok());
    EXPECT_TRUE(ReadFile(Path("t.bin")).value() == ReadFile(entry.path()).value()) << entry.path();
  }
  EXPECT_EQ(count, 36);
}

TEST(CheckReadsBack, AHeaderlessNameMustTellWhatItsEntriesLeaveOpen) {
  constexpr OperandSpec s3{3, Signedness::kTwosComplement}, s5{5, Signedness::kTwosComplement};
  const TruthTable odd = *ExactTable(s3, s5);
  EXPECT_TRUE(CheckReadsBack("folder/anything.axt", odd).ok());
  EXPECT_TRUE(CheckReadsBack("folder/mul3x5s_mine.bin", odd).ok());
  EXPECT_TRUE(CheckReadsBack("anything.npy", odd).ok());  // its shape and type tell both
  const auto wrong = CheckReadsBack("folder/mul4x4s_mine.bin", odd);
  ASSERT_FALSE(wrong.ok());
  EXPECT_THAT(wrong.error().ToString(),
              HasSubstr("mul4x4s_mine.bin: error: the name of a .bin file must say that its table "
                        "is 3-bit signed x 5-bit signed; it would be read as 4-bit signed x 4-bit "
                        "signed"));
  EXPECT_THAT(wrong.error().ToString(), HasSubstr("help: name it mul3x5s_....bin"));
  EXPECT_THAT(CheckReadsBack("mine.bin", odd).error().message(), HasSubstr("must say"));
  // 8x8 bits without a name are TFApprox' and unsigned.
  constexpr OperandSpec s8{8, Signedness::kTwosComplement};
  EXPECT_TRUE(CheckReadsBack("mine.bin", *ExactTable({}, {})).ok());
  EXPECT_FALSE(CheckReadsBack("mine.bin", *ExactTable(s8, s8)).ok());
  EXPECT_THAT(CheckReadsBack("mul8x3u.bin", *ExactTable({}, s3)).error().message(),
              HasSubstr("must be all signed or all unsigned"));
  EXPECT_THAT(CheckReadsBack("mine.txt", odd).error().message(),
              HasSubstr("tables are written as axt, bin or npy"));
}

}  // namespace
}  // namespace axlut
