// SPDX-License-Identifier: MIT
#include "frontend/cmodel/compiler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "runtime/base/subprocess.h"

namespace axlut::cmodel {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(ErrorFromDiagnostics, TheFirstErrorIsLocatedAndTheOthersCounted) {
  const Error error = ErrorFromDiagnostics(
      "m.c: In function 'f':\nm.c:3:14: error: expected ';'\n    3 | x\n      |  ^\n"
      "m.c:5:1: error: second\n",
      "m.c", "exit code 1");
  EXPECT_EQ(
      error.ToString(),
      "m.c:3:14: error: expected ';' [axlut-c-syntax]\nnote: the C compiler reports 1 more error");
  EXPECT_EQ(error.code(), ErrorCode::kInvalidInput);
}

TEST(ErrorFromDiagnostics, FatalErrorsAndNamesWithColonsAreUnderstood) {
  EXPECT_EQ(ErrorFromDiagnostics("a:7:b.c:1:10: fatal error: x.h: No such file or directory\n",
                                 "a:7:b.c", "exit code 1")
                .ToString(),
            "a:7:b.c:1:10: error: x.h: No such file or directory [axlut-c-syntax]");
}

TEST(ErrorFromDiagnostics, AnErrorOfTheDriverBelongsToTheModel) {
  EXPECT_EQ(
      ErrorFromDiagnostics("cc: error: unrecognized option\n", "m.c", "exit code 1").ToString(),
      "m.c: error: unrecognized option [axlut-c-syntax]");
}

TEST(ErrorFromDiagnostics, TheLinkersWordsLoseTheirPlace) {
  EXPECT_EQ(
      ErrorFromDiagnostics("/usr/bin/ld: /tmp/x.o: in function `f':\nloop.c:(.text+0x1f): "
                           "undefined reference to `helper'\ncollect2: error: ld returned 1\n",
                           "m.c", "exit code 1")
          .ToString(),
      "m.c: error: the C model does not link: undefined reference to `helper' [axlut-c-syntax]");
}

TEST(ErrorFromDiagnostics, ADeathWithoutWordsIsTheToolsFailure) {
  const Error error = ErrorFromDiagnostics("", "m.c", "signal 9 (Killed)");
  EXPECT_EQ(error.code(), ErrorCode::kTool);
  EXPECT_THAT(error.ToString(), HasSubstr("failed on this model with signal 9 (Killed)"));
}

class CompilerChoice : public ::testing::Test {
 protected:
  void TearDown() override {
    unsetenv("AXLUT_CC");
    setenv("PATH", path_.c_str(), 1);
  }
  // The message of preprocessing an empty model, or "ok".
  std::string Outcome() {
    auto folder = TemporaryFolder::Create();
    const Result<std::string> text = Compiler(folder->path(), "m.c", {}).Preprocess("int x;\n");
    return text.ok() ? "ok" : text.error().ToString();
  }
  const std::string path_ = std::getenv("PATH");
};

TEST_F(CompilerChoice, AxlutCcMayHaveArguments) {
  setenv("AXLUT_CC", "cc -DX=1", 1);
  EXPECT_EQ(Outcome(), "ok");
}

TEST_F(CompilerChoice, ACompilerThatDoesNotExistIsNamed) {
  setenv("AXLUT_CC", "no-such-compiler", 1);
  EXPECT_EQ(Outcome(), "error: cannot run 'no-such-compiler': No such file or directory");
}

TEST_F(CompilerChoice, WithoutAnyCompilerTheMessageSaysWhatToInstall) {
  const char* cc = std::getenv("CC");
  if (cc != nullptr) GTEST_SKIP() << "CC is set to " << cc;
  setenv("PATH", "/nonexistent", 1);
  EXPECT_THAT(Outcome(), HasSubstr("a C model needs a C compiler"));
  EXPECT_THAT(Outcome(), HasSubstr("apt-get install gcc libc6-dev"));
}

}  // namespace
}  // namespace axlut::cmodel
