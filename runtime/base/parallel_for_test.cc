// SPDX-License-Identifier: MIT
#include "runtime/base/parallel_for.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace axlut {
namespace {

void ExpectEveryIndexOnce(const ParallelFor& parallel_for, int64_t count, int64_t grain) {
  std::vector<std::atomic<int>> visits(count);
  parallel_for(count, grain, [&](int64_t begin, int64_t end) {
    ASSERT_LT(begin, end);
    for (int64_t i = begin; i < end; ++i) ++visits[i];
  });
  for (int64_t i = 0; i < count; ++i) ASSERT_EQ(visits[i], 1) << i << " of " << count;
}

TEST(ParallelFor, VisitsEveryIndexOnceForAnyThreadCountAndGrain) {
  for (int threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.threads(), threads);
    for (int64_t count : {0, 1, 2, 7, 64, 1000}) {
      for (int64_t grain : {1, 5, 2000}) ExpectEveryIndexOnce(pool.AsParallelFor(), count, grain);
    }
  }
  ExpectEveryIndexOnce(SerialFor(), 100, 1);
}

TEST(ParallelFor, NestedCallsRunOnTheSameThread) {
  ThreadPool pool(4);
  std::atomic<int> total{0};
  pool.Run(16, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const std::thread::id outer = std::this_thread::get_id();
      pool.Run(8, 1, [&](int64_t b, int64_t e) {
        EXPECT_EQ(std::this_thread::get_id(), outer);
        total += static_cast<int>(e - b);
      });
    }
  });
  EXPECT_EQ(total, 16 * 8);
}

// Workers that wake up late find a job that is over, or the next one.
TEST(ParallelFor, ManyShortJobsInARow) {
  ThreadPool pool(4);
  int64_t total = 0;
  for (int round = 0; round < 20000; ++round) {
    std::atomic<int64_t> sum{0};
    const int64_t count = 1 + round % 5;
    pool.Run(count, 1, [&](int64_t begin, int64_t end) { sum += end - begin; });
    ASSERT_EQ(sum, count);
    total += sum;
  }
  EXPECT_EQ(total, 20000 * 3);
}

TEST(ParallelFor, SeveralCallersTakeTurns) {
  ThreadPool pool(2);
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      for (int round = 0; round < 20; ++round) ExpectEveryIndexOnce(pool.AsParallelFor(), 100, 1);
    });
  }
  for (std::thread& caller : callers) caller.join();
}

}  // namespace
}  // namespace axlut
