// SPDX-License-Identifier: MIT
#include "runtime/base/subprocess.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>

extern char** environ;

namespace axlut {
namespace {

using Clock = std::chrono::steady_clock;

// A pipe whose ends close themselves.
class Pipe {
 public:
  Pipe() { ok_ = ::pipe2(ends_.data(), O_CLOEXEC) == 0; }
  ~Pipe() {
    CloseRead();
    CloseWrite();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  bool ok() const { return ok_; }
  int read_end() const { return ends_[0]; }
  int write_end() const { return ends_[1]; }
  void CloseRead() { Close(0); }
  void CloseWrite() { Close(1); }

 private:
  void Close(int i) {
    if (ends_[i] >= 0) ::close(ends_[i]);
    ends_[i] = -1;
  }
  std::array<int, 2> ends_{-1, -1};
  bool ok_ = false;
};

// The program's path: execve itself does not search PATH, and searching after fork() is not safe.
std::string FindProgram(const std::string& name) {
  if (name.find('/') != std::string::npos) return ::access(name.c_str(), X_OK) == 0 ? name : "";
  const char* path = std::getenv("PATH");
  std::string folders = path != nullptr ? path : "/usr/bin:/bin";
  for (size_t begin = 0; begin <= folders.size();) {
    const size_t end = std::min(folders.find(':', begin), folders.size());
    const std::string candidate = folders.substr(begin, end - begin) + "/" + name;
    if (::access(candidate.c_str(), X_OK) == 0 && !std::filesystem::is_directory(candidate)) {
      return candidate;
    }
    begin = end + 1;
  }
  return "";
}

std::vector<std::string> MergedEnvironment(const std::map<std::string, std::string>& added) {
  std::vector<std::string> merged;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (added.count(text.substr(0, text.find('='))) == 0) merged.push_back(text);
  }
  for (const auto& [name, value] : added) merged.push_back(name + "=" + value);
  return merged;
}

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// The child between fork() and exec: only async-signal-safe calls.
[[noreturn]] void ExecChild(const char* program, char* const* arguments, char* const* environment,
                            const ProcessOptions& options, int out, int err) {
  ::setpgid(0, 0);  // so that a timeout reaches grandchildren too
  const int null = ::open("/dev/null", O_RDONLY);
  ::dup2(null, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  if (!options.working_directory.empty() && ::chdir(options.working_directory.c_str()) != 0) {
    ::_exit(127);
  }
  if (options.memory_limit_bytes > 0) {
    const rlimit limit{options.memory_limit_bytes, options.memory_limit_bytes};
    ::setrlimit(RLIMIT_AS, &limit);
  }
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(program, arguments, environment);
  ::_exit(127);
}

// Reads what is there; keeps at most `limit` bytes. False at the end of the stream.
bool Drain(int fd, uint64_t limit, std::string& text) {
  char buffer[1 << 16];
  const ssize_t got = ::read(fd, buffer, sizeof buffer);
  if (got < 0) return errno == EINTR || errno == EAGAIN;
  const uint64_t room = limit > text.size() ? limit - text.size() : 0;
  text.append(buffer, std::min<uint64_t>(room, static_cast<uint64_t>(got)));
  return got > 0;
}

// Collects both streams until they end or the time is up.
void Collect(int out, int err, const ProcessOptions& options, Clock::time_point deadline,
             ProcessResult& result) {
  std::array<pollfd, 2> streams{{{out, POLLIN, 0}, {err, POLLIN, 0}}};
  std::array<std::string*, 2> texts{&result.out, &result.err};
  while (streams[0].fd >= 0 || streams[1].fd >= 0) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) {
      result.timed_out = true;
      return;
    }
    if (::poll(streams.data(), streams.size(),
               static_cast<int>(std::min<int64_t>(left.count(), 1000))) < 0 &&
        errno != EINTR) {
      return;
    }
    for (size_t i = 0; i < streams.size(); ++i) {
      if (streams[i].fd >= 0 && streams[i].revents != 0 &&
          !Drain(streams[i].fd, options.output_limit_bytes, *texts[i])) {
        streams[i].fd = -1;
      }
    }
  }
}

// Waits for the child; after `deadline` (or if already timed out) kills its whole group.
void Reap(pid_t child, Clock::time_point deadline, ProcessResult& result) {
  int status = 0;
  while (!result.timed_out) {
    const pid_t done = ::waitpid(child, &status, WNOHANG);
    if (done == child) break;
    if (Clock::now() >= deadline) result.timed_out = true;
    ::usleep(500);
  }
  ::kill(-child, SIGKILL);  // what the child may have left running
  if (result.timed_out) ::waitpid(child, &status, 0);
  if (WIFEXITED(status)) {
    result.exit_code = WEXITSTATUS(status);
  } else {
    result.exit_code = -1;
    result.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  }
}

}  // namespace

Result<ProcessResult> RunProcess(const std::vector<std::string>& arguments,
                                 const ProcessOptions& options) {
  AXLUT_CHECK(!arguments.empty());
  const std::string program = FindProgram(arguments[0]);
  if (program.empty()) {
    return Error::Tool(fmt::format("program '{}' is needed and was not found", arguments[0]))
        .Help("install it or put its folder into PATH");
  }
  const std::vector<std::string> environment = MergedEnvironment(options.environment);
  const std::vector<char*> argument_pointers = Pointers(arguments);
  const std::vector<char*> environment_pointers = Pointers(environment);
  Pipe out;
  Pipe err;
  if (!out.ok() || !err.ok())
    return Error::Tool(fmt::format("cannot make a pipe for '{}': {}", program, ::strerror(errno)));
  const Clock::time_point deadline =
      Clock::now() +
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options.timeout_s));
  const pid_t child = ::fork();
  if (child < 0)
    return Error::Tool(fmt::format("cannot start '{}': {}", program, ::strerror(errno)));
  if (child == 0) {
    ExecChild(program.c_str(), argument_pointers.data(), environment_pointers.data(), options,
              out.write_end(), err.write_end());
  }
  ::setpgid(child, child);  // here as well: whoever is first
  out.CloseWrite();
  err.CloseWrite();
  ProcessResult result;
  Collect(out.read_end(), err.read_end(), options, deadline, result);
  Reap(child, deadline, result);
  return result;
}

std::string DescribeEnd(const ProcessResult& result, const ProcessOptions& options) {
  if (result.timed_out) return fmt::format("did not end within {:g} s", options.timeout_s);
  if (result.signal != 0) {
    return fmt::format("killed by signal {} ({})", result.signal, ::strsignal(result.signal));
  }
  return fmt::format("exit code {}", result.exit_code);
}

Result<TemporaryFolder> TemporaryFolder::Create() {
  const char* base = std::getenv("TMPDIR");
  std::string path =
      std::string(base != nullptr && *base != '\0' ? base : "/tmp") + "/axlut-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) {
    return Error::Tool(
        fmt::format("cannot make a temporary folder '{}': {}", path, ::strerror(errno)));
  }
  return TemporaryFolder(std::move(path));
}

TemporaryFolder::~TemporaryFolder() {
  if (path_.empty()) return;
  std::error_code ignored;  // a folder that cannot be removed is no reason to fail
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace axlut
