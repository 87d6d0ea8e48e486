// SPDX-License-Identifier: MIT
// Running the tools of others (yosys, verilator, cc) without a shell, with limits.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "runtime/base/result.h"

namespace axlut {

struct ProcessOptions {
  std::string working_directory;                   // "" = the caller's
  std::map<std::string, std::string> environment;  // added to the caller's
  double timeout_s = 300;                 // wall clock; then the whole process group is killed
  uint64_t memory_limit_bytes = 0;        // address space; 0 = none
  uint64_t output_limit_bytes = 1 << 20;  // of each stream is kept; the rest is thrown away
};

struct ProcessResult {
  int exit_code = 0;  // -1 if killed by a signal
  int signal = 0;     // 0 if it exited
  bool timed_out = false;
  std::string out;
  std::string err;
  bool succeeded() const { return exit_code == 0 && signal == 0 && !timed_out; }
};

// Runs `arguments[0]` (searched in PATH) with standard input closed, and waits for it. kTool with a
// hint if the program does not exist; how it ended is in the result.
Result<ProcessResult> RunProcess(const std::vector<std::string>& arguments,
                                 const ProcessOptions& options = {});

// "exit code 1", "killed by signal 11 (Segmentation fault)", "did not end within 60 s".
std::string DescribeEnd(const ProcessResult& result, const ProcessOptions& options);

// A new folder under $TMPDIR (or /tmp), removed with everything in it when it goes out of scope.
class TemporaryFolder {
 public:
  static Result<TemporaryFolder> Create();
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::move(other.path_)) {
    other.path_.clear();
  }
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder();
  const std::string& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace axlut
