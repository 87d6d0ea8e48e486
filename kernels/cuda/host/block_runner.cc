// SPDX-License-Identifier: MIT
#include "kernels/cuda/host/block_runner.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

namespace axlut::on_host {

constinit thread_local uint3 threadIdx{};
constinit thread_local uint3 blockIdx{};
constinit thread_local dim3 blockDim{};
constinit thread_local dim3 gridDim{};

namespace {

constinit thread_local BlockRunner* running = nullptr;

constexpr uint8_t kPoison = 0xCD;  // shared memory when a block begins
constexpr uint8_t kGuard = 0xB7;   // behind it
constexpr size_t kGuardBytes = 1024;
constexpr size_t kSharedAlignment =
    128;  // so that no kernel relies on more by luck: 16 is promised

const char* Name(Rendezvous what) {
  switch (what) {
    case Rendezvous::kSyncThreads:
      return "__syncthreads";
    case Rendezvous::kSyncWarp:
      return "__syncwarp";
    case Rendezvous::kShuffle:
      return "shuffle";
    case Rendezvous::kVote:
      return "vote";
    case Rendezvous::kMma:
      return "mma";
  }
  return "";
}

bool IsSameSite(CallSite a, CallSite b) {
  return a.line == b.line && (a.file == b.file || std::strcmp(a.file, b.file) == 0);
}

std::string ToString(CallSite site) {
  return std::string(site.file) + ":" + std::to_string(site.line);
}

}  // namespace

void FailKernel(CallSite site, const char* format, ...) {
  char what[1024];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(what, sizeof(what), format, arguments);
  va_end(arguments);
  std::fprintf(stderr, "%s:%d: cuda_on_host: %s", site.file, site.line, what);
  if (running != nullptr) {
    std::fprintf(stderr, " [kernel %s, block (%u,%u,%u), thread (%u,%u,%u)]", running->kernel(),
                 blockIdx.x, blockIdx.y, blockIdx.z, threadIdx.x, threadIdx.y, threadIdx.z);
  }
  std::fprintf(stderr, "\n");
  std::abort();
}

int MeetBlock(int predicate, CallSite site) {
  if (running == nullptr) FailKernel(site, "a kernel's code runs outside of a launch");
  return running->MeetBlock(predicate, site);
}

const WarpValues& MeetWarp(Rendezvous what, unsigned mask, const uint64_t* words, int count,
                           CallSite site) {
  if (running == nullptr) FailKernel(site, "a kernel's code runs outside of a launch");
  return running->MeetWarp(what, mask, words, count, site);
}

unsigned LaneOfThisThread() { return running->lane(); }

void* SharedMemoryOfBlock(size_t bytes, size_t alignment, CallSite site) {
  if (running == nullptr) FailKernel(site, "a kernel's code runs outside of a launch");
  return running->SharedMemory(bytes, alignment, site);
}

BlockRunner::~BlockRunner() { std::free(shared_); }

void BlockRunner::BeginLaunch(const GridLaunch& launch) {
  launch_ = &launch;
  thread_count_ = launch.block.x * launch.block.y * launch.block.z;
  if (threads_.size() < thread_count_) threads_.resize(thread_count_);
  for (unsigned i = 0; i < thread_count_; ++i) {
    Thread& thread = threads_[i];
    if (thread.fiber == nullptr) thread.fiber = std::make_unique<Fiber>(&RunThread, this);
    thread.index = {i % launch.block.x, i / launch.block.x % launch.block.y,
                    i / (launch.block.x * launch.block.y)};
  }
  states_.resize(thread_count_);
  order_.resize(thread_count_);
  warps_.resize(std::max<size_t>(warps_.size(), (thread_count_ + 31) / 32));
  PrepareSharedMemory();
}

void BlockRunner::PrepareSharedMemory() {
  const size_t needed = launch_->shared_bytes + kGuardBytes + kSharedAlignment;
  if (needed <= shared_capacity_) return;
  std::free(shared_);
  shared_capacity_ = (needed + kSharedAlignment - 1) / kSharedAlignment * kSharedAlignment;
  shared_ = static_cast<uint8_t*>(std::aligned_alloc(kSharedAlignment, shared_capacity_));
  if (shared_ == nullptr) {
    std::perror("cuda_on_host: shared memory");
    std::abort();
  }
}

void BlockRunner::RunBlock(uint64_t block) {
  const dim3 grid = launch_->grid;
  blockIdx = {static_cast<unsigned>(block % grid.x), static_cast<unsigned>(block / grid.x % grid.y),
              static_cast<unsigned>(block / grid.x / grid.y)};
  blockDim = launch_->block;
  gridDim = grid;
  OrderThreads(block);
  std::fill(states_.begin(), states_.end(), State::kReady);
  exited_ = 0;
  barrier_ = {};
  for (unsigned i = 0; i < thread_count_; ++i) threads_[i].barriers = 0;
#ifdef __SANITIZE_ADDRESS__
  ASAN_UNPOISON_MEMORY_REGION(shared_, shared_capacity_);
#endif
  std::memset(shared_, kPoison, launch_->shared_bytes);
  std::memset(shared_ + launch_->shared_bytes, kGuard, kGuardBytes);
#ifdef __SANITIZE_ADDRESS__
  ASAN_POISON_MEMORY_REGION(shared_ + launch_->shared_bytes,
                            shared_capacity_ - launch_->shared_bytes);
#endif
  running = this;
  HappensBefore(&begin_sync_);
  RunUntilAllExited();
  HappensAfter(&end_sync_);
  running = nullptr;
  CheckSharedMemory();
}

void BlockRunner::OrderThreads(uint64_t block) {
  for (unsigned i = 0; i < thread_count_; ++i) order_[i] = i;
  if (launch_->schedule.order == HostSchedule::Order::kReverse) {
    std::reverse(order_.begin(), order_.end());
  } else if (launch_->schedule.order == HostSchedule::Order::kShuffled) {
    std::minstd_rand random(static_cast<uint32_t>(launch_->schedule.seed * 7919u + block + 1));
    std::shuffle(order_.begin(), order_.end(), random);
  }
}

void BlockRunner::RunThread(void* runner) {
  BlockRunner* const self = static_cast<BlockRunner*>(runner);
  HappensAfter(&self->begin_sync_);
  self->launch_->run(self->launch_->params);
  HappensBefore(&self->end_sync_);
  self->ReleaseMeeting(&self->threads_[self->current_]);
  self->states_[self->current_] = State::kExited;
  ++self->exited_;
}

void BlockRunner::RunUntilAllExited() {
  while (exited_ < thread_count_) {
    const bool any_ran = RunReadyThreads();
    if (barrier_.arrived == thread_count_) {
      OpenBarrier();
    } else if (!any_ran) {
      FailDeadlock();
    }
  }
}

bool BlockRunner::RunReadyThreads() {
  if (launch_->schedule.order != HostSchedule::Order::kWarps) {
    return RunReadyThreads(0, thread_count_);
  }
  bool any = false;
  for (unsigned begin = 0; begin < thread_count_; begin += 32) {
    while (RunReadyThreads(begin, std::min(begin + 32, thread_count_))) any = true;
  }
  return any;
}

bool BlockRunner::RunReadyThreads(unsigned begin, unsigned end) {
  bool any = false;
  for (unsigned place = begin; place < end; ++place) {
    const unsigned i = order_[place];
    if (states_[i] != State::kReady) continue;
    any = true;
    current_ = i;
    threadIdx = threads_[i].index;
    threads_[i].fiber->Resume();
  }
  return any;
}

void BlockRunner::Wait(State state, Rendezvous what, CallSite site) {
  Thread& thread = threads_[current_];
  thread.what = what;
  thread.site = site;
  states_[current_] = state;
  thread.fiber->Suspend();
}

int BlockRunner::MeetBlock(int predicate, CallSite site) {
  Thread& thread = threads_[current_];
  if (barrier_.arrived == 0) {
    barrier_.first = current_;
    barrier_.site = site;
  } else if (!IsSameSite(site, barrier_.site)) {
    const uint3 other = threads_[barrier_.first].index;
    FailKernel(site, "divergent __syncthreads: thread (%u,%u,%u) waits at %s", other.x, other.y,
               other.z, ToString(barrier_.site).c_str());
  }
  ++barrier_.arrived;
  if (predicate != 0) ++barrier_.predicates;
  const unsigned parity = thread.barriers++ & 1;
  HappensBefore(&barrier_sync_[parity]);
  Wait(State::kAtBarrier, Rendezvous::kSyncThreads, site);
  HappensAfter(&barrier_sync_[parity]);
  return predicates_[parity];
}

void BlockRunner::OpenBarrier() {
  predicates_[(threads_[barrier_.first].barriers - 1) & 1] = barrier_.predicates;
  barrier_ = {};
  std::fill(states_.begin(), states_.end(), State::kReady);
}

void BlockRunner::CheckMask(unsigned mask, CallSite site) const {
  if (((mask >> lane()) & 1) == 0) {
    FailKernel(site, "lane %u is not in its own mask 0x%08x", lane(), mask);
  }
  const unsigned warp_begin = current_ / 32 * 32;
  for (unsigned i = 0; i < 32; ++i) {
    if (((mask >> i) & 1) == 0) continue;
    if (warp_begin + i >= thread_count_) {
      FailKernel(site, "lane %u of the mask 0x%08x does not exist: the block has %u threads", i,
                 mask, thread_count_);
    }
    if (states_[warp_begin + i] == State::kExited) {
      FailKernel(site, "lane %u of the mask 0x%08x has exited", i, mask);
    }
  }
}

// The meeting of these lanes that some have come to, or an empty one.
BlockRunner::Meeting* BlockRunner::FindMeeting(Warp* warp, Rendezvous what, unsigned mask,
                                               CallSite site) {
  Meeting* empty = nullptr;
  for (Meeting& meeting : warp->meetings) {
    if (meeting.is_free) {
      // Rather of the same lanes, or fresh, for ThreadSanitizer: others would inherit what those
      // did.
      if (empty == nullptr || meeting.mask == mask || (meeting.mask == 0 && empty->mask != mask)) {
        empty = &meeting;
      }
      if (meeting.mask == 0) break;  // no later one was ever used
      continue;
    }
    // Other masks in the same lanes are legal until nothing moves any more: FailDeadlock.
    if (meeting.mask != mask || meeting.arrived == mask) continue;
    if (meeting.what != what || !IsSameSite(meeting.site, site)) {
      FailKernel(site, "divergent warp: a %s here, a %s of other lanes of the mask 0x%08x at %s",
                 Name(what), Name(meeting.what), mask, ToString(meeting.site).c_str());
    }
    return &meeting;
  }
  empty->is_free = false;
  empty->mask = mask;
  empty->arrived = 0;
  empty->readers = 0;
  empty->what = what;
  empty->site = site;
  return empty;
}

void BlockRunner::ReleaseMeeting(Thread* thread) {
  if (thread->meeting == nullptr) return;
  thread->meeting->readers &= ~(1u << lane());
  if (thread->meeting->readers == 0) thread->meeting->is_free = true;
  thread->meeting = nullptr;
}

const WarpValues& BlockRunner::MeetWarp(Rendezvous what, unsigned mask, const uint64_t* words,
                                        int count, CallSite site) {
  Thread& thread = threads_[current_];
  ReleaseMeeting(&thread);
  CheckMask(mask, site);
  Meeting* const meeting = FindMeeting(&warps_[current_ / 32], what, mask, site);
  thread.meeting = meeting;
  for (int i = 0; i < count; ++i) meeting->values.words[lane()][i] = words[i];
  meeting->arrived |= 1u << lane();
  meeting->readers |= 1u << lane();
  // Only __syncwarp orders memory; shuffles and votes "do not imply a memory barrier", says the
  // programming guide, and ThreadSanitizer shall say so too.
  if (what == Rendezvous::kSyncWarp) HappensBefore(meeting);
  if (meeting->arrived == mask) {
    const unsigned warp_begin = current_ / 32 * 32;
    for (unsigned i = 0; i < 32; ++i) {
      if (((mask >> i) & 1) != 0) states_[warp_begin + i] = State::kReady;
    }
  } else {
    Wait(State::kAtWarp, what, site);
  }
  if (what == Rendezvous::kSyncWarp) HappensAfter(meeting);
  return meeting->values;
}

// Of a lane that one meeting waits for and that waits in another.
void BlockRunner::FailIfMasksDisagree() {
  for (const Warp& warp : warps_) {
    for (const Meeting& meeting : warp.meetings) {
      for (const Meeting& other : warp.meetings) {
        const bool both_wait = !meeting.is_free && meeting.arrived != meeting.mask &&
                               !other.is_free && other.arrived != other.mask;
        if (!both_wait || &meeting == &other || (other.mask & meeting.arrived) == 0) continue;
        FailKernel(meeting.site,
                   "lanes disagree about the mask: 0x%08x here, 0x%08x of other lanes at %s",
                   meeting.mask, other.mask, ToString(other.site).c_str());
      }
    }
  }
}

void BlockRunner::FailDeadlock() {
  // Waiting threads by place, in the order of threads.
  struct Place {
    CallSite site;
    Rendezvous what;
    unsigned threads;
  };
  std::vector<Place> places;
  for (unsigned i = 0; i < thread_count_; ++i) {
    if (states_[i] == State::kExited) continue;
    const auto same = std::find_if(places.begin(), places.end(), [&](const Place& place) {
      return place.what == threads_[i].what && IsSameSite(place.site, threads_[i].site);
    });
    if (same != places.end()) {
      ++same->threads;
    } else {
      places.push_back({threads_[i].site, threads_[i].what, 1});
      if (places.size() == 1) threadIdx = threads_[i].index;
    }
  }
  FailIfMasksDisagree();
  std::string what;
  for (const Place& place : places) {
    what += (what.empty() ? "" : ", ") + std::to_string(place.threads) + " threads wait for a " +
            Name(place.what) + " at " + ToString(place.site);
  }
  if (exited_ > 0) what += ", " + std::to_string(exited_) + " threads have exited";
  const bool only_barrier = places.size() == 1 && places[0].what == Rendezvous::kSyncThreads;
  FailKernel(places[0].site, "%s: %s", only_barrier ? "divergent __syncthreads" : "deadlock",
             what.c_str());
}

void* BlockRunner::SharedMemory(size_t bytes, size_t alignment, CallSite site) {
  if (bytes > launch_->shared_bytes) {
    FailKernel(site, "%zu bytes of shared memory are used, %zu were launched with", bytes,
               launch_->shared_bytes);
  }
  if (alignment > 16) FailKernel(site, "shared memory is aligned to 16 bytes, not %zu", alignment);
  return shared_;
}

void BlockRunner::CheckSharedMemory() const {
#ifndef __SANITIZE_ADDRESS__
  const uint8_t* const guard = shared_ + launch_->shared_bytes;
  const uint8_t* const written =
      std::find_if(guard, guard + kGuardBytes, [](uint8_t byte) { return byte != kGuard; });
  if (written == guard + kGuardBytes) return;
  std::fprintf(stderr,
               "cuda_on_host: kernel %s, block (%u,%u,%u): byte %zu of %zu bytes of shared memory "
               "was written\n",
               kernel(), blockIdx.x, blockIdx.y, blockIdx.z,
               launch_->shared_bytes + static_cast<size_t>(written - guard), launch_->shared_bytes);
  std::abort();
#endif
}

}  // namespace axlut::on_host
