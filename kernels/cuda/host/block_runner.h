// SPDX-License-Identifier: MIT
// Runs the threads of one block at a time, and lets them meet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/cuda/host/cuda_threads.h"
#include "kernels/cuda/host/fiber.h"
#include "kernels/cuda/host/schedule.h"

namespace axlut::on_host {

// A launch as the scheduler sees it; everything was checked before.
struct GridLaunch {
  const char* kernel = "";  // for messages
  void (*run)(const void* params) = nullptr;
  const void* params = nullptr;
  dim3 grid;
  dim3 block;
  size_t shared_bytes = 0;
  HostSchedule schedule;
};

class BlockRunner {
 public:
  BlockRunner() = default;
  BlockRunner(const BlockRunner&) = delete;
  BlockRunner& operator=(const BlockRunner&) = delete;
  ~BlockRunner();

  // Between RunBlock() calls of one launch nothing else may run here.
  void BeginLaunch(const GridLaunch& launch);
  void RunBlock(uint64_t block);  // index in the grid, x first

  // Called by the thread that runs.
  int MeetBlock(int predicate, CallSite site);
  const WarpValues& MeetWarp(Rendezvous what, unsigned mask, const uint64_t* words, int count,
                             CallSite site);
  unsigned lane() const { return current_ % 32; }
  void* SharedMemory(size_t bytes, size_t alignment, CallSite site);
  const char* kernel() const { return launch_->kernel; }

 private:
  enum class State : uint8_t { kReady, kAtBarrier, kAtWarp, kExited };

  // Lanes with one mask that meet once, until all have read what they were shown.
  struct Meeting {
    unsigned mask = 0;
    unsigned arrived = 0;
    unsigned readers = 0;  // who holds the values
    Rendezvous what = Rendezvous::kSyncWarp;
    CallSite site{};
    bool is_free = true;
    WarpValues values;
  };
  // A lane can hold values of one meeting while it waits in the next: there is always a free one.
  static constexpr int kMeetings = 64;
  struct Warp {
    // Made before a launch: to ThreadSanitizer memory belongs to the fiber that allocates it.
    std::vector<Meeting> meetings = std::vector<Meeting>(kMeetings);
  };
  struct Thread {
    std::unique_ptr<Fiber> fiber;
    uint3 index{};
    CallSite site{};             // where it waits
    Rendezvous what{};           // for what
    Meeting* meeting = nullptr;  // whose values it holds
    unsigned barriers = 0;       // passed in this block
  };
  struct Barrier {
    unsigned arrived = 0;
    unsigned first = 0;  // the thread that came first
    CallSite site{};
    int predicates = 0;
  };

  static void RunThread(void* runner);
  void OrderThreads(uint64_t block);
  void RunUntilAllExited();
  bool RunReadyThreads();
  bool RunReadyThreads(unsigned begin, unsigned end);  // of order_
  void OpenBarrier();
  void Wait(State state, Rendezvous what, CallSite site);
  Meeting* FindMeeting(Warp* warp, Rendezvous what, unsigned mask, CallSite site);
  void ReleaseMeeting(Thread* thread);
  void CheckMask(unsigned mask, CallSite site) const;
  void FailIfMasksDisagree();
  [[noreturn]] void FailDeadlock();
  void PrepareSharedMemory();
  void CheckSharedMemory() const;

  const GridLaunch* launch_ = nullptr;
  unsigned thread_count_ = 0;
  unsigned current_ = 0;
  unsigned exited_ = 0;
  std::vector<Thread> threads_;  // of the largest block so far
  std::vector<State> states_;
  std::vector<unsigned> order_;
  std::vector<Warp> warps_;
  Barrier barrier_;
  // Of the last two barriers: a thread may arrive at the next one before others have left this one.
  int predicates_[2] = {};
  char barrier_sync_[2] = {};  // addresses for ThreadSanitizer, alternating for the same reason
  char begin_sync_ = 0;
  char end_sync_ = 0;
  uint8_t* shared_ = nullptr;
  size_t shared_capacity_ = 0;
};

}  // namespace axlut::on_host
