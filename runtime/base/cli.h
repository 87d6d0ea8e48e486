// SPDX-License-Identifier: MIT
// The command-line layer on Boost.Program_options: subcommands, suggestions, exit codes.
//
// A command (lutgen, lutsim, lutrun) is a list of subcommands; each subcommand is one file in
// commands/ that returns a Subcommand. What all of them share lives here: -h, --version, -q, -v,
// --json, -f FILE, "did you mean", refusal of abbreviations and of surplus arguments.
#pragma once

#include <boost/program_options.hpp>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/progress.h"
#include "runtime/base/result.h"

namespace axlut::cli {

namespace po = boost::program_options;

// Exit codes beside ErrorCode's (which are exit codes too).
inline constexpr int kExitDone = 0;
inline constexpr int kExitDiffers = 1;  // checked, and the answer is "not equal" / "too large"

// What a running subcommand sees of the world. It writes data to `out` and everything for a human
// to `err`.
struct Context {
  std::ostream& out;
  std::ostream& err;
  bool quiet = false;  // -q: no notes, no progress
  int verbosity = 0;   // number of -v
  bool stderr_is_terminal = false;
  bool color = false;                    // messages may use terminal colours
  std::optional<std::string> json_path = {};  // --json[=FILE]; "-" is `out`. Only with accepts_json

  bool json() const { return json_path.has_value(); }
  // A line for a human on `err`, unless -q.
  void Note(const std::string& line) const;
  // A progress bar on `err` as docs/cli.md describes; silent under -q.
  Progress MakeProgress(const std::string& what) const;
  // Writes a machine answer to json_path.
  Result<void> WriteJson(const std::string& json_text) const;
};

struct Subcommand {
  std::string name;                   // "build"
  std::string summary;                // one line for the list of subcommands
  std::string synopsis;               // "INPUT -o OUT [options]"
  std::string description;            // paragraphs for --help
  std::vector<std::string> examples;  // two command lines
  po::options_description options;    // its own options, without the shared ones
  // Positional arguments in order. Each is also a hidden option of that name in `options`' map;
  // `many` may stand last and takes all the rest.
  struct Positional {
    std::string name;  // "input"
    bool required = true;
    bool many = false;
  };
  std::vector<Positional> positionals;
  bool accepts_json = true;
  // Returns the exit code (kExitDone or kExitDiffers), or the Error, whose code becomes it.
  std::function<Result<int>(const po::variables_map&, const Context&)> run;
};

struct Command {
  std::string name;  // "lutgen"
  std::string summary;
  std::vector<Subcommand> subcommands;
  // Lines of --version below the command's own: "yosys 0.23". Called only when asked for.
  std::function<std::vector<std::string>()> versions;
};

// Parses, runs, prints errors to `err`, returns the exit code. Never throws or exits.
int Run(const Command& command, const std::vector<std::string>& arguments, std::ostream& out,
        std::ostream& err, bool stderr_is_terminal = false);
// The same for main(): argv, std::cout, std::cerr. Ctrl-C sets Interrupted() and, pressed again,
// ends the process with 130.
int Main(const Command& command, int argc, char** argv);

// True after Ctrl-C; long loops ask and return Error(ErrorCode::kInterrupted, "interrupted").
bool Interrupted();

// The closest of `known` with an edit distance of at most 2, or "".
std::string DidYouMean(const std::string& word, const std::vector<std::string>& known);

}  // namespace axlut::cli
