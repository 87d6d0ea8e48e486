// SPDX-License-Identifier: MIT
#include "runtime/base/cli.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "runtime/base/subprocess.h"

namespace axlut::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Outcome {
  int exit_code;
  std::string out;
  std::string err;
};

Command TestCommand() {
  Subcommand build;
  build.name = "build";
  build.summary = "builds";
  build.synopsis = "INPUT [MORE...] [options]";
  build.description = "Builds what INPUT says.";
  build.examples = {"tool build a.v", "tool build b.v --width 4"};
  build.options.add_options()("width", po::value<int>()->default_value(8), "width in bits")(
      "output,o", po::value<std::string>(), "where to");
  build.positionals = {{"input", true, false}, {"more", false, true}};
  build.run = [](const po::variables_map& values, const Context& context) -> Result<int> {
    const std::string input = values["input"].as<std::string>();
    if (input == "differs") return kExitDiffers;
    if (input == "bad") return Error::InvalidInput("input is bad");
    if (input == "throws") throw std::runtime_error("boom");
    context.Note("a note");
    if (context.json()) {
      AXLUT_RETURN_IF_ERROR(context.WriteJson("{}"));
      return kExitDone;
    }
    context.out << input << " " << values["width"].as<int>() << " v" << context.verbosity << "\n";
    return kExitDone;
  };
  Subcommand plain;
  plain.name = "plain";
  plain.accepts_json = false;
  plain.run = [](const po::variables_map&, const Context&) -> Result<int> { return kExitDone; };
  return {"tool", "A tool for tests.", {build, plain}, [] {
            return std::vector<std::string>{"yosys 0"};
          }};
}

Outcome RunTool(const std::vector<std::string>& arguments) {
  std::ostringstream out;
  std::ostringstream err;
  const int exit_code = Run(TestCommand(), arguments, out, err);
  return {exit_code, out.str(), err.str()};
}

TEST(Cli, RunsASubcommandWithItsOptions) {
  const Outcome outcome = RunTool({"build", "--width", "4", "a.v", "-vv", "-v"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out, "a.v 4 v3\n");
  EXPECT_EQ(outcome.err, "a note\n");
}

TEST(Cli, QuietSilencesNotes) { EXPECT_EQ(RunTool({"build", "a.v", "-q"}).err, ""); }

TEST(Cli, HelpGoesToStdoutWithExamplesAndExitCodes) {
  const Outcome outcome = RunTool({"build", "--help"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("usage: tool build INPUT"));
  EXPECT_THAT(outcome.out, HasSubstr("tool build b.v --width 4"));
  EXPECT_THAT(outcome.out, HasSubstr("exit codes: 0 done"));
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(RunTool({"-h"}).out, HasSubstr("build  builds"));
}

TEST(Cli, VersionNamesTheTools) { EXPECT_THAT(RunTool({"--version"}).out, HasSubstr("yosys 0\n")); }

TEST(Cli, UnknownWordsAreRefusedWithASuggestion) {
  const Outcome subcommand = RunTool({"biuld"});
  EXPECT_EQ(subcommand.exit_code, 2);
  EXPECT_THAT(subcommand.err, HasSubstr("unknown subcommand 'biuld'"));
  EXPECT_THAT(subcommand.err, HasSubstr("did you mean 'build'?"));
  const Outcome option = RunTool({"build", "a.v", "--widht", "4"});
  EXPECT_EQ(option.exit_code, 2);
  EXPECT_THAT(option.err, HasSubstr("did you mean '--width'?"));
}

TEST(Cli, AbbreviationsAreRefused) {
  const Outcome outcome = RunTool({"build", "a.v", "--wid", "4"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("unknown option '--wid'"));
}

TEST(Cli, SurplusArgumentsAreRefused) {
  const Outcome outcome = RunTool({"plain", "surplus"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("takes at most 0"));
}

TEST(Cli, MissingPiecesAreUsageErrors) {
  EXPECT_EQ(RunTool({}).exit_code, 2);
  const Outcome outcome = RunTool({"build"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("'build' needs INPUT"));
  EXPECT_THAT(RunTool({"build", "a.v", "--width"}).err, HasSubstr("--width"));
  EXPECT_THAT(RunTool({"build", "a.v", "--width", "x"}).err, HasSubstr("'x'"));
}

TEST(Cli, ErrorCodesBecomeExitCodes) {
  EXPECT_EQ(RunTool({"build", "differs"}).exit_code, 1);
  const Outcome bad = RunTool({"build", "bad"});
  EXPECT_EQ(bad.exit_code, 3);
  EXPECT_EQ(bad.err, "error: input is bad\n");
  const Outcome bug = RunTool({"build", "throws"});
  EXPECT_EQ(bug.exit_code, 70);
  EXPECT_THAT(bug.err, HasSubstr("internal error: boom"));
}

TEST(Cli, JsonDoesNotSwallowTheNextArgument) {
  const Outcome outcome = RunTool({"build", "--json", "a.v"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out, "{}\n");
  EXPECT_EQ(RunTool({"plain", "--json"}).exit_code, 2);
}

TEST(Cli, JsonCanGoToAFile) {
  const auto folder = TemporaryFolder::Create();
  ASSERT_TRUE(folder.ok());
  const std::string path = folder->path() + "/answer.json";
  EXPECT_EQ(RunTool({"build", "a.v", "--json=" + path}).out, "");
  std::ifstream file(path);
  std::string text;
  std::getline(file, text);
  EXPECT_EQ(text, "{}");
}

TEST(Cli, ArgumentFilesAreExpandedOnce) {
  const auto folder = TemporaryFolder::Create();
  ASSERT_TRUE(folder.ok());
  const std::string path = folder->path() + "/arguments";
  std::ofstream(path) << "--width 4\n\"a file.v\"\n";
  EXPECT_EQ(RunTool({"build", "-f", path}).out, "a file.v 4 v0\n");
  std::ofstream(path) << "-f other";
  EXPECT_EQ(RunTool({"build", "-f", path}).exit_code, 2);
  EXPECT_EQ(RunTool({"build", "-f", folder->path() + "/none"}).exit_code, 3);
}

TEST(Cli, ColorIsOffWithoutATerminalAndCanBeForced) {
  EXPECT_THAT(RunTool({"build", "bad"}).err, Not(HasSubstr("\033[")));
  EXPECT_THAT(RunTool({"build", "bad", "--color=always"}).err, HasSubstr("\033[1;31merror:"));
  EXPECT_EQ(RunTool({"build", "bad", "--color=pink"}).exit_code, 2);
}

TEST(Cli, DidYouMeanGivesTheClosestWithinTwoEdits) {
  EXPECT_EQ(DidYouMean("metrcs", {"metrics", "build"}), "metrics");
  EXPECT_EQ(DidYouMean("xyz", {"metrics", "build"}), "");
}

TEST(Progress, IsALinePerTenthWithoutATerminal) {
  std::ostringstream err;
  const Progress progress(err, "evaluating", false);
  progress.Update(1, 10);
  EXPECT_EQ(err.str(), "") << "nothing within the first half second";
}

}  // namespace
}  // namespace axlut::cli
