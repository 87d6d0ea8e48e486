// SPDX-License-Identifier: MIT
// A child process under limits: the C compiler, and the program that a C model is compiled into.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "runtime/base/result.h"

namespace axlut::cmodel {

struct LaunchOptions {
  std::vector<std::string> arguments;  // [0] is searched in PATH unless it contains a '/'
  std::string error_file;              // standard error goes there; "" = /dev/null, like the others
  int fd3 = -1;                        // becomes descriptor 3 of the child; -1 = closed
  int fd4 = -1;                        // becomes descriptor 4
  double cpu_limit_s = 0;              // 0 = none, for all limits
  uint64_t memory_limit_bytes = 0;     // address space
  uint64_t file_limit_bytes = 0;       // of each file that it writes
  // True: an empty environment, and from before exec on only the system calls that starting a
  // program takes (syscall_filter.h): no new process, no socket, no file opened for writing.
  bool confined = false;
};

// How a child ended.
struct ChildEnd {
  int exit_code = -1;
  int signal = 0;  // 0 if it exited
};

// "exit code 1" or "signal 11 (Segmentation fault)".
std::string ToString(const ChildEnd& end);

// Leads a process group of its own, which is killed as a whole: a compiler driver has children.
class ChildProcess {
 public:
  // kTool if the program does not exist or cannot be started under the limits.
  static Result<ChildProcess> Start(const LaunchOptions& options);
  ChildProcess(ChildProcess&& other) noexcept : pid_(other.pid_) { other.pid_ = -1; }
  ChildProcess& operator=(ChildProcess&&) = delete;
  ~ChildProcess();  // kills it if it still runs

  pid_t pid() const { return pid_; }
  // Waits until it ends. kTool "did not end within N s" after `timeout_s`, and then it is killed;
  // kInterrupted after Ctrl-C.
  Result<ChildEnd> Wait(double timeout_s);
  // Lets it use this much more CPU time.
  void ExtendCpuLimit(double cpu_limit_s);
  void Kill();

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}
  pid_t pid_ = -1;  // -1: reaped
};

}  // namespace axlut::cmodel
