// SPDX-License-Identifier: MIT
// A GPU for tests: runs the kernels on the host, checks what a driver checks and more, records
// calls, and can let any of them fail.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "kernels/cuda/gpu.h"
#include "kernels/cuda/host/host_kernels.h"
#include "kernels/cuda/host/schedule.h"

namespace axlut {

struct HostGpuOptions {
  // 75, 80, 86, 87, 89, 90 or 100: with the limits of that architecture.
  int capability = 80;
  int multiprocessors = 0;  // 0: as a usual card of that architecture has
  int64_t memory_bytes = int64_t{1} << 30;
  HostSchedule schedule = DefaultHostSchedule();
  // false: work is done when the call returns. true: not before Synchronize() of its stream, or
  // Free(), which waits for the whole device. So results that are read too early are wrong, and so
  // is work that relies on another stream's.
  bool is_deferred = false;
  // true: copies and fills take memory that was not allocated here, as a GPU takes that of a
  // framework's allocator.
  bool has_foreign_memory = false;
};

enum class GpuCallKind : uint8_t {
  kAllocate,
  kFree,
  kCopyToDevice,
  kCopyToHost,
  kFill,
  kCreateStream,
  kDestroyStream,
  kSynchronize,
  kCreateEvent,
  kDestroyEvent,
  kRecordEvent,
  kElapsedMilliseconds,
  kCreateTexture,
  kDestroyTexture,
  kLaunch,
};

struct HostGpuCall {
  GpuCallKind kind;
  GpuStream stream;  // of calls that have one
  std::string what;  // the purpose of an allocation, the name of a kernel
};

class HostGpu : public Gpu {
 public:
  explicit HostGpu(const HostGpuOptions& options = {});
  // Aborts if FindLeaks() finds any.
  ~HostGpu() override;

  const GpuProperties& properties() const override;
  GpuStatus Allocate(size_t bytes, const char* purpose, void** memory) override;
  void Free(void* memory) override;
  GpuStatus CopyToDevice(void* device, const void* host, size_t bytes, GpuStream stream) override;
  GpuStatus CopyToHost(void* host, const void* device, size_t bytes, GpuStream stream) override;
  GpuStatus Fill(void* device, uint8_t value, size_t bytes, GpuStream stream) override;
  GpuStatus CreateStream(GpuStream* stream) override;
  void DestroyStream(GpuStream stream) override;
  GpuStatus Synchronize(GpuStream stream) override;
  GpuStatus CreateEvent(GpuEvent* event) override;
  void DestroyEvent(GpuEvent event) override;
  GpuStatus RecordEvent(GpuEvent event, GpuStream stream) override;
  GpuStatus ElapsedMilliseconds(GpuEvent begin, GpuEvent end, float* milliseconds) override;
  GpuStatus CreateTexture(const void* memory, GpuTexel texel, size_t count,
                          GpuTexture* texture) override;
  void DestroyTexture(GpuTexture texture) override;
  GpuStatus Launch(GpuKernelId kernel, const GpuLaunch& launch, GpuStream stream,
                   const void* params, size_t params_bytes) override;

  // The same for a kernel that is in no kernels.inc (tests of the emulation).
  GpuStatus LaunchHostKernel(const HostKernel& kernel, const GpuLaunch& launch, GpuStream stream,
                             const void* params, size_t params_bytes);

  void set_schedule(const HostSchedule& schedule);

  // The `n`-th call of this kind from now on (1: the next) fails with `error`; calls that cannot
  // fail do not count. One such order at a time; the one that failed is used up.
  void FailCall(GpuCallKind kind, int n, GpuErrorKind error);
  // The same for any kind.
  void FailAnyCall(int n, GpuErrorKind error);
  // Whether the order was carried out since it was given.
  bool has_failed_call() const;

  // All calls since the beginning or ForgetCalls(), failed ones too.
  std::vector<HostGpuCall> calls() const;
  int CountCalls(GpuCallKind kind) const;
  // Of calls that queue work: launches, copies, fills, records of events.
  std::set<GpuStream> streams_used() const;
  void ForgetCalls();

  // What was created and is still there: "1 texture, 4096 bytes for the table"; "" if nothing.
  std::string FindLeaks() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace axlut
