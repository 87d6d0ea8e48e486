// SPDX-License-Identifier: MIT
// The emulated GPU's runtime calls: what fails and how, what is recorded, what leaks.
#include "kernels/cuda/host/host_gpu.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "kernels/cuda/cuda.cuh"
#include "kernels/cuda/host/test_launch.h"

namespace axlut {
namespace on_host {

struct TicketParams {
  int* next;
  int* tickets;  // [block][thread]: which came when
};

__global__ void TakeTicket(TicketParams p) {
  p.tickets[blockIdx.x * blockDim.x + threadIdx.x] = atomicAdd(p.next, 1);
}

// Three times in a row the warp meets and its first lane takes one; tickets are [warp][time].
__global__ void TakeTicketsInWarps(TicketParams p) {
  for (int time = 0; time < 3; ++time) {
    __syncwarp();
    if (threadIdx.x % 32 == 0) p.tickets[threadIdx.x / 32 * 3 + time] = atomicAdd(p.next, 1);
  }
}

struct RotateParams {
  int* out;  // [blocks][64]
};

struct RotateStorage {
  int values[64];
};

// Every thread gives its neighbour a number, without the barrier that this needs.
__global__ void RotateWithoutBarrier(RotateParams p) {
  auto& shared = DynamicShared<RotateStorage>();
  shared.values[threadIdx.x] = static_cast<int>(threadIdx.x);
  p.out[64 * blockIdx.x + threadIdx.x] = shared.values[(threadIdx.x + 1) % 64];
}

}  // namespace on_host

namespace {

using on_host::TicketParams;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<int> Tickets(const HostSchedule& schedule, uint32_t blocks, uint32_t threads) {
  HostGpu gpu({.schedule = schedule});
  const DeviceArray<int> next(&gpu, {0});
  const DeviceArray<int> tickets(&gpu, std::vector<int>(blocks * threads));
  RunKernel<TicketParams, &on_host::TakeTicket>(&gpu, {.grid_x = blocks, .threads = threads},
                                                {next.data(), tickets.data()});
  return tickets.Read();
}

TEST(HostSchedule, OrdersOfThreadsAndBlocks) {
  using Order = HostSchedule::Order;
  EXPECT_THAT(Tickets({Order::kForward}, 2, 3), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(Tickets({Order::kReverse}, 2, 3), ElementsAre(5, 4, 3, 2, 1, 0));
  const std::vector<int> shuffled = Tickets({Order::kShuffled, 1}, 8, 32);
  EXPECT_EQ(shuffled, Tickets({Order::kShuffled, 1}, 8, 32)) << "a seed can be repeated";
  EXPECT_NE(shuffled, Tickets({Order::kShuffled, 2}, 8, 32));
  EXPECT_EQ(std::set<int>(shuffled.begin(), shuffled.end()).size(), 256u);
  // Blocks are shuffled, and threads in each block in another way.
  EXPECT_FALSE(std::is_sorted(shuffled.begin(), shuffled.end()));
  const auto order_in_block = [&](size_t block) {
    const auto begin = shuffled.begin() + static_cast<ptrdiff_t>(32 * block);
    std::vector<int> order(begin, begin + 32);
    const int first = *std::min_element(order.begin(), order.end());
    for (int& ticket : order) ticket -= first;
    return order;
  };
  EXPECT_NE(order_in_block(0), order_in_block(1));
}

// Rounds keep warps in step that meet equally often, as if there were barriers between them.
TEST(HostSchedule, WarpByWarpEachGoesAsFarAsItGets) {
  const auto tickets_of = [](HostSchedule::Order order) {
    HostGpu gpu({.schedule = {order}});
    const DeviceArray<int> next(&gpu, {0});
    const DeviceArray<int> tickets(&gpu, std::vector<int>(6));
    RunKernel<TicketParams, &on_host::TakeTicketsInWarps>(&gpu, {.threads = 64},
                                                          {next.data(), tickets.data()});
    return tickets.Read();
  };
  EXPECT_THAT(tickets_of(HostSchedule::Order::kForward), ElementsAre(0, 2, 4, 1, 3, 5));
  EXPECT_THAT(tickets_of(HostSchedule::Order::kWarps), ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST(HostSchedule, TheEnvironmentSaysWhatTheDefaultIs) {
  const auto of = [](const char* text) {
    setenv("AXLUT_HOST_SCHEDULE", text, 1);
    const std::string schedule = HostGpuOptions().schedule.ToString();
    unsetenv("AXLUT_HOST_SCHEDULE");
    return schedule;
  };
  EXPECT_EQ(of("forward"), "forward, 1 OS thread");
  EXPECT_EQ(of("reverse,1,2"), "reverse, 2 OS threads");
  EXPECT_EQ(of("shuffled,7"), "shuffled (seed 7), 1 OS thread");
  for (const char* const wrong : {"", "backward", "reverse,x", "reverse,1,0", "reverse,1,2,3"}) {
    EXPECT_DEATH(of(wrong), "AXLUT_HOST_SCHEDULE is ") << wrong;
  }
}

TEST(HostSchedule, AMissingBarrierGivesWrongResultsInEverySchedule) {
  ForEachSchedule([](const HostSchedule& schedule) {
    SCOPED_TRACE(schedule.ToString());
    HostGpu gpu({.schedule = schedule});
    const DeviceArray<int> out(&gpu, std::vector<int>(4 * 64));
    RunKernel<on_host::RotateParams, &on_host::RotateWithoutBarrier>(
        &gpu, {.grid_x = 4, .threads = 64, .shared_bytes = sizeof(on_host::RotateStorage)},
        {out.data()});
    std::vector<int> rotated(4 * 64);
    for (size_t i = 0; i < rotated.size(); ++i) rotated[i] = static_cast<int>((i + 1) % 64);
    EXPECT_NE(out.Read(), rotated);
  });
}

GpuStatus LaunchWith(HostGpu* gpu, const GpuLaunch& launch) {
  return TryKernel<TicketParams, &on_host::TakeTicket>(gpu, launch, {});
}

TEST(HostGpu, LaunchesOutsideOfCudasLimitsFail) {
  HostGpu gpu;
  for (const GpuLaunch& launch :
       {GpuLaunch{.grid_x = 0}, GpuLaunch{.grid_y = 0}, GpuLaunch{.grid_z = 0},
        GpuLaunch{.grid_x = 0x80000000u}, GpuLaunch{.grid_y = 65536}, GpuLaunch{.grid_z = 65536},
        GpuLaunch{.threads = 0}, GpuLaunch{.threads = 1025}}) {
    const GpuStatus status = LaunchWith(&gpu, launch);
    EXPECT_EQ(status.kind(), GpuErrorKind::kLaunchFailed);
  }
  EXPECT_EQ(LaunchWith(&gpu, {.threads = 1025}).message(),
            "launch of test_kernel (grid 1x1x1, 1025 threads, 0 bytes of shared memory): a block "
            "has 1 to 1024 threads");
}

TEST(HostGpu, SharedMemoryIsLimitedByArchitecture) {
  const std::vector<std::pair<int, int>> limits = {{75, 64}, {80, 163}, {86, 99},  {87, 163},
                                                   {89, 99}, {90, 227}, {100, 227}};
  for (const auto& [capability, kilobytes] : limits) {
    SCOPED_TRACE(capability);
    HostGpu gpu({.capability = capability});
    const DeviceArray<int> ints(&gpu, std::vector<int>(2));
    const auto launch = [&](size_t shared_bytes) {
      return TryKernel<TicketParams, &on_host::TakeTicket>(&gpu, {.shared_bytes = shared_bytes},
                                                           {ints.data(), ints.data() + 1});
    };
    const size_t limit = static_cast<size_t>(kilobytes) * 1024;
    EXPECT_EQ(gpu.properties().max_shared_bytes, static_cast<int>(limit));
    EXPECT_TRUE(launch(limit).ok());
    EXPECT_EQ(launch(limit + 1).kind(), GpuErrorKind::kLaunchFailed);
  }
}

TEST(HostGpu, ParametersOfAnotherSizeFail) {
  HostGpu gpu;
  const int params = 0;
  const GpuStatus status =
      gpu.LaunchHostKernel(on_host::MakeHostKernel<TicketParams, &on_host::TakeTicket>("tickets"),
                           {}, nullptr, &params, sizeof(params));
  EXPECT_EQ(status.kind(), GpuErrorKind::kLaunchFailed);
  EXPECT_THAT(status.message(), HasSubstr("the kernel takes 16 bytes of parameters, not 4"));
}

TEST(HostGpu, MemoryIsLimited) {
  HostGpu gpu({.memory_bytes = 1000});
  GpuBuffer half, other;
  ASSERT_TRUE(GpuBuffer::Create(&gpu, 600, "half", &half).ok());
  const GpuStatus status = GpuBuffer::Create(&gpu, 600, "table", &other);
  EXPECT_EQ(status.kind(), GpuErrorKind::kOutOfMemory);
  EXPECT_EQ(status.message(), "cudaMalloc of 600 bytes for the table: out of memory");
  half = GpuBuffer();
  EXPECT_TRUE(GpuBuffer::Create(&gpu, 600, "table", &other).ok());
}

TEST(HostGpu, NewMemoryIsNotZero) {
  HostGpu gpu;
  GpuBuffer buffer;
  ASSERT_TRUE(GpuBuffer::Create(&gpu, 1, "byte", &buffer).ok());
  EXPECT_EQ(*buffer.As<uint8_t>(), 0xCD);
}

TEST(HostGpu, CopiesBeyondAnAllocationFail) {
  HostGpu gpu;
  const DeviceArray<uint8_t> bytes(&gpu, std::vector<uint8_t>(10));
  uint8_t host[20] = {};
  EXPECT_TRUE(gpu.CopyToDevice(bytes.data() + 4, host, 6, nullptr).ok());
  EXPECT_EQ(gpu.CopyToDevice(bytes.data() + 4, host, 7, nullptr).kind(),
            GpuErrorKind::kInvalidArgument);
  EXPECT_EQ(gpu.CopyToHost(host, bytes.data(), 11, nullptr).kind(), GpuErrorKind::kInvalidArgument);
  EXPECT_EQ(gpu.Fill(host, 0, 1, nullptr).kind(), GpuErrorKind::kInvalidArgument);
}

TEST(HostGpu, TexturesNeedAlignedDeviceMemory) {
  HostGpu gpu;
  const DeviceArray<uint16_t> memory(&gpu, std::vector<uint16_t>(1024));
  GpuTexture texture = 0;
  const auto create = [&](const void* from, size_t count) {
    return gpu.CreateTexture(from, GpuTexel::kUint16, count, &texture).message();
  };
  EXPECT_THAT(create(memory.data() + 128, 1), HasSubstr("not aligned to 512 bytes"));
  EXPECT_THAT(create(memory.data(), 1025), HasSubstr("not in device memory"));
  EXPECT_THAT(create(memory.data(), 0), HasSubstr("1 to 2^27 texels"));
  EXPECT_EQ(create(memory.data() + 256, 768), "");
  gpu.DestroyTexture(texture);
}

TEST(HostGpu, AnyCallCanBeLetFail) {
  HostGpu gpu;
  void* memory = nullptr;
  gpu.FailCall(GpuCallKind::kAllocate, 2, GpuErrorKind::kOutOfMemory);
  GpuStream stream = nullptr;
  ASSERT_TRUE(gpu.CreateStream(&stream).ok()) << "another kind of call";
  void* first = nullptr;
  EXPECT_TRUE(gpu.Allocate(8, "first", &first).ok());
  EXPECT_FALSE(gpu.has_failed_call());
  const GpuStatus status = gpu.Allocate(8, "second", &memory);
  EXPECT_EQ(status.message(), "cudaMalloc of 8 bytes for the second: out of memory");
  EXPECT_TRUE(gpu.has_failed_call());
  EXPECT_EQ(memory, nullptr);
  EXPECT_TRUE(gpu.Fill(first, 0, 8, stream).ok()) << "the order is used up";

  // Whatever comes third fails.
  gpu.FailAnyCall(3, GpuErrorKind::kLaunchFailed);
  EXPECT_TRUE(gpu.Fill(first, 0, 8, stream).ok());
  EXPECT_TRUE(gpu.Synchronize(stream).ok());
  EXPECT_EQ(LaunchWith(&gpu, {}).message(),
            "launch of test_kernel (grid 1x1x1, 1 threads, 0 bytes of shared memory): unspecified "
            "launch failure");
  gpu.DestroyStream(stream);
  gpu.Free(first);
}

TEST(HostGpu, CallsAreRecordedWithTheirStreams) {
  HostGpu gpu;
  const DeviceArray<int> ints(&gpu, std::vector<int>(2));
  GpuStream stream = nullptr;
  ASSERT_TRUE(gpu.CreateStream(&stream).ok());
  gpu.ForgetCalls();
  EXPECT_TRUE(gpu.Fill(ints.data(), 0, 8, stream).ok());
  EXPECT_TRUE((TryKernel<TicketParams, &on_host::TakeTicket>(
                   &gpu, {}, {ints.data(), ints.data() + 1}, stream))
                  .ok());
  EXPECT_TRUE(gpu.streams_used() == std::set<GpuStream>{stream});
  EXPECT_TRUE(gpu.Fill(ints.data(), 0, 8, nullptr).ok());
  EXPECT_EQ(gpu.streams_used().size(), 2u);
  const std::vector<HostGpuCall> calls = gpu.calls();
  ASSERT_EQ(calls.size(), 3u);
  EXPECT_EQ(calls[1].kind, GpuCallKind::kLaunch);
  EXPECT_EQ(calls[1].stream, stream);
  EXPECT_EQ(calls[1].what, "test_kernel");
  EXPECT_EQ(gpu.CountCalls(GpuCallKind::kFill), 2);
  EXPECT_EQ(gpu.CountCalls(GpuCallKind::kSynchronize), 0);
  gpu.DestroyStream(stream);
}

TEST(HostGpu, DeferredWorkIsDoneWhenItsStreamIsWaitedFor) {
  HostGpu gpu({.is_deferred = true});
  const DeviceArray<int> ints(&gpu, {40, 0});
  GpuStream stream = nullptr, other = nullptr;
  ASSERT_TRUE(gpu.CreateStream(&stream).ok());
  ASSERT_TRUE(gpu.CreateStream(&other).ok());
  {
    // The launch copies its parameters.
    const TicketParams params{ints.data(), ints.data() + 1};
    ASSERT_TRUE((TryKernel<TicketParams, &on_host::TakeTicket>(&gpu, {}, params, stream)).ok());
  }
  int found = -1;
  ASSERT_TRUE(gpu.CopyToHost(&found, ints.data() + 1, sizeof(int), stream).ok());
  ASSERT_TRUE(gpu.Synchronize(other).ok());
  EXPECT_EQ(found, -1);
  ASSERT_TRUE(gpu.Synchronize(stream).ok());
  EXPECT_EQ(found, 40);
  gpu.DestroyStream(stream);
  gpu.DestroyStream(other);
}

TEST(HostGpu, EventsMeasureTime) {
  HostGpu gpu;
  GpuEvent begin = nullptr, end = nullptr;
  ASSERT_TRUE(gpu.CreateEvent(&begin).ok());
  ASSERT_TRUE(gpu.CreateEvent(&end).ok());
  float milliseconds = -1;
  EXPECT_FALSE(gpu.ElapsedMilliseconds(begin, end, &milliseconds).ok()) << "not recorded yet";
  ASSERT_TRUE(gpu.RecordEvent(begin, nullptr).ok());
  ASSERT_TRUE(gpu.RecordEvent(end, nullptr).ok());
  ASSERT_TRUE(gpu.ElapsedMilliseconds(begin, end, &milliseconds).ok());
  EXPECT_GE(milliseconds, 0);
  gpu.DestroyEvent(begin);
  gpu.DestroyEvent(end);
}

TEST(HostGpu, LeaksAreNamed) {
  HostGpu gpu;
  void* memory = nullptr;
  GpuStream stream = nullptr;
  GpuEvent event = nullptr;
  GpuTexture texture = 0;
  ASSERT_TRUE(gpu.Allocate(16, "table", &memory).ok());
  ASSERT_TRUE(gpu.CreateStream(&stream).ok());
  ASSERT_TRUE(gpu.CreateEvent(&event).ok());
  ASSERT_TRUE(gpu.CreateTexture(memory, GpuTexel::kInt32, 4, &texture).ok());
  EXPECT_EQ(gpu.FindLeaks(),
            "1 streams, 1 events, 1 textures, 1 allocations (16 bytes for the table)");
  gpu.DestroyTexture(texture);
  gpu.DestroyEvent(event);
  gpu.DestroyStream(stream);
  gpu.Free(memory);
  EXPECT_EQ(gpu.FindLeaks(), "");
}

TEST(HostGpuDeathTest, DestructionFindsLeaks) {
  const auto leak_texture = [] {
    HostGpu gpu;
    const DeviceArray<int> ints(&gpu, {1});
    GpuTexture texture = 0;
    (void)gpu.CreateTexture(ints.data(), GpuTexel::kInt32, 1, &texture);
    new DeviceArray<int>(&gpu, {1});
  };
  EXPECT_DEATH(leak_texture(), "Free of memory that a texture still reads");
  const auto leak_memory = [] {
    HostGpu gpu;
    void* memory = nullptr;
    (void)gpu.Allocate(16, "table", &memory);
  };
  EXPECT_DEATH(leak_memory(), "leaked: 1 allocations \\(16 bytes for the table\\)");
}

TEST(HostGpuDeathTest, HandlesThatAreNotThere) {
  HostGpu gpu;
  int on_host = 0;
  EXPECT_DEATH(gpu.Free(&on_host), "not allocated or is free already");
  EXPECT_DEATH(gpu.DestroyTexture(1), "texture that was not created or is destroyed");
  EXPECT_DEATH(gpu.DestroyStream(&on_host), "stream that was not created or is destroyed");
  EXPECT_DEATH(gpu.DestroyEvent(&on_host), "event that was not created or is destroyed");
  EXPECT_DEATH(HostGpu({.capability = 70}), "no architecture sm_70");
}

}  // namespace
}  // namespace axlut
