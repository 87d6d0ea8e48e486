// SPDX-License-Identifier: MIT
// How work is spread over threads. Kernels and layers take a ParallelFor instead of owning threads,
// so that a command hands them its pool and a TensorFlow op hands them TensorFlow's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace axlut {

// Calls body(begin, end) for disjoint ranges that cover [0, count), possibly at the same time, and
// returns when all are done. `grain` is the smallest range worth a task of its own (>= 1).
using RangeBody = std::function<void(int64_t begin, int64_t end)>;
using ParallelFor = std::function<void(int64_t count, int64_t grain, const RangeBody& body)>;

// Runs everything on the calling thread.
ParallelFor SerialFor();

// A fixed set of threads. The calling thread works too, so ThreadPool(1) starts no thread. Calls
// from inside a body run serially (no deadlock, no oversubscription).
class ThreadPool {
 public:
  // threads >= 1; 0 means one per hardware thread.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const;
  void Run(int64_t count, int64_t grain, const RangeBody& body);
  // Valid as long as the pool lives.
  ParallelFor AsParallelFor();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace axlut
