// SPDX-License-Identifier: MIT
// Which system calls a confined child may make from its start on (seccomp, Linux).
#pragma once

#include <string>

namespace axlut::cmodel {

// Installs, for the calling thread and whatever it executes, a filter that lets a dynamically
// linked program start and compute: read-only files, memory, exec; anything else fails with EPERM.
// A second, narrower filter is the harness's own (harness.h). Safe between fork and exec. 0 or the
// errno of the kernel's refusal.
int InstallStartFilter();

// "open", "fork", "socket" ... for messages; "system call 123" if it is none of the usual.
std::string SyscallName(long number);

}  // namespace axlut::cmodel
