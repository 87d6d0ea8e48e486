// SPDX-License-Identifier: MIT
// A stack of its own for every CUDA thread, and switching between them, in a way that
// AddressSanitizer and ThreadSanitizer understand.
#pragma once

#include <boost/context/detail/fcontext.hpp>
#include <cstddef>

// This file's users are compiled without ThreadSanitizer's instrumentation (the scheduler must not
// look like a kernel's data), so CMake says whether the rest of the program has it.
#ifdef AXLUT_TSAN_FIBERS
#include <sanitizer/tsan_interface.h>
#endif
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

namespace axlut::on_host {

// "All that this fiber did so far happens before what follows an Acquire of the same address."
inline void HappensBefore([[maybe_unused]] void* address) {
#ifdef AXLUT_TSAN_FIBERS
  __tsan_release(address);
#endif
}
inline void HappensAfter([[maybe_unused]] void* address) {
#ifdef AXLUT_TSAN_FIBERS
  __tsan_acquire(address);
#endif
}

// Runs body(argument) again and again: whenever it returns, and whenever it calls Suspend(),
// Resume() returns to its caller. So that blocks can reuse stacks, a fiber never ends by itself; it
// may be destroyed while it is suspended.
class Fiber {
 public:
  Fiber(void (*body)(void*), void* argument);
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  void Resume();
  void Suspend();

 private:
  static void Start(boost::context::detail::transfer_t transfer);

  void (*body_)(void*);
  void* argument_;
  void* memory_ = nullptr;  // a guard page, then the stack
  boost::context::detail::fcontext_t context_ = nullptr;
  boost::context::detail::fcontext_t resumer_ = nullptr;
#ifdef __SANITIZE_ADDRESS__
  void* fake_stack_ = nullptr;
  const void* resumer_stack_ = nullptr;
  size_t resumer_stack_bytes_ = 0;
#endif
#ifdef AXLUT_TSAN_FIBERS
  void* tsan_fiber_ = nullptr;
  void* tsan_resumer_ = nullptr;
#endif
};

}  // namespace axlut::on_host
