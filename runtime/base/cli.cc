// SPDX-License-Identifier: MIT
#include "runtime/base/cli.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <numeric>

#include "runtime/base/file_io.h"
#include "runtime/base/version.h"

namespace axlut::cli {
namespace {

constexpr int kHelpWidth = 100;  // columns

constexpr char kExitCodes[] =
    "exit codes: 0 done, equal; 1 checked and differs; 2 usage; 3 input cannot be read or parsed;\n"
    "  4 valid but unsupported; 5 a tool is missing or failed; 70 a bug of ours; 130 interrupted\n";

volatile sig_atomic_t interrupted = 0;

void OnInterrupt(int) {
  if (interrupted != 0) ::_exit(static_cast<int>(ErrorCode::kInterrupted));
  interrupted = 1;
}

int EditDistance(const std::string& a, const std::string& b) {
  std::vector<int> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 1; i <= a.size(); ++i) {
    int diagonal = std::exchange(row[0], static_cast<int>(i));
    for (size_t j = 1; j <= b.size(); ++j) {
      const int change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return row[b.size()];
}

std::string Upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

po::options_description SharedOptions(bool accepts_json) {
  po::options_description shared("shared options", kHelpWidth);
  auto add = shared.add_options();
  add("help,h", "print this text and exit");
  add("quiet,q", "no notes and no progress on stderr");
  add("verbose,v", "more on stderr; may be repeated");
  add("color", po::value<std::string>()->value_name("WHEN")->default_value("auto"),
      "colour messages: auto, always or never (NO_COLOR is respected)");
  add("argument-file,f", po::value<std::string>()->value_name("FILE"),
      "read more arguments from FILE, split as a shell would");
  if (accepts_json) {
    add("json", po::value<std::string>()->value_name("FILE")->implicit_value("-"),
        "machine-readable answer to stdout or, as --json=FILE, to FILE");
  }
  return shared;
}

// What stands on the command line before Boost sees it: -v is counted here because Boost refuses
// repeated switches, --json without '=' gets its value so that it cannot swallow the next word.
struct Prepared {
  std::vector<std::string> arguments;
  int verbosity = 0;
};

Prepared Prepare(const std::vector<std::string>& arguments) {
  Prepared prepared;
  for (const std::string& argument : arguments) {
    const bool only_v = argument.size() >= 2 && argument[0] == '-' &&
                        argument.find_first_not_of('v', 1) == std::string::npos;
    if (only_v || argument == "--verbose") {
      prepared.verbosity += only_v ? static_cast<int>(argument.size()) - 1 : 1;
    } else {
      prepared.arguments.push_back(argument == "--json" ? "--json=-" : argument);
    }
  }
  return prepared;
}

// Replaces "-f FILE" by the words of FILE.
Result<std::vector<std::string>> ExpandArgumentFiles(const std::vector<std::string>& arguments) {
  std::vector<std::string> expanded;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] != "-f" && arguments[i] != "--argument-file") {
      expanded.push_back(arguments[i]);
      continue;
    }
    if (++i == arguments.size()) return Error::Usage("option '-f' needs a file name");
    AXLUT_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(arguments[i], 1 << 20));
    for (std::string& word : po::split_unix(text, " \t\n\r")) {
      if (word == "-f" || word == "--argument-file") {
        return Error::Usage(
            fmt::format("argument file '{}' must not name another one", arguments[i]));
      }
      expanded.push_back(std::move(word));
    }
  }
  return expanded;
}

std::string Synopsis(const Command& command, const Subcommand& subcommand) {
  return fmt::format("usage: {} {} {}", command.name, subcommand.name, subcommand.synopsis);
}

void PrintHelp(const Command& command, const Subcommand& subcommand, std::ostream& out) {
  out << Synopsis(command, subcommand) << "\n\n" << subcommand.description << "\n\n";
  if (!subcommand.options.options().empty()) {
    po::options_description own("options", kHelpWidth);
    for (const auto& option : subcommand.options.options()) own.add(option);
    out << own << "\n";
  }
  out << SharedOptions(subcommand.accepts_json) << "\nexamples:\n";
  for (const std::string& example : subcommand.examples) out << "  " << example << "\n";
  out << "\n" << kExitCodes;
}

void PrintHelp(const Command& command, std::ostream& out) {
  out << fmt::format("usage: {} SUBCOMMAND [options]\n\n{}\n\nsubcommands:\n", command.name,
                     command.summary);
  size_t width = 0;
  for (const Subcommand& subcommand : command.subcommands)
    width = std::max(width, subcommand.name.size());
  for (const Subcommand& subcommand : command.subcommands) {
    out << fmt::format("  {:<{}}  {}\n", subcommand.name, width, subcommand.summary);
  }
  out << fmt::format(
             "\n'{0} SUBCOMMAND --help' explains one of them; '{0} --version [-v]' names the "
             "tools.\n\n",
             command.name)
      << kExitCodes;
}

void PrintVersion(const Command& command, std::ostream& out) {
  out << fmt::format("{} (AxLUT) {}\n", command.name, AXLUT_VERSION);
  if (!command.versions) return;
  for (const std::string& line : command.versions()) out << line << "\n";
}

std::vector<std::string> OptionNames(const po::options_description& options) {
  std::vector<std::string> names;
  for (const auto& option : options.options()) names.push_back("--" + option->long_name());
  return names;
}

Error UsageError(const Command& command, const Subcommand* subcommand, std::string message,
                 const std::string& suggestion) {
  const std::string scope =
      subcommand != nullptr ? command.name + " " + subcommand->name : command.name;
  Error error = Error::Usage(std::move(message));
  if (!suggestion.empty())
    error = std::move(error).Help(fmt::format("did you mean '{}'?", suggestion));
  return std::move(error).Help(fmt::format("'{} --help' lists what there is", scope));
}

// Everything visible and hidden that the parser accepts for one subcommand.
struct Grammar {
  po::options_description all;
  po::positional_options_description positionals;
};

Grammar MakeGrammar(const Subcommand& subcommand) {
  Grammar grammar;
  grammar.all.add(subcommand.options);
  grammar.all.add(SharedOptions(subcommand.accepts_json));
  po::options_description hidden;
  for (const Subcommand::Positional& positional : subcommand.positionals) {
    if (positional.many) {
      hidden.add_options()(positional.name.c_str(), po::value<std::vector<std::string>>());
    } else {
      hidden.add_options()(positional.name.c_str(), po::value<std::string>());
    }
    grammar.positionals.add(positional.name.c_str(), positional.many ? -1 : 1);
  }
  grammar.all.add(hidden);
  return grammar;
}

Result<po::variables_map> Parse(const Command& command, const Subcommand& subcommand,
                                const std::vector<std::string>& arguments) {
  using po::command_line_style::allow_guessing;
  const Grammar grammar = MakeGrammar(subcommand);
  po::variables_map values;
  try {
    po::store(po::command_line_parser(arguments)
                  .options(grammar.all)
                  .positional(grammar.positionals)
                  .style(po::command_line_style::unix_style & ~allow_guessing)
                  .run(),
              values);
    po::notify(values);
  } catch (const po::unknown_option& unknown) {
    std::vector<std::string> known = OptionNames(subcommand.options);
    for (std::string& name : OptionNames(SharedOptions(subcommand.accepts_json)))
      known.push_back(std::move(name));
    return UsageError(command, &subcommand,
                      fmt::format("unknown option '{}'", unknown.get_option_name()),
                      DidYouMean(unknown.get_option_name(), known));
  } catch (const po::too_many_positional_options_error&) {
    return UsageError(command, &subcommand,
                      fmt::format("'{}' takes at most {} argument(s) beside its options",
                                  subcommand.name, subcommand.positionals.size()),
                      "");
  } catch (const po::error& error) {
    return UsageError(command, &subcommand, error.what(), "");
  }
  return values;
}

Result<void> CheckPositionals(const Command& command, const Subcommand& subcommand,
                              const po::variables_map& values) {
  for (const Subcommand::Positional& positional : subcommand.positionals) {
    if (positional.required && values.count(positional.name) == 0) {
      return UsageError(command, &subcommand,
                        fmt::format("'{}' needs {}", subcommand.name, Upper(positional.name)), "");
    }
  }
  return {};
}

Result<int> RunSubcommand(const Command& command, const Subcommand& subcommand,
                          std::vector<std::string> words, Context& context) {
  AXLUT_ASSIGN_OR_RETURN(words, ExpandArgumentFiles(words));
  if (std::find_if(words.begin(), words.end(), [](const std::string& word) {
        return word == "-h" || word == "--help";
      }) != words.end()) {
    PrintHelp(command, subcommand, context.out);
    return kExitDone;
  }
  const Prepared prepared = Prepare(words);
  AXLUT_ASSIGN_OR_RETURN(const po::variables_map values,
                         Parse(command, subcommand, prepared.arguments));
  AXLUT_RETURN_IF_ERROR(CheckPositionals(command, subcommand, values));
  const std::string color = values["color"].as<std::string>();
  if (color != "auto" && color != "always" && color != "never") {
    return UsageError(command, &subcommand,
                      fmt::format("--color must be auto, always or never, got '{}'", color), "");
  }
  if (color == "never") context.color = false;
  if (color == "always") context.color = true;
  context.quiet = values.count("quiet") > 0;
  context.verbosity = prepared.verbosity;
  if (subcommand.accepts_json && values.count("json") > 0) {
    context.json_path = values["json"].as<std::string>();
  }
  return subcommand.run(values, context);
}

Result<int> Dispatch(const Command& command, const std::vector<std::string>& arguments,
                     Context& context) {
  if (arguments.empty()) {
    return UsageError(command, nullptr, fmt::format("'{}' needs a subcommand", command.name), "");
  }
  const std::string& first = arguments.front();
  if (first == "-h" || first == "--help") {
    PrintHelp(command, context.out);
    return kExitDone;
  }
  if (first == "--version") {
    PrintVersion(command, context.out);
    return kExitDone;
  }
  std::vector<std::string> names;
  for (const Subcommand& subcommand : command.subcommands) {
    if (subcommand.name == first) {
      return RunSubcommand(command, subcommand, {arguments.begin() + 1, arguments.end()}, context);
    }
    names.push_back(subcommand.name);
  }
  const char* kind = first[0] == '-' ? "option" : "subcommand";
  return UsageError(command, nullptr, fmt::format("unknown {} '{}'", kind, first),
                    DidYouMean(first, names));
}

void PrintError(const Error& error, const Context& context) {
  std::string text = error.ToString();
  if (const size_t at = text.find("error:"); context.color && at != std::string::npos) {
    text.replace(at, 6, "\033[1;31merror:\033[0m");
  }
  context.err << text << std::endl;
}

}  // namespace

void Context::Note(const std::string& line) const {
  if (!quiet) err << line << std::endl;
}

Progress Context::MakeProgress(const std::string& what) const {
  return quiet ? Progress() : Progress(err, what, stderr_is_terminal);
}

Result<void> Context::WriteJson(const std::string& json_text) const {
  AXLUT_CHECK(json());
  if (*json_path != "-") return WriteFileAtomically(*json_path, json_text + "\n");
  out << json_text << std::endl;
  return {};
}

bool Interrupted() { return interrupted != 0; }

std::string DidYouMean(const std::string& word, const std::vector<std::string>& known) {
  constexpr int kFarthest = 2;
  std::string best;
  int best_distance = kFarthest + 1;
  for (const std::string& candidate : known) {
    const int distance = EditDistance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

int Run(const Command& command, const std::vector<std::string>& arguments, std::ostream& out,
        std::ostream& err, bool stderr_is_terminal) {
  Context context{out, err};
  context.stderr_is_terminal = stderr_is_terminal;
  context.color = stderr_is_terminal && std::getenv("NO_COLOR") == nullptr;
  try {
    const Result<int> exit_code = Dispatch(command, arguments, context);
    if (exit_code.ok()) return *exit_code;
    PrintError(exit_code.error(), context);
    return static_cast<int>(exit_code.error().code());
  } catch (const std::bad_alloc&) {
    PrintError(Error::Unsupported("the input needs more memory than there is"), context);
    return static_cast<int>(ErrorCode::kUnsupported);
  } catch (const std::exception& bug) {
    PrintError(Error(ErrorCode::kInternal, fmt::format("internal error: {}", bug.what()))
                   .Help("this is a bug of AxLUT; please report it with the command line"),
               context);
    return static_cast<int>(ErrorCode::kInternal);
  }
}

int Main(const Command& command, int argc, char** argv) {
  struct sigaction action {};
  action.sa_handler = OnInterrupt;
  ::sigaction(SIGINT, &action, nullptr);
  return Run(command, {argv + 1, argv + argc}, std::cout, std::cerr, ::isatty(STDERR_FILENO) != 0);
}

}  // namespace axlut::cli
