// SPDX-License-Identifier: MIT
// In which order the emulation runs blocks and threads. Correct kernels do not care; a kernel that
// forgets a barrier gives wrong results in some order.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace axlut {

struct HostSchedule {
  // Threads run in rounds, each to its next synchronisation. Where all of them meet their warp at
  // every step, rounds keep them in step, which hides a missing barrier; kWarps runs each warp as
  // far as it gets before the next one begins.
  enum class Order : uint8_t { kForward, kReverse, kShuffled, kWarps };

  Order order = Order::kForward;  // of threads in a block, and of blocks
  uint32_t seed = 1;              // of kShuffled
  int os_threads = 1;             // that share the blocks

  // "shuffled (seed 5), 2 OS threads".
  std::string ToString() const;
};

// What AXLUT_HOST_SCHEDULE says: "ORDER[,SEED[,OS_THREADS]]", ORDER being forward, reverse,
// shuffled or warps; without it HostSchedule{}. So one test program covers many schedules
// (axlut_gpu_test in CMakeLists.txt). Aborts if it says anything else.
HostSchedule DefaultHostSchedule();

// All orders, each with 1 and with 2 threads of the operating system.
std::vector<HostSchedule> AllHostSchedules(uint32_t seed = 1);

template <typename Function>
void ForEachSchedule(Function&& function) {
  for (const HostSchedule& schedule : AllHostSchedules()) function(schedule);
}

}  // namespace axlut
