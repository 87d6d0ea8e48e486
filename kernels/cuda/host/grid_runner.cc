// SPDX-License-Identifier: MIT
#include "kernels/cuda/host/grid_runner.h"

#include <algorithm>
#include <atomic>
#include <numeric>
#include <random>
#include <thread>

namespace axlut::on_host {
namespace {

// The n-th block to run.
class BlockOrder {
 public:
  BlockOrder(uint64_t blocks, const HostSchedule& schedule)
      : blocks_(blocks), is_reverse_(schedule.order == HostSchedule::Order::kReverse) {
    if (schedule.order != HostSchedule::Order::kShuffled) return;
    shuffled_.resize(blocks);
    std::iota(shuffled_.begin(), shuffled_.end(), uint64_t{0});
    std::shuffle(shuffled_.begin(), shuffled_.end(), std::minstd_rand(schedule.seed));
  }

  uint64_t At(uint64_t n) const {
    if (!shuffled_.empty()) return shuffled_[n];
    return is_reverse_ ? blocks_ - 1 - n : n;
  }

 private:
  uint64_t blocks_;
  bool is_reverse_;
  std::vector<uint64_t> shuffled_;
};

}  // namespace

void GridRunner::Run(const GridLaunch& launch) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const uint64_t blocks = static_cast<uint64_t>(launch.grid.x) * launch.grid.y * launch.grid.z;
  const BlockOrder order(blocks, launch.schedule);
  const uint64_t count = std::clamp<uint64_t>(
      static_cast<uint64_t>(std::max(launch.schedule.os_threads, 1)), 1, blocks);
  // Every OS thread has a block for sure: ThreadSanitizer would not see races between blocks if the
  // first thread were done with all of them before the second one starts.
  std::atomic<uint64_t> next{count};
  const auto work = [&](uint64_t first, BlockRunner* runner) {
    runner->BeginLaunch(launch);
    for (uint64_t n = first; n < blocks; n = next++) runner->RunBlock(order.At(n));
  };
  while (runners_.size() < count) runners_.push_back(std::make_unique<BlockRunner>());
  std::vector<std::thread> others;
  for (uint64_t i = 1; i < count; ++i) others.emplace_back(work, i, runners_[i].get());
  work(0, runners_[0].get());
  for (std::thread& other : others) other.join();
}

}  // namespace axlut::on_host
