// SPDX-License-Identifier: MIT
#include "frontend/cmodel/model_process.h"

#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "frontend/cmodel/syscall_filter.h"
#include "frontend/diagnostics.h"
#include "runtime/base/cli.h"

namespace axlut::cmodel {
namespace {

constexpr uint64_t kSharedBytes = kProductsOffset + kMostProducts * sizeof(uint64_t);

// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

Error SystemError(const char* what) {
  return Error::Tool(fmt::format("cannot {} for a C model: {}", what, strerror(errno)));
}

}  // namespace

ModelProcess::ModelProcess(ChildProcess child, int socket, void* memory,
                           FunctionDefinition function, ModelLimits limits)
    : child_(std::move(child)),
      socket_(socket),
      memory_(memory),
      function_(std::move(function)),
      limits_(limits) {}

ModelProcess::~ModelProcess() {
  child_.Kill();
  close(socket_);
  munmap(memory_, kSharedBytes);
}

Result<std::unique_ptr<ModelProcess>> ModelProcess::Start(const std::string& program,
                                                          const FunctionDefinition& function,
                                                          const ModelLimits& limits) {
  // Sealed: if the program could shrink the file, our reads would end in SIGBUS.
  const Descriptor file(memfd_create("axlut-products", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (file.get() < 0 || ftruncate(file.get(), static_cast<off_t>(kSharedBytes)) != 0 ||
      fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    return SystemError("make shared memory");
  }
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return SystemError("make a socket");
  }
  Descriptor ours(ends[0]);
  const Descriptor theirs(ends[1]);
  LaunchOptions launch;
  launch.arguments = {program};
  launch.fd3 = theirs.get();
  launch.fd4 = file.get();
  launch.cpu_limit_s = limits.timeout_s;
  launch.memory_limit_bytes = static_cast<uint64_t>(limits.memory_mb) << 20;
  launch.file_limit_bytes = kSharedBytes;
  launch.confined = true;
  AXLUT_ASSIGN_OR_RETURN(ChildProcess child, ChildProcess::Start(launch));
  void* memory = mmap(nullptr, kSharedBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (memory == MAP_FAILED) return SystemError("map shared memory");
  std::unique_ptr<ModelProcess> process(
      new ModelProcess(std::move(child), ours.Release(), memory, function, limits));
  // Our copy of the program's end must not keep the connection open after the program's death.
  close(const_cast<Descriptor&>(theirs).Release());
  AXLUT_RETURN_IF_ERROR(process->AwaitAnswer("before its first call"));
  const SharedHeader& header = process->header();
  std::copy(std::begin(header.types), std::end(header.types), process->types_);
  process->compiler_version_.assign(
      header.compiler_version, strnlen(header.compiler_version, sizeof header.compiler_version));
  return process;
}

Result<const uint64_t*> ModelProcess::Compute(const RowRequest& request) {
  AXLUT_CHECK(request.row_count * request.columns <= kMostProducts);
  if (failure_) return *failure_;
  child_.ExtendCpuLimit(limits_.timeout_s);
  // A dead program is noticed while the answer is awaited; without the flag it would be a SIGPIPE.
  const ssize_t sent = send(socket_, &request, sizeof request, MSG_NOSIGNAL);
  static_cast<void>(sent);
  const Result<void> answer = AwaitAnswer("");
  if (!answer.ok()) {
    failure_ = std::make_unique<Error>(answer.error());
    return *failure_;
  }
  return reinterpret_cast<const uint64_t*>(static_cast<const char*>(memory_) + kProductsOffset);
}

Result<void> ModelProcess::AwaitAnswer(const std::string& doing) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                           std::chrono::duration<double>(limits_.timeout_s));
  constexpr int kSliceMs = 100;  // how late Ctrl-C is noticed
  for (;;) {
    pollfd poll_fd = {socket_, POLLIN, 0};
    const int ready = poll(&poll_fd, 1, kSliceMs);
    if (ready > 0) {
      char answer = 0;
      const ssize_t got = recv(socket_, &answer, 1, 0);
      if (got == 1) return {};
      if (got < 0 && errno == EINTR) continue;
      // The connection is closed, so the program has ended or will within moments.
      const Result<ChildEnd> end = child_.Wait(limits_.timeout_s);
      return end.ok() ? DescribeDeath(*end, doing) : DescribeTimeout(doing);
    }
    if (cli::Interrupted()) {
      child_.Kill();
      return Error(ErrorCode::kInterrupted, "interrupted");
    }
    if (Clock::now() >= deadline) {
      const Error error = DescribeTimeout(doing);
      child_.Kill();
      return error;
    }
  }
}

Error ModelProcess::DescribeDeath(const ChildEnd& end, const std::string& doing) const {
  if (end.signal == SIGXCPU) return DescribeTimeout(doing);
  const std::string when =
      doing.empty() ? fmt::format("in row {} of the table", header().row) : doing;
  std::string what;
  if (header().forbidden_call != 0) {
    what = fmt::format("called {}, but a C model may only compute",
                       SyscallName(header().forbidden_call - 1));
  } else if (end.signal != 0) {
    what = fmt::format("was killed by {}", ToString(end));
  } else {
    what = fmt::format("ended the program itself with {}", ToString(end));
  }
  const Diagnostic rule =
      header().forbidden_call != 0 ? Diagnostic::kCForbiddenCall : Diagnostic::kCModelDied;
  Error error = Diagnose(rule, fmt::format("C model '{}' {} ({})", function_.name, what, when))
                    .At(function_.where);
  if (header().failed_alloc != 0) {
    return std::move(error).Note(
        fmt::format("an allocation of {} bytes had failed before: C models get {} MiB of memory",
                    header().failed_alloc, limits_.memory_mb));
  }
  const bool may_be_memory = doing != "" && end.signal != 0 && end.signal != SIGABRT;
  if (may_be_memory && header().forbidden_call == 0) {
    return std::move(error).Note(fmt::format(
        "C models get {} MiB of memory, their static data included", limits_.memory_mb));
  }
  return error;
}

Error ModelProcess::DescribeTimeout(const std::string& doing) const {
  return Diagnose(Diagnostic::kCModelTimeout,
                  fmt::format(
                      "C model '{}' did not finish within {} s ({}); is there an endless loop?",
                      function_.name, limits_.timeout_s,
                      doing.empty() ? fmt::format("in row {} of the table", header().row) : doing))
      .At(function_.where);
}

}  // namespace axlut::cmodel
