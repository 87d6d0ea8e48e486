// SPDX-License-Identifier: MIT
#include "kernels/cuda/host/fiber.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace axlut::on_host {
namespace {

using boost::context::detail::jump_fcontext;
using boost::context::detail::make_fcontext;

// Kernels have few locals, but the message of a mistake is printed from here as well, and
// sanitizers spread frames out. Pages that are never touched cost nothing.
#if defined(__SANITIZE_ADDRESS__) || defined(AXLUT_TSAN_FIBERS)
constexpr size_t kStackBytes = 256 * 1024;
#else
constexpr size_t kStackBytes = 128 * 1024;
#endif

size_t PageBytes() {
  static const size_t bytes = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

}  // namespace

Fiber::Fiber(void (*body)(void*), void* argument) : body_(body), argument_(argument) {
  memory_ = mmap(nullptr, PageBytes() + kStackBytes, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory_ == MAP_FAILED || mprotect(memory_, PageBytes(), PROT_NONE) != 0) {
    std::perror("cuda_on_host: stack of a fiber");
    std::abort();
  }
  char* const stack = static_cast<char*>(memory_) + PageBytes();
  context_ = make_fcontext(stack + kStackBytes, kStackBytes, &Fiber::Start);
#ifdef AXLUT_TSAN_FIBERS
  tsan_fiber_ = __tsan_create_fiber(0);
#endif
}

Fiber::~Fiber() {
#ifdef AXLUT_TSAN_FIBERS
  __tsan_destroy_fiber(tsan_fiber_);
#endif
  munmap(memory_, PageBytes() + kStackBytes);
}

void Fiber::Start(boost::context::detail::transfer_t transfer) {
  Fiber* const self = static_cast<Fiber*>(transfer.data);
  self->resumer_ = transfer.fctx;
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_finish_switch_fiber(nullptr, &self->resumer_stack_, &self->resumer_stack_bytes_);
#endif
  for (;;) {
    self->body_(self->argument_);
    self->Suspend();
  }
}

void Fiber::Resume() {
#ifdef AXLUT_TSAN_FIBERS
  tsan_resumer_ = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(tsan_fiber_, __tsan_switch_to_fiber_no_sync);
#endif
#ifdef __SANITIZE_ADDRESS__
  void* resumer_fake_stack = nullptr;
  __sanitizer_start_switch_fiber(&resumer_fake_stack, static_cast<char*>(memory_) + PageBytes(),
                                 kStackBytes);
#endif
  context_ = jump_fcontext(context_, this).fctx;
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_finish_switch_fiber(resumer_fake_stack, nullptr, nullptr);
#endif
}

void Fiber::Suspend() {
#ifdef AXLUT_TSAN_FIBERS
  __tsan_switch_to_fiber(tsan_resumer_, __tsan_switch_to_fiber_no_sync);
#endif
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_start_switch_fiber(&fake_stack_, resumer_stack_, resumer_stack_bytes_);
#endif
  resumer_ = jump_fcontext(resumer_, nullptr).fctx;
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_finish_switch_fiber(fake_stack_, &resumer_stack_, &resumer_stack_bytes_);
#endif
}

}  // namespace axlut::on_host
