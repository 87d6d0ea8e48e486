// SPDX-License-Identifier: MIT
#include "runtime/base/subprocess.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace axlut {
namespace {

TEST(Subprocess, KeepsBothStreamsAndTheExitCode) {
  const auto result = RunProcess({"sh", "-c", "echo to-out; echo to-err >&2; exit 3"});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->out, "to-out\n");
  EXPECT_EQ(result->err, "to-err\n");
  EXPECT_EQ(result->exit_code, 3);
  EXPECT_EQ(DescribeEnd(*result, {}), "exit code 3");
}

TEST(Subprocess, AMissingProgramIsAToolErrorWithItsName) {
  const auto result = RunProcess({"axlut-no-such-program"});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kTool);
  EXPECT_NE(result.error().message().find("axlut-no-such-program"), std::string::npos);
}

TEST(Subprocess, ATimeoutKillsGrandchildrenToo) {
  ProcessOptions options;
  options.timeout_s = 0.3;
  const auto result = RunProcess({"sh", "-c", "sleep 60 & sleep 60"}, options);
  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(result->timed_out);
  EXPECT_EQ(DescribeEnd(*result, options), "did not end within 0.3 s");
}

TEST(Subprocess, AChildThatClosesItsStreamsStillTimesOut) {
  ProcessOptions options;
  options.timeout_s = 0.3;
  const auto result = RunProcess({"sh", "-c", "exec >&- 2>&-; sleep 60"}, options);
  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(result->timed_out);
}

TEST(Subprocess, OutputBeyondTheLimitIsDropped) {
  ProcessOptions options;
  options.output_limit_bytes = 1000;
  const auto result = RunProcess({"sh", "-c", "head -c 500000 /dev/zero"}, options);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->out.size(), 1000u);
  EXPECT_TRUE(result->succeeded());
}

TEST(Subprocess, ASignalIsNamed) {
  const auto result = RunProcess({"sh", "-c", "kill -SEGV $$"});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(DescribeEnd(*result, {}), "killed by signal 11 (Segmentation fault)");
}

TEST(Subprocess, EnvironmentAndFolderReachTheChild) {
  ProcessOptions options;
  options.environment["AXLUT_PROBE"] = "seen";
  options.working_directory = "/";
  const auto result = RunProcess({"sh", "-c", "echo $AXLUT_PROBE $(pwd)"}, options);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->out, "seen /\n");
}

TEST(TemporaryFolder, IsRemovedWithItsContent) {
  std::string path;
  {
    auto folder = TemporaryFolder::Create();
    ASSERT_TRUE(folder.ok());
    path = folder->path();
    std::filesystem::create_directories(path + "/a/b");
    EXPECT_TRUE(std::filesystem::exists(path + "/a/b"));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace axlut
