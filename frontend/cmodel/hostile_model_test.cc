// SPDX-License-Identifier: MIT
// C models are other people's code. Whatever one does, the caller gets an Error that says what, and
// nothing outside the model's process changes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <fstream>

#include "frontend/read_multiplier.h"
#include "runtime/base/file_io.h"
#include "runtime/base/subprocess.h"

namespace axlut {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class HostileModel : public ::testing::Test {
 protected:
  void SetUp() override {
    auto folder = TemporaryFolder::Create();
    ASSERT_TRUE(folder.ok()) << folder.error().ToString();
    folder_ = std::make_unique<TemporaryFolder>(std::move(*folder));
    path_ = folder_->path() + "/mul8u_bad.c";
    options_.timeout_s = 20;
    options_.memory_limit_mb = 512;
  }

  // The message of whichever step refuses the model with this text, or "accepted".
  std::string Refusal(const std::string& text) {
    EXPECT_TRUE(WriteFileAtomically(path_, text).ok());
    Result<MultiplierModel> model = ReadCModel(path_, options_);
    if (!model.ok()) return Remember(model.error());
    auto& function = std::get<std::unique_ptr<ProductFunction>>(model->behaviour);
    std::vector<int64_t> products(65536);
    const Result<void> evaluated = function->EvaluateRows(0, 256, products.data());
    if (evaluated.ok()) return "accepted";
    // It stays dead, with the same words.
    const Result<void> again = function->EvaluateRows(0, 1, products.data());
    EXPECT_FALSE(again.ok());
    EXPECT_EQ(again.ok() ? "" : again.error().ToString(), evaluated.error().ToString());
    return Remember(evaluated.error());
  }

  // Text of a model whose function does `statement` when a is 3.
  static std::string DoingAtThree(const std::string& statement) {
    return "#include <stdint.h>\n#include <stdlib.h>\n#include <stdio.h>\n#include <unistd.h>\n"
           "#include <string.h>\n#include <signal.h>\n#include <sys/socket.h>\n"
           "uint16_t mul8u_bad(uint8_t a, uint8_t b) {\n  if (a == 3) { " +
           statement + " }\n  return a * b;\n}\n";
  }

  std::string Remember(const Error& error) {
    code_ = error.code();
    return error.ToString();
  }

  std::unique_ptr<TemporaryFolder> folder_;
  std::string path_;
  FrontendOptions options_;
  ErrorCode code_ = ErrorCode::kInternal;
};

TEST_F(HostileModel, CrashNamesTheSignalAndTheRow) {
  EXPECT_THAT(Refusal(DoingAtThree("*(volatile int*)8 = 1;")),
              AllOf(StartsWith(path_ + ":8:10: error: C model 'mul8u_bad'"),
                    HasSubstr("was killed by signal 11 (Segmentation fault) (in row 3 of")));
  EXPECT_EQ(code_, ErrorCode::kInvalidInput);
}

TEST_F(HostileModel, DivisionByZeroNamesTheSignal) {
  EXPECT_THAT(Refusal(DoingAtThree("volatile int zero = 0; return b / zero;")),
              HasSubstr("was killed by signal 8 (Floating point exception)"));
}

TEST_F(HostileModel, EndlessLoopRunsIntoTheTimeLimit) {
  options_.timeout_s = 5;  // for the compiler, too, on a busy machine
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THAT(Refusal(DoingAtThree("for (volatile int i = 0;; ++i) {}")),
              AllOf(HasSubstr("did not finish within 5 s"), HasSubstr("in row 3")));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
}

TEST_F(HostileModel, EndlessRecursionIsACrash) {
  EXPECT_THAT(Refusal("unsigned deep(unsigned x) { volatile unsigned y[999]; y[0] = x;\n"
                      "  return x + 7 + deep(x + y[0]) + y[1]; }\n"
                      "unsigned short mul8u_bad(unsigned char a, unsigned char b) {\n"
                      "  return deep(a + b); }\n"),
              HasSubstr("was killed by signal 11"));
}

TEST_F(HostileModel, ExitIsNotAnAnswer) {
  EXPECT_THAT(Refusal(DoingAtThree("exit(0);")),
              HasSubstr("ended the program itself with exit code 0"));
  EXPECT_THAT(Refusal(DoingAtThree("_exit(42);")),
              HasSubstr("ended the program itself with exit code 42"));
}

TEST_F(HostileModel, AbortNamesTheSignal) {
  EXPECT_THAT(Refusal(DoingAtThree("abort();")), HasSubstr("was killed by signal 6 (Aborted)"));
}

TEST_F(HostileModel, SyntaxErrorHasThePlaceInTheUsersFile) {
  EXPECT_THAT(Refusal("#include <stdint.h>\n\nuint16_t mul8u_bad(uint8_t a, uint8_t b) {\n"
                      "  return a * ;\n}\n"),
              AllOf(StartsWith(path_ + ":4:14: error: expected expression before ';' token")));
  EXPECT_EQ(code_, ErrorCode::kInvalidInput);
}

TEST_F(HostileModel, SyntaxErrorInTheParameterListHasItsPlaceToo) {
  EXPECT_THAT(Refusal("unsigned mul8u_bad(unsigned a, unsigned b {\n  return a * b;\n}\n"),
              StartsWith(path_ + ":1:43: error: expected"));
}

TEST_F(HostileModel, TenGigabytesThatCannotBeHadAreNamed) {
  EXPECT_THAT(Refusal(DoingAtThree("char* p = malloc(10ull << 30); memset(p, b, 10ull << 30);"
                                   " return p[b];")),
              AllOf(HasSubstr("signal 11"), HasSubstr("an allocation of 10737418240 bytes"),
                    HasSubstr("512 MiB of memory")));
}

TEST_F(HostileModel, TenGigabytesInSmallPiecesAreStoppedAtTheLimit) {
  EXPECT_THAT(
      Refusal(DoingAtThree("for (int i = 0; i < 10240; ++i) memset(malloc(1 << 20), i, 1 << 20);")),
      AllOf(HasSubstr("signal 11"), HasSubstr("an allocation of 1048576 bytes")));
}

TEST_F(HostileModel, StaticDataBeyondTheLimitAreStoppedBeforeTheFirstCall) {
  const std::string message = Refusal(
      "static char big[1000000000];\n"
      "unsigned short mul8u_bad(unsigned char a, unsigned char b) {\n"
      "  big[a * 999] = b; return big[b]; }\n");
  EXPECT_THAT(message, HasSubstr("C model 'mul8u_bad' was killed by signal"));
  EXPECT_THAT(message, HasSubstr("512 MiB of memory, their static data included"));
}

TEST_F(HostileModel, TenGigabytesOfStaticDataDoNotLink) {
  EXPECT_THAT(Refusal("static char big[5000000000], huge[5000000000];\n"
                      "unsigned short mul8u_bad(unsigned char a, unsigned char b) {\n"
                      "  big[a * 999] = b; huge[b * 999] = a; return big[b] * huge[a]; }\n"),
              HasSubstr("the C model's static data are too large to link"));
}

TEST_F(HostileModel, WritingAFileIsRefusedAndLeavesNone) {
  const std::string victim = folder_->path() + "/written.txt";
  EXPECT_THAT(Refusal(DoingAtThree("FILE* f = fopen(\"" + victim + "\", \"w\"); fputs(\"x\", f);")),
              HasSubstr("called open(), but a C model may only compute"));
  EXPECT_NE(access(victim.c_str(), F_OK), 0);
}

TEST_F(HostileModel, DeletingAFileIsRefused) {
  const std::string victim = folder_->path() + "/precious.txt";
  ASSERT_TRUE(WriteFileAtomically(victim, "x").ok());
  EXPECT_THAT(Refusal(DoingAtThree("unlink(\"" + victim + "\");")), HasSubstr("called unlink()"));
  EXPECT_EQ(access(victim.c_str(), F_OK), 0);
}

TEST_F(HostileModel, ForkBombIsRefusedAtItsFirstFork) {
  EXPECT_THAT(Refusal(DoingAtThree("for (;;) fork();")), HasSubstr("called fork()"));
}

TEST_F(HostileModel, OtherProgramsAndTheNetworkAreOutOfReach) {
  EXPECT_THAT(Refusal(DoingAtThree("execl(\"/bin/true\", \"true\", NULL);")),
              HasSubstr("called exec()"));
  EXPECT_THAT(Refusal(DoingAtThree("socket(AF_INET, SOCK_STREAM, 0);")),
              HasSubstr("called socket()"));
  EXPECT_THAT(Refusal(DoingAtThree("kill(getppid(), SIGKILL);")), HasSubstr("may only compute"));
  EXPECT_THAT(Refusal(DoingAtThree("raise(SIGKILL);")), HasSubstr("signal 9"));
}

TEST_F(HostileModel, ConstructorsAreConfinedToo) {
  const std::string victim = folder_->path() + "/constructed.txt";
  const std::string body = " void early(void) {\n FILE* f = fopen(\"" + victim +
                           "\", \"w\"); fputs(\"x\", f); }\n" + DoingAtThree("");
  EXPECT_THAT(Refusal("#include <stdio.h>\n__attribute__((constructor))" + body),
              HasSubstr("called open()"));
  // Priority 0 comes before our own constructor; there the first filter makes fopen fail.
  EXPECT_THAT(Refusal("#include <stdio.h>\n__attribute__((constructor(0)))" + body),
              HasSubstr("signal 11"));
  EXPECT_NE(access(victim.c_str(), F_OK), 0);
}

TEST_F(HostileModel, ForkBombInAnEarlyConstructorCannotFork) {
  EXPECT_THAT(Refusal("#include <unistd.h>\n__attribute__((constructor(0))) void early(void) {\n"
                      "  for (int i = 0; i < 99; ++i) if (fork() != -1) for (;;) fork();\n}\n" +
                      DoingAtThree("abort();")),
              HasSubstr("Aborted"));
}

TEST_F(HostileModel, PrintingIsHarmless) {
  EXPECT_EQ(
      Refusal(DoingAtThree("printf(\"%d\\n\", b); fprintf(stderr, \"%d\\n\", b); fflush(stdout);")),
      "accepted");
}

// GCC reads the device until its memory or its time is used up, whichever comes first.
TEST_F(HostileModel, EndlessCompilationRunsIntoALimit) {
  options_.timeout_s = 1;
  EXPECT_THAT(Refusal("#include \"/dev/zero\"\nint mul8u_bad(int a, int b) { return a * b; }\n"),
              HasSubstr("[axlut-c-compiler]"));
  EXPECT_EQ(code_, ErrorCode::kTool);
}

TEST_F(HostileModel, HugeObjectsOfTheCompilerAreCutOff) {
  EXPECT_THAT(Refusal("static char big[1u << 31] = {1};\n"
                      "unsigned mul8u_bad(unsigned a, unsigned b) { return a * b + big[a]; }\n"),
              AllOf(HasSubstr("[axlut-c-compiler]"), HasSubstr("File size limit exceeded")));
}

}  // namespace
}  // namespace axlut
