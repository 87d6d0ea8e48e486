// SPDX-License-Identifier: MIT
#include "runtime/base/parallel_for.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace axlut {
namespace {

// Set while a thread runs a body, so that nested calls stay on that thread.
thread_local bool inside_parallel_for = false;

// Ranges per thread: enough for balance when a neighbour disturbs one thread, few enough that
// the shared counter does not matter.
constexpr int64_t kRangesPerThread = 4;

// How often a thread looks before it sleeps: some 20 us. Waking a thread that sleeps takes as long,
// and the layers of a small network follow each other much more quickly.
constexpr int kSpins = 1000;

void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

template <typename Condition>
void SpinUntil(Condition condition) {
  for (int i = 0; i < kSpins && !condition(); ++i) Pause();
}

}  // namespace

ParallelFor SerialFor() {
  return [](int64_t count, int64_t, const RangeBody& body) {
    if (count > 0) body(0, count);
  };
}

class ThreadPool::Impl {
 public:
  explicit Impl(int threads) {
    for (int i = 1; i < threads; ++i) workers_.emplace_back([this] { WorkerLoop(); });
  }

  ~Impl() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    work_ready_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  void Run(int64_t count, int64_t grain, const RangeBody& body) {
    if (count <= 0) return;
    grain = std::max<int64_t>(grain, 1);
    const int64_t most_ranges = threads() * kRangesPerThread;
    const int64_t range = std::max(grain, (count + most_ranges - 1) / most_ranges);
    if (threads() == 1 || inside_parallel_for || range >= count) {
      body(0, count);
      return;
    }
    // One job at a time: callers from several threads take turns.
    std::lock_guard one_job(job_mutex_);
    {
      std::lock_guard lock(mutex_);
      body_ = &body;
      count_ = count;
      range_ = range;
      next_ = 0;
      open_ = true;
      ++generation_;
    }
    work_ready_.notify_all();
    TakeRanges();
    // Workers that have not woken up by now are not waited for.
    {
      std::lock_guard lock(mutex_);
      open_ = false;
    }
    SpinUntil([this] { return busy_workers_ == 0; });
    std::unique_lock lock(mutex_);
    work_done_.wait(lock, [this] { return busy_workers_ == 0; });
  }

 private:
  void WorkerLoop() {
    uint64_t seen = 0;
    for (;;) {
      SpinUntil([&] { return generation_ != seen; });
      {
        std::unique_lock lock(mutex_);
        work_ready_.wait(lock, [&] { return stopping_ || generation_ != seen; });
        if (stopping_) return;
        seen = generation_;
        if (!open_) continue;
        ++busy_workers_;
      }
      TakeRanges();
      std::lock_guard lock(mutex_);
      if (--busy_workers_ == 0) work_done_.notify_one();
    }
  }

  void TakeRanges() {
    inside_parallel_for = true;
    for (;;) {
      const int64_t begin = next_.fetch_add(range_);
      if (begin >= count_) break;
      (*body_)(begin, std::min(begin + range_, count_));
    }
    inside_parallel_for = false;
  }

  std::vector<std::thread> workers_;
  std::mutex job_mutex_;  // held for the length of one Run
  std::mutex mutex_;      // guards what follows; the job's fields change only while no one works
  std::condition_variable work_ready_;
  std::condition_variable work_done_;
  const RangeBody* body_ = nullptr;
  int64_t count_ = 0;
  int64_t range_ = 1;
  std::atomic<int64_t> next_{0};
  // Atomic, because threads look at them before they lock.
  std::atomic<int> busy_workers_{0};
  std::atomic<uint64_t> generation_{0};
  bool open_ = false;  // whether a job takes workers
  bool stopping_ = false;
};

ThreadPool::ThreadPool(int threads)
    : impl_(std::make_unique<Impl>(
          threads > 0 ? threads
                      : std::max(1, static_cast<int>(std::thread::hardware_concurrency())))) {}
ThreadPool::~ThreadPool() = default;
int ThreadPool::threads() const { return impl_->threads(); }
void ThreadPool::Run(int64_t count, int64_t grain, const RangeBody& body) {
  impl_->Run(count, grain, body);
}
ParallelFor ThreadPool::AsParallelFor() {
  return [this](int64_t count, int64_t grain, const RangeBody& body) { Run(count, grain, body); };
}

}  // namespace axlut
