// SPDX-License-Identifier: MIT
#include "sim/verilator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace axlut {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kSyntaxError[] =
    "%Error: rtl0.v:2:18: syntax error, unexpected ';', expecting TYPE-IDENTIFIER\n"
    "    2 |   assign O = A * ;\n"
    "      |                  ^\n"
    "%Error: rtl0.v:9:1: syntax error, unexpected endmodule\n"
    "%Error: Exiting due to 2 error(s)\n"
    "        ... See the manual at https://verilator.org/verilator_doc.html for more assistance.\n";

constexpr char kWarning[] =
    "%Warning-UNDRIVEN: rtl0.v:1:60: Bits of signal are not driven: 'O'[3]\n"
    "                                  : ... In instance undriven\n";

TEST(VerilatorMessages, HavePlaceAndCodeWithoutContinuationLines) {
  const auto messages = ParseVerilatorMessages(std::string(kWarning) + kSyntaxError);
  ASSERT_THAT(messages, SizeIs(3));
  EXPECT_FALSE(messages[0].is_error);
  EXPECT_EQ(messages[0].code, "UNDRIVEN");
  EXPECT_EQ(messages[0].where.file, "rtl0.v");
  EXPECT_EQ(messages[0].where.line, 1);
  EXPECT_EQ(messages[0].where.column, 60);
  EXPECT_EQ(messages[0].text, "Bits of signal are not driven: 'O'[3]");
  EXPECT_TRUE(messages[1].is_error);
  EXPECT_EQ(messages[1].code, "");
}

TEST(VerilatorMessages, WithoutAPlaceKeepTheirWholeText) {
  const auto messages = ParseVerilatorMessages("%Error: Cannot open file: a:b: c\n");
  ASSERT_THAT(messages, SizeIs(1));
  EXPECT_EQ(messages[0].text, "Cannot open file: a:b: c");
  EXPECT_EQ(messages[0].where.file, "");
}

TEST(VerilatorMessages, SurviveFormattingAndParsing) {
  const auto messages = ParseVerilatorMessages(std::string(kWarning) + kSyntaxError);
  const auto again = ParseVerilatorMessages(FormatVerilatorMessages(messages));
  ASSERT_EQ(again.size(), messages.size());
  for (size_t i = 0; i < messages.size(); ++i) {
    EXPECT_EQ(again[i].is_error, messages[i].is_error);
    EXPECT_EQ(again[i].code, messages[i].code);
    EXPECT_EQ(again[i].text, messages[i].text);
    EXPECT_EQ(again[i].where.column, messages[i].where.column);
  }
}

TEST(VerilatorMessages, OtherTextIsNone) {
  EXPECT_THAT(ParseVerilatorMessages("hello\n%Errors\n%Warning\n%\n"), IsEmpty());
  EXPECT_THAT(ParseVerilatorMessages(""), IsEmpty());
}

TEST(VerilatorFailure, IsTheFirstErrorAtItsPlaceWithTheNumberOfOthers) {
  const Error error = VerilatorFailure(ParseVerilatorMessages(kSyntaxError), ProcessResult());
  EXPECT_EQ(error.code(), ErrorCode::kInvalidInput);
  EXPECT_THAT(error.ToString(), HasSubstr("rtl0.v:2:18: error: syntax error, unexpected ';'"));
  EXPECT_THAT(error.ToString(), HasSubstr("1 more error(s)"));
}

TEST(VerilatorFailure, OfAMissingModuleSaysWhatToDo) {
  const Error error = VerilatorFailure(
      ParseVerilatorMessages("%Error: rtl0.v:3:19: Cannot find file containing module: 'FOO'\n"
                             "%Error: rtl0.v:3:19: This may be because there's no search path\n"),
      ProcessResult());
  EXPECT_THAT(error.ToString(), HasSubstr("module 'FOO' is instantiated, but not defined\nhelp:"));
}

TEST(VerilatorFailure, OfAConstructThatVerilatorLacksIsUnsupported) {
  const Error error = VerilatorFailure(
      ParseVerilatorMessages("%Error-UNSUPPORTED: rtl0.v:3:1: Unsupported: UDP tables\n"),
      ProcessResult());
  EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
}

TEST(VerilatorFailure, WithoutAnyMessageQuotesWhatWasPrinted) {
  ProcessResult run;
  run.exit_code = 9;
  run.err = "perl: not found";
  const Error error = VerilatorFailure({}, run);
  EXPECT_EQ(error.code(), ErrorCode::kTool);
  EXPECT_THAT(error.ToString(), HasSubstr("exit code 9"));
  EXPECT_THAT(error.ToString(), HasSubstr("perl: not found"));
}

}  // namespace
}  // namespace axlut
