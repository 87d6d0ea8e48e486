// SPDX-License-Identifier: MIT
#include "frontend/cmodel/syscall_filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <array>

namespace axlut::cmodel {
namespace {

#if defined(__x86_64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#elif defined(__riscv) && __riscv_xlen == 64
constexpr uint32_t kArchitecture = AUDIT_ARCH_RISCV64;
#else
#error "the seccomp filter of C models does not know this architecture"
#endif

// What ld.so, libc's start-up and a computation need. openat is judged by its flags.
constexpr uint32_t kAllowed[] = {
    __NR_execve,
    __NR_read,
    __NR_pread64,
    __NR_write,
    __NR_writev,
    __NR_close,
    __NR_fstat,
    __NR_mmap,
    __NR_mprotect,
    __NR_munmap,
    __NR_mremap,
    __NR_madvise,
    __NR_brk,
    __NR_set_tid_address,
    __NR_set_robust_list,
    __NR_prlimit64,
    __NR_getrandom,
    __NR_futex,
    __NR_exit,
    __NR_exit_group,
    __NR_rt_sigaction,
    __NR_rt_sigprocmask,
    __NR_rt_sigreturn,
    __NR_sigaltstack,
    __NR_prctl,
    __NR_seccomp,
    __NR_readlinkat,
    __NR_faccessat,
    __NR_lseek,
    __NR_getpid,
    __NR_gettid,
    __NR_tgkill,
    __NR_sched_yield,
    __NR_clock_gettime,
    __NR_gettimeofday,
    __NR_uname,
#ifdef __NR_newfstatat
    __NR_newfstatat,
#endif
#ifdef __NR_statx
    __NR_statx,
#endif
#ifdef __NR_rseq
    __NR_rseq,
#endif
#ifdef __NR_arch_prctl
    __NR_arch_prctl,
#endif
#ifdef __NR_access
    __NR_access,
#endif
#ifdef __NR_readlink
    __NR_readlink,
#endif
};

constexpr size_t kHead = 4;
constexpr size_t kOpenat = 5;
constexpr size_t kProgramLength = kHead + 2 * std::size(kAllowed) + kOpenat + 1;

constexpr sock_filter Load(size_t offset) {
  return {BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<uint32_t>(offset)};
}
constexpr sock_filter SkipUnlessEqual(uint32_t value, uint8_t skip) {
  return {BPF_JMP | BPF_JEQ | BPF_K, 0, skip, value};
}
constexpr sock_filter Return(uint32_t what) { return {BPF_RET | BPF_K, 0, 0, what}; }

constexpr std::array<sock_filter, kProgramLength> MakeProgram() {
  std::array<sock_filter, kProgramLength> program{};
  size_t at = 0;
  // Another architecture's call numbers (i386 code in an x86-64 process) mean something else.
  program[at++] = Load(offsetof(seccomp_data, arch));
  program[at++] = {BPF_JMP | BPF_JEQ | BPF_K, 1, 0, kArchitecture};
  program[at++] = Return(SECCOMP_RET_KILL_PROCESS);
  program[at++] = Load(offsetof(seccomp_data, nr));
  for (const uint32_t number : kAllowed) {
    program[at++] = SkipUnlessEqual(number, 1);
    program[at++] = Return(SECCOMP_RET_ALLOW);
  }
  // openat(dir, path, flags): the low word of argument 2 (little endian).
  constexpr uint32_t kWriting = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_DIRECTORY;
  program[at++] = SkipUnlessEqual(__NR_openat, 3);
  program[at++] = Load(offsetof(seccomp_data, args) + 2 * sizeof(uint64_t));
  program[at++] = {BPF_JMP | BPF_JSET | BPF_K, 1, 0, kWriting};
  program[at++] = Return(SECCOMP_RET_ALLOW);
  program[at++] = Return(SECCOMP_RET_ERRNO | EPERM);
  program[at++] = Return(SECCOMP_RET_ERRNO | EPERM);
  return program;
}

constexpr std::array<sock_filter, kProgramLength> kProgram = MakeProgram();

struct NamedCall {
  long number;
  const char* name;
};

// What a C model that does more than compute usually calls.
constexpr NamedCall kNames[] = {
    {__NR_openat, "open"},     {__NR_unlinkat, "unlink"},
    {__NR_mkdirat, "mkdir"},   {__NR_write, "write"},
    {__NR_writev, "write"},    {__NR_read, "read"},
    {__NR_close, "close"},     {__NR_clone, "fork"},
    {__NR_execve, "exec"},     {__NR_socket, "socket"},
    {__NR_connect, "connect"}, {__NR_kill, "kill"},
    {__NR_tgkill, "kill"},     {__NR_ptrace, "ptrace"},
    {__NR_nanosleep, "sleep"}, {__NR_clock_nanosleep, "sleep"},
    {__NR_prctl, "prctl"},     {__NR_prlimit64, "setrlimit"},
    {__NR_pipe2, "pipe"},      {__NR_dup3, "dup"},
    {__NR_wait4, "wait"},      {__NR_ftruncate, "ftruncate"},
    {__NR_shmget, "shmget"},   {__NR_memfd_create, "memfd_create"},
#ifdef __NR_clone3
    {__NR_clone3, "fork"},
#endif
#ifdef __NR_fork
    {__NR_fork, "fork"},       {__NR_vfork, "vfork"},
#endif
#ifdef __NR_open
    {__NR_open, "open"},       {__NR_creat, "creat"},
    {__NR_unlink, "unlink"},   {__NR_rename, "rename"},
    {__NR_mkdir, "mkdir"},     {__NR_pipe, "pipe"},
    {__NR_dup2, "dup"},        {__NR_alarm, "alarm"},
    {__NR_pause, "pause"},
#endif
};

}  // namespace

int InstallStartFilter() {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  const sock_fprog program = {static_cast<unsigned short>(kProgram.size()),
                              const_cast<sock_filter*>(kProgram.data())};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0 ? 0 : errno;
}

std::string SyscallName(long number) {
  for (const NamedCall& call : kNames) {
    if (call.number == number) return std::string(call.name) + "()";
  }
  return "system call " + std::to_string(number);
}

}  // namespace axlut::cmodel
