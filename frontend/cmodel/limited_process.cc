// SPDX-License-Identifier: MIT
#include "frontend/cmodel/limited_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>

#include "frontend/cmodel/syscall_filter.h"
#include "runtime/base/cli.h"

extern char** environ;

namespace axlut::cmodel {
namespace {

enum class Stage : int { kSetUp, kFilter, kExec };

// What the child reports through a pipe when it cannot become the program.
struct LaunchFailure {
  Stage stage;
  int error;
};

// Everything that the child needs, made before the fork: after it only async-signal-safe calls are
// allowed, because other threads of this process may have held the allocator's lock.
struct Launch {
  const LaunchOptions& options;
  std::vector<char*> argv;
  std::vector<char*> envp;
  int report_fd;
};

void LimitResource(int resource, uint64_t value) {
  const rlimit limit = {value, value};
  setrlimit(static_cast<__rlimit_resource_t>(resource), &limit);
}

// The soft limit only, so that ExtendCpuLimit() can raise it again.
void LimitCpu(double seconds, pid_t pid) {
  rlimit limit{};
  if (prlimit(pid, RLIMIT_CPU, nullptr, &limit) != 0) return;
  limit.rlim_cur = std::min(static_cast<rlim_t>(std::ceil(seconds)) + 1, limit.rlim_max);
  prlimit(pid, RLIMIT_CPU, &limit, nullptr);
}

// Descriptors 0..4 as the options say; every other one closes at exec or here.
bool SetUpDescriptors(const LaunchOptions& options) {
  const int null = open("/dev/null", O_RDWR);
  const int errors = options.error_file.empty()
                         ? null
                         : open(options.error_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (null < 0 || errors < 0) return false;
  if (dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(errors, 2) < 0) return false;
  // Copies above 9 first: 3 and 4 may be each other's source.
  const int three = options.fd3 < 0 ? -1 : fcntl(options.fd3, F_DUPFD, 10);
  const int four = options.fd4 < 0 ? -1 : fcntl(options.fd4, F_DUPFD, 10);
  if (three >= 0 && dup2(three, 3) < 0) return false;
  if (four >= 0 && dup2(four, 4) < 0) return false;
  return true;
}

[[noreturn]] void Fail(const Launch& launch, Stage stage, int error) {
  const LaunchFailure failure = {stage, error};
  const ssize_t ignored = write(launch.report_fd, &failure, sizeof failure);
  static_cast<void>(ignored);
  _exit(127);
}

[[noreturn]] void BecomeProgram(Launch& launch) {
  const LaunchOptions& options = launch.options;
  setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int signal_number : {SIGINT, SIGTERM, SIGPIPE, SIGCHLD})
    signal(signal_number, SIG_DFL);
  // The report pipe must survive below as a number that nothing overwrites.
  launch.report_fd = fcntl(launch.report_fd, F_DUPFD_CLOEXEC, 20);
  if (launch.report_fd < 0) _exit(127);
  if (!SetUpDescriptors(options)) Fail(launch, Stage::kSetUp, errno);
  const int first_free = options.fd4 >= 0 ? 5 : options.fd3 >= 0 ? 4 : 3;
#ifdef SYS_close_range
  constexpr unsigned kCloexec = 1u << 2;  // CLOSE_RANGE_CLOEXEC; older kernels: EINVAL, harmless
  syscall(SYS_close_range, static_cast<unsigned>(first_free), ~0u, kCloexec);
#endif
  LimitResource(RLIMIT_CORE, 0);
  if (options.cpu_limit_s > 0) LimitCpu(options.cpu_limit_s, 0);
  if (options.file_limit_bytes > 0) LimitResource(RLIMIT_FSIZE, options.file_limit_bytes);
  // A model needs no deep stack, and endless recursion should hit this limit, not the memory's.
  if (options.confined) LimitResource(RLIMIT_STACK, uint64_t{64} << 20);
  if (options.confined) LimitResource(RLIMIT_NPROC, 1);
  if (options.memory_limit_bytes > 0) LimitResource(RLIMIT_AS, options.memory_limit_bytes);
  if (options.confined) {
    const int error = InstallStartFilter();
    if (error != 0) Fail(launch, Stage::kFilter, error);
    execve(launch.argv[0], launch.argv.data(), launch.envp.data());
  } else {
    execvpe(launch.argv[0], launch.argv.data(), launch.envp.data());
  }
  Fail(launch, Stage::kExec, errno);
}

Error DescribeFailure(const LaunchFailure& failure, const std::string& program, bool confined) {
  const std::string reason = strerror(failure.error);
  switch (failure.stage) {
    case Stage::kFilter:
      return Error::Tool("a C model runs only under a system call filter; the kernel refused it: " +
                         reason)
          .Help("run on a Linux kernel with CONFIG_SECCOMP_FILTER, not under user-mode emulation");
    case Stage::kExec: {
      Error error = Error::Tool("cannot run '" + program + "': " + reason);
      if (failure.error != EACCES || !confined) return error;
      return std::move(error).Help(
          "if the temporary folder is mounted noexec, set TMPDIR to one that is not");
    }
    case Stage::kSetUp:
      break;
  }
  return Error::Tool("cannot prepare a process for '" + program + "': " + reason);
}

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& string : strings) pointers.push_back(const_cast<char*>(string.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// The child's environment; messages of tools in English because they are parsed.
std::vector<std::string> Environment(bool confined) {
  std::vector<std::string> variables = {"LC_ALL=C"};
  for (char** variable = environ; !confined && *variable != nullptr; ++variable) {
    if (strncmp(*variable, "LC_ALL=", 7) != 0) variables.emplace_back(*variable);
  }
  return variables;
}

}  // namespace

std::string ToString(const ChildEnd& end) {
  if (end.signal == 0) return "exit code " + std::to_string(end.exit_code);
  const char* description = sigdescr_np(end.signal);
  return "signal " + std::to_string(end.signal) + " (" +
         (description == nullptr ? "unknown" : description) + ")";
}

Result<ChildProcess> ChildProcess::Start(const LaunchOptions& options) {
  const std::vector<std::string> environment = Environment(options.confined);
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0) {
    return Error::Tool(std::string("cannot make a pipe: ") + strerror(errno));
  }
  Launch launch = {options, Pointers(options.arguments), Pointers(environment), report[1]};
  const pid_t pid = fork();
  if (pid == 0) BecomeProgram(launch);
  close(report[1]);
  if (pid < 0) {
    close(report[0]);
    return Error::Tool(std::string("cannot start a process: ") + strerror(errno));
  }
  setpgid(pid, pid);  // in parent and child, because either may come first
  LaunchFailure failure;
  ssize_t got;
  do {
    got = read(report[0], &failure, sizeof failure);
  } while (got < 0 && errno == EINTR);
  close(report[0]);
  ChildProcess child(pid);
  if (got == static_cast<ssize_t>(sizeof failure)) {
    return DescribeFailure(failure, options.arguments[0], options.confined);
  }
  return child;
}

ChildProcess::~ChildProcess() { Kill(); }

void ChildProcess::Kill() {
  if (pid_ < 0) return;
  kill(-pid_, SIGKILL);
  kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

Result<ChildEnd> ChildProcess::Wait(double timeout_s) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                                        std::chrono::duration<double>(timeout_s));
  // Polling, because a signal-free wait with a timeout (pidfd) needs Linux 5.3; at most 5 ms late.
  std::chrono::microseconds pause(200);
  for (;;) {
    int status = 0;
    const pid_t got = waitpid(pid_, &status, WNOHANG);
    if (got == pid_ || (got < 0 && errno == ECHILD)) {
      kill(-pid_, SIGKILL);  // what it left behind
      pid_ = -1;
      ChildEnd end;
      if (got < 0) return end;
      if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
      if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
      return end;
    }
    if (cli::Interrupted()) {
      Kill();
      return Error(ErrorCode::kInterrupted, "interrupted");
    }
    if (Clock::now() >= deadline) {
      Kill();
      return Error::Tool("did not end in time");
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::microseconds(5000));
  }
}

void ChildProcess::ExtendCpuLimit(double cpu_limit_s) {
  clockid_t clock;
  timespec used{};
  if (pid_ < 0 || clock_getcpuclockid(pid_, &clock) != 0 || clock_gettime(clock, &used) != 0)
    return;
  LimitCpu(static_cast<double>(used.tv_sec) + cpu_limit_s, pid_);
}

}  // namespace axlut::cmodel
