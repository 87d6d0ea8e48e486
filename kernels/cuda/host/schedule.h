// SPDX-License-Identifier: MIT
// In which order the emulation runs blocks and threads. Correct kernels do not care; a kernel that
// forgets a barrier gives wrong results in some order.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace axlut {

struct HostSchedule {
  enum class Order : uint8_t { kForward, kReverse, kShuffled };

  Order order = Order::kForward;  // of threads in a block, and of blocks
  uint32_t seed = 1;              // of kShuffled
  int os_threads = 1;             // that share the blocks

  // "shuffled (seed 5), 2 OS threads".
  std::string ToString() const;
};

// What AXLUT_HOST_SCHEDULE says: "ORDER[,SEED[,OS_THREADS]]", ORDER being forward, reverse or
// shuffled; without it HostSchedule{}. So one test program covers many schedules (axlut_gpu_test in
// CMakeLists.txt). Aborts if it says anything else.
HostSchedule DefaultHostSchedule();

// The three orders, each with 1 and with 2 threads of the operating system.
std::vector<HostSchedule> AllHostSchedules(uint32_t seed = 1);

template <typename Function>
void ForEachSchedule(Function&& function) {
  for (const HostSchedule& schedule : AllHostSchedules()) function(schedule);
}

}  // namespace axlut
