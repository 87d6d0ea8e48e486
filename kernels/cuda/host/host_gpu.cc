// SPDX-License-Identifier: MIT
#include "kernels/cuda/host/host_gpu.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>

#include "kernels/cuda/host/grid_runner.h"
#include "kernels/cuda/host/host_memory.h"
#include "kernels/cuda/host/host_texture.h"

namespace axlut {
namespace {

using Clock = std::chrono::steady_clock;
using on_host::HostTexture;

constexpr size_t kMaxTexels = size_t{1} << 27;  // cudaDeviceProp::maxTexture1DLinear

struct Architecture {
  int capability;
  int multiprocessors;  // T4, A100, RTX 3090, Jetson Orin, L4, H100 SXM, B200
  int max_shared_bytes;
};
constexpr Architecture kArchitectures[] = {
    {75, 40, 64 * 1024}, {80, 108, 163 * 1024}, {86, 82, 99 * 1024},    {87, 16, 163 * 1024},
    {89, 58, 99 * 1024}, {90, 132, 227 * 1024}, {100, 148, 227 * 1024},
};

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "cuda_on_host: %s\n", what.c_str());
  std::abort();
}

GpuProperties PropertiesOf(const HostGpuOptions& options) {
  const auto* const found =
      std::find_if(std::begin(kArchitectures), std::end(kArchitectures),
                   [&](const Architecture& a) { return a.capability == options.capability; });
  if (found == std::end(kArchitectures)) {
    Fail("no architecture sm_" + std::to_string(options.capability));
  }
  GpuProperties properties;
  properties.name = "emulated sm_" + std::to_string(options.capability);
  properties.capability = options.capability;
  properties.multiprocessors =
      options.multiprocessors > 0 ? options.multiprocessors : found->multiprocessors;
  properties.memory_bytes = options.memory_bytes;
  properties.shared_bytes = 48 * 1024;
  properties.max_shared_bytes = found->max_shared_bytes;
  properties.is_emulated = true;
  return properties;
}

const char* Reason(GpuErrorKind kind) {
  switch (kind) {
    case GpuErrorKind::kOutOfMemory:
      return "out of memory";
    case GpuErrorKind::kNoDevice:
      return "no CUDA-capable device is detected";
    case GpuErrorKind::kLaunchFailed:
      return "unspecified launch failure";
    case GpuErrorKind::kUnsupported:
      return "operation not supported";
    case GpuErrorKind::kInvalidArgument:
      return "invalid argument";
    default:
      return "unknown error";
  }
}

std::string DescribeLaunch(const char* kernel, const GpuLaunch& launch) {
  return std::string("launch of ") + kernel + " (grid " + std::to_string(launch.grid_x) + "x" +
         std::to_string(launch.grid_y) + "x" + std::to_string(launch.grid_z) + ", " +
         std::to_string(launch.threads) + " threads, " + std::to_string(launch.shared_bytes) +
         " bytes of shared memory)";
}

// Why a driver would refuse it, or "".
std::string FindLaunchProblem(const GpuLaunch& launch, const GpuProperties& properties) {
  if (launch.grid_x == 0 || launch.grid_y == 0 || launch.grid_z == 0) return "empty grid";
  if (launch.grid_x > 0x7fffffffu || launch.grid_y > 65535 || launch.grid_z > 65535) {
    return "grid is larger than 2147483647x65535x65535";
  }
  if (launch.threads == 0 || launch.threads > 1024) return "a block has 1 to 1024 threads";
  if (launch.shared_bytes > static_cast<size_t>(properties.max_shared_bytes)) {
    return "a block has at most " + std::to_string(properties.max_shared_bytes) +
           " bytes of shared memory";
  }
  return "";
}

}  // namespace

struct HostGpu::State {
  struct Event {
    std::optional<Clock::time_point> time;
  };
  struct FailureOrder {
    std::optional<GpuCallKind> kind;  // none: any
    int calls_left = 0;               // 0: no order
    GpuErrorKind error = GpuErrorKind::kOther;
  };
  // The queue of a stream; work in it only if it is deferred.
  struct Stream {
    std::deque<std::function<void()>> work;
  };

  explicit State(const HostGpuOptions& options)
      : options(options), properties(PropertiesOf(options)) {}

  // Records the call; the failure that was ordered for it, if so.
  GpuStatus Begin(GpuCallKind kind, GpuStream stream, const std::string& call,
                  const std::string& what = "") {
    calls.push_back({kind, stream, what});
    if (order.calls_left == 0 || (order.kind && *order.kind != kind)) return {};
    if (--order.calls_left > 0) return {};
    has_failed_call = true;
    return {order.error, call + ": " + Reason(order.error)};
  }

  void Record(GpuCallKind kind, GpuStream stream = nullptr) { calls.push_back({kind, stream, ""}); }

  Stream& Find(GpuStream stream) {
    if (stream == nullptr) return default_stream;
    auto* const found = static_cast<Stream*>(stream);
    if (streams.count(found) == 0) Fail("a stream that was not created or is destroyed");
    return *found;
  }

  void Enqueue(GpuStream stream, std::function<void()> work) {
    Stream& queue = Find(stream);
    if (options.is_deferred) {
      queue.work.push_back(std::move(work));
    } else {
      work();
    }
  }

  static void RunQueue(Stream* stream) {
    while (!stream->work.empty()) {
      stream->work.front()();
      stream->work.pop_front();
    }
  }

  void RunAllQueues() {
    RunQueue(&default_stream);
    for (Stream* stream : streams) RunQueue(stream);
  }

  GpuStatus CheckRange(const void* device, size_t bytes, const std::string& call) const {
    if (options.has_foreign_memory || memory.Holds(device, bytes)) return {};
    return {GpuErrorKind::kInvalidArgument, call + ": invalid argument (not in device memory)"};
  }

  mutable std::recursive_mutex mutex;
  HostGpuOptions options;
  GpuProperties properties;
  HostMemory memory;
  std::deque<HostTexture> textures;  // addresses stay: they are the handles
  std::set<Stream*> streams;
  std::set<Event*> events;
  Stream default_stream;
  on_host::GridRunner runner;
  std::vector<HostGpuCall> calls;
  FailureOrder order;
  bool has_failed_call = false;
};

using Lock = std::lock_guard<std::recursive_mutex>;

HostGpu::HostGpu(const HostGpuOptions& options) : state_(std::make_unique<State>(options)) {}

HostGpu::~HostGpu() {
  state_->RunAllQueues();
  state_->memory.CheckGuards();
  const std::string leaks = FindLeaks();
  if (!leaks.empty()) Fail("leaked: " + leaks);
}

const GpuProperties& HostGpu::properties() const { return state_->properties; }

GpuStatus HostGpu::Allocate(size_t bytes, const char* purpose, void** memory) {
  const Lock lock(state_->mutex);
  const std::string call = "cudaMalloc of " + std::to_string(bytes) + " bytes for the " + purpose;
  AXLUT_RETURN_IF_GPU_ERROR(state_->Begin(GpuCallKind::kAllocate, nullptr, call, purpose));
  if (bytes == 0) Fail(call + ": gpu.h demands more than 0 bytes");
  const size_t free_bytes =
      static_cast<size_t>(state_->options.memory_bytes) - state_->memory.allocated_bytes();
  *memory = bytes <= free_bytes ? state_->memory.Allocate(bytes, purpose) : nullptr;
  if (*memory == nullptr) return {GpuErrorKind::kOutOfMemory, call + ": out of memory"};
  return {};
}

void HostGpu::Free(void* memory) {
  if (memory == nullptr) return;
  const Lock lock(state_->mutex);
  state_->Record(GpuCallKind::kFree);
  state_->RunAllQueues();
  state_->memory.Free(memory);
  for (const HostTexture& texture : state_->textures) {
    if (!texture.is_destroyed && !state_->memory.Holds(texture.texels, 1)) {
      Fail("Free of memory that a texture still reads");
    }
  }
}

GpuStatus HostGpu::CopyToDevice(void* device, const void* host, size_t bytes, GpuStream stream) {
  const Lock lock(state_->mutex);
  const std::string call = "cudaMemcpyAsync of " + std::to_string(bytes) + " bytes to the device";
  AXLUT_RETURN_IF_GPU_ERROR(state_->Begin(GpuCallKind::kCopyToDevice, stream, call));
  AXLUT_RETURN_IF_GPU_ERROR(state_->CheckRange(device, bytes, call));
  state_->Enqueue(stream, [=] { std::memcpy(device, host, bytes); });
  return {};
}

GpuStatus HostGpu::CopyToHost(void* host, const void* device, size_t bytes, GpuStream stream) {
  const Lock lock(state_->mutex);
  const std::string call = "cudaMemcpyAsync of " + std::to_string(bytes) + " bytes to the host";
  AXLUT_RETURN_IF_GPU_ERROR(state_->Begin(GpuCallKind::kCopyToHost, stream, call));
  AXLUT_RETURN_IF_GPU_ERROR(state_->CheckRange(device, bytes, call));
  state_->Enqueue(stream, [=] { std::memcpy(host, device, bytes); });
  return {};
}

GpuStatus HostGpu::Fill(void* device, uint8_t value, size_t bytes, GpuStream stream) {
  const Lock lock(state_->mutex);
  const std::string call = "cudaMemsetAsync of " + std::to_string(bytes) + " bytes";
  AXLUT_RETURN_IF_GPU_ERROR(state_->Begin(GpuCallKind::kFill, stream, call));
  AXLUT_RETURN_IF_GPU_ERROR(state_->CheckRange(device, bytes, call));
  state_->Enqueue(stream, [=] { std::memset(device, value, bytes); });
  return {};
}

GpuStatus HostGpu::CreateStream(GpuStream* stream) {
  const Lock lock(state_->mutex);
  AXLUT_RETURN_IF_GPU_ERROR(state_->Begin(GpuCallKind::kCreateStream, nullptr, "cudaStreamCreate"));
  auto* const made = new State::Stream;
  state_->streams.insert(made);
  *stream = made;
  return {};
}

void HostGpu::DestroyStream(GpuStream stream) {
  if (stream == nullptr) return;
  const Lock lock(state_->mutex);
  state_->Record(GpuCallKind::kDestroyStream, stream);
  State::Stream* const found = &state_->Find(stream);
  State::RunQueue(found);
  state_->streams.erase(found);
  delete found;
}

GpuStatus HostGpu::Synchronize(GpuStream stream) {
  const Lock lock(state_->mutex);
  AXLUT_RETURN_IF_GPU_ERROR(
      state_->Begin(GpuCallKind::kSynchronize, stream, "cudaStreamSynchronize"));
  State::RunQueue(&state_->Find(stream));
  state_->memory.CheckGuards();
  return {};
}

GpuStatus HostGpu::CreateEvent(GpuEvent* event) {
  const Lock lock(state_->mutex);
  AXLUT_RETURN_IF_GPU_ERROR(state_->Begin(GpuCallKind::kCreateEvent, nullptr, "cudaEventCreate"));
  auto* const made = new State::Event;
  state_->events.insert(made);
  *event = made;
  return {};
}

void HostGpu::DestroyEvent(GpuEvent event) {
  if (event == nullptr) return;
  const Lock lock(state_->mutex);
  state_->Record(GpuCallKind::kDestroyEvent);
  auto* const found = static_cast<State::Event*>(event);
  if (state_->events.erase(found) == 0) Fail("an event that was not created or is destroyed");
  state_->RunAllQueues();  // one of them may still record it
  delete found;
}

GpuStatus HostGpu::RecordEvent(GpuEvent event, GpuStream stream) {
  const Lock lock(state_->mutex);
  AXLUT_RETURN_IF_GPU_ERROR(state_->Begin(GpuCallKind::kRecordEvent, stream, "cudaEventRecord"));
  auto* const found = static_cast<State::Event*>(event);
  if (state_->events.count(found) == 0) Fail("an event that was not created or is destroyed");
  state_->Enqueue(stream, [found] { found->time = Clock::now(); });
  return {};
}

GpuStatus HostGpu::ElapsedMilliseconds(GpuEvent begin, GpuEvent end, float* milliseconds) {
  const Lock lock(state_->mutex);
  const std::string call = "cudaEventElapsedTime";
  AXLUT_RETURN_IF_GPU_ERROR(state_->Begin(GpuCallKind::kElapsedMilliseconds, nullptr, call));
  const auto& from = static_cast<const State::Event*>(begin)->time;
  const auto& to = static_cast<const State::Event*>(end)->time;
  if (!from || !to) return {GpuErrorKind::kOther, call + ": device not ready"};
  *milliseconds = std::chrono::duration<float, std::milli>(*to - *from).count();
  return {};
}

GpuStatus HostGpu::CreateTexture(const void* memory, GpuTexel texel, size_t count,
                                 GpuTexture* texture) {
  const Lock lock(state_->mutex);
  const bool is_uint16 = texel == GpuTexel::kUint16;
  const std::string call = "cudaCreateTextureObject of " + std::to_string(count) +
                           (is_uint16 ? " uint16 texels" : " int32 texels");
  AXLUT_RETURN_IF_GPU_ERROR(state_->Begin(GpuCallKind::kCreateTexture, nullptr, call));
  AXLUT_RETURN_IF_GPU_ERROR(
      state_->CheckRange(memory, count * (is_uint16 ? sizeof(uint16_t) : sizeof(int32_t)), call));
  if (count == 0 || count > kMaxTexels) {
    return {GpuErrorKind::kInvalidArgument, call + ": invalid argument (1 to 2^27 texels)"};
  }
  if (reinterpret_cast<uintptr_t>(memory) % HostMemory::kAlignment != 0) {
    return {GpuErrorKind::kInvalidArgument,
            call + ": invalid argument (memory is not aligned to 512 bytes)"};
  }
  state_->textures.push_back({memory, is_uint16 ? count : 0, is_uint16 ? 0 : count, false});
  *texture = reinterpret_cast<GpuTexture>(&state_->textures.back());
  return {};
}

void HostGpu::DestroyTexture(GpuTexture texture) {
  if (texture == 0) return;
  const Lock lock(state_->mutex);
  state_->Record(GpuCallKind::kDestroyTexture);
  const auto found =
      std::find_if(state_->textures.begin(), state_->textures.end(), [&](const HostTexture& made) {
        return reinterpret_cast<GpuTexture>(&made) == texture && !made.is_destroyed;
      });
  if (found == state_->textures.end()) Fail("a texture that was not created or is destroyed");
  *found = {nullptr, 0, 0, true};
}

GpuStatus HostGpu::Launch(GpuKernelId kernel, const GpuLaunch& launch, GpuStream stream,
                          const void* params, size_t params_bytes) {
  return LaunchHostKernel(FindHostKernel(kernel), launch, stream, params, params_bytes);
}

GpuStatus HostGpu::LaunchHostKernel(const HostKernel& kernel, const GpuLaunch& launch,
                                    GpuStream stream, const void* params, size_t params_bytes) {
  const Lock lock(state_->mutex);
  const std::string call = DescribeLaunch(kernel.name, launch);
  AXLUT_RETURN_IF_GPU_ERROR(state_->Begin(GpuCallKind::kLaunch, stream, call, kernel.name));
  std::string problem = FindLaunchProblem(launch, state_->properties);
  if (problem.empty() && params_bytes != kernel.params_bytes) {
    problem = "the kernel takes " + std::to_string(kernel.params_bytes) +
              " bytes of parameters, not " + std::to_string(params_bytes);
  }
  if (!problem.empty()) return {GpuErrorKind::kLaunchFailed, call + ": " + problem};
  // Operator new aligns the copy as any struct of parameters needs.
  std::vector<std::max_align_t> copy(params_bytes / sizeof(std::max_align_t) + 1);
  std::memcpy(copy.data(), params, params_bytes);
  state_->Enqueue(stream, [this, kernel, launch, copy = std::move(copy)] {
    on_host::GridLaunch grid;
    grid.kernel = kernel.name;
    grid.run = kernel.run;
    grid.params = copy.data();
    grid.grid = {launch.grid_x, launch.grid_y, launch.grid_z};
    grid.block = {launch.threads, 1, 1};
    grid.shared_bytes = launch.shared_bytes;
    grid.schedule = state_->options.schedule;
    state_->runner.Run(grid);
  });
  return {};
}

void HostGpu::set_schedule(const HostSchedule& schedule) {
  const Lock lock(state_->mutex);
  state_->options.schedule = schedule;
}

void HostGpu::FailCall(GpuCallKind kind, int n, GpuErrorKind error) {
  const Lock lock(state_->mutex);
  state_->order = {kind, n, error};
  state_->has_failed_call = false;
}

void HostGpu::FailAnyCall(int n, GpuErrorKind error) {
  const Lock lock(state_->mutex);
  state_->order = {std::nullopt, n, error};
  state_->has_failed_call = false;
}

bool HostGpu::has_failed_call() const {
  const Lock lock(state_->mutex);
  return state_->has_failed_call;
}

std::vector<HostGpuCall> HostGpu::calls() const {
  const Lock lock(state_->mutex);
  return state_->calls;
}

int HostGpu::CountCalls(GpuCallKind kind) const {
  const Lock lock(state_->mutex);
  return static_cast<int>(
      std::count_if(state_->calls.begin(), state_->calls.end(),
                    [kind](const HostGpuCall& call) { return call.kind == kind; }));
}

std::set<GpuStream> HostGpu::streams_used() const {
  const Lock lock(state_->mutex);
  std::set<GpuStream> used;
  for (const HostGpuCall& call : state_->calls) {
    if (call.kind == GpuCallKind::kLaunch || call.kind == GpuCallKind::kCopyToDevice ||
        call.kind == GpuCallKind::kCopyToHost || call.kind == GpuCallKind::kFill ||
        call.kind == GpuCallKind::kRecordEvent) {
      used.insert(call.stream);
    }
  }
  return used;
}

void HostGpu::ForgetCalls() {
  const Lock lock(state_->mutex);
  state_->calls.clear();
}

std::string HostGpu::FindLeaks() const {
  const Lock lock(state_->mutex);
  std::string leaks;
  const auto add = [&](size_t count, const char* what) {
    if (count == 0) return;
    leaks += (leaks.empty() ? "" : ", ") + std::to_string(count) + " " + what;
  };
  add(state_->streams.size(), "streams");
  add(state_->events.size(), "events");
  add(static_cast<size_t>(std::count_if(state_->textures.begin(), state_->textures.end(),
                                        [](const HostTexture& t) { return !t.is_destroyed; })),
      "textures");
  add(state_->memory.count(), "allocations");
  if (state_->memory.count() > 0) leaks += " (" + state_->memory.Describe() + ")";
  return leaks;
}

}  // namespace axlut
