// SPDX-License-Identifier: MIT
#include "runtime/tf/gpu_tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "kernels/cuda/host/host_gpu.h"

namespace axlut {
namespace {

using ::testing::HasSubstr;

std::shared_ptr<const LutTable> TableWith(int32_t first_product) {
  const TruthTable exact = *ExactTable({4, Signedness::kUnsigned}, {4, Signedness::kUnsigned});
  std::vector<int32_t> products = exact.products();
  products[0] = first_product;
  return *LutTable::Create(*TruthTable::Create(exact.a(), exact.b(), exact.product(), products));
}

// How many things of each kind are on the device.
std::string LiveOn(const HostGpu* gpu) {
  const std::string leaks = gpu->FindLeaks();
  return leaks.substr(0, leaks.find('('));
}

class GpuTablesTest : public ::testing::Test {
 protected:
  GpuTablesTest()
      : tables_([this](int device, std::unique_ptr<Gpu>* gpu) {
          if (device >= 2) return GpuStatus(GpuErrorKind::kNoDevice, "no such device");
          auto opened = std::make_unique<HostGpu>();
          gpus_.push_back(opened.get());
          *gpu = std::move(opened);
          return GpuStatus();
        }) {}

  const GpuTable* Get(const std::shared_ptr<const LutTable>& table, int device = 0,
                      GpuStream stream = nullptr) {
    const GpuTable* gpu_table = nullptr;
    const GpuStatus status = tables_.Get(table, device, stream, &gpu_table);
    EXPECT_TRUE(status.ok()) << status.message();
    return gpu_table;
  }

  std::vector<HostGpu*> gpus_;  // in the order of opening
  GpuTables tables_;
};

TEST_F(GpuTablesTest, ATableIsCopiedOnceToEachDevice) {
  const auto table = TableWith(0);
  const GpuTable* const copy = Get(table);
  ASSERT_EQ(gpus_.size(), 1u);
  gpus_[0]->ForgetCalls();
  EXPECT_EQ(Get(table), copy);
  EXPECT_TRUE(gpus_[0]->calls().empty());
  EXPECT_NE(Get(table, 1), copy);
  EXPECT_EQ(gpus_.size(), 2u);
  EXPECT_NE(Get(TableWith(1)), copy);
}

TEST_F(GpuTablesTest, ACopyIsFreedAfterItsTableWhenItsStreamsAreDone) {
  GpuStream stream = nullptr;
  auto table = TableWith(1);
  Get(table);
  ASSERT_TRUE(gpus_[0]->CreateStream(&stream).ok());
  Get(table, 0, stream);
  const std::string live = LiveOn(gpus_[0]);
  gpus_[0]->ForgetCalls();
  table = TableWith(2);
  Get(table);
  EXPECT_EQ(LiveOn(gpus_[0]), live);
  std::vector<GpuStream> waited;
  for (const HostGpuCall& call : gpus_[0]->calls()) {
    if (call.kind == GpuCallKind::kDestroyTexture) break;
    if (call.kind == GpuCallKind::kSynchronize) waited.push_back(call.stream);
  }
  EXPECT_THAT(waited, ::testing::UnorderedElementsAre(nullptr, stream));
  gpus_[0]->DestroyStream(stream);
}

TEST_F(GpuTablesTest, ErrorsAreReportedAndNotRemembered) {
  const auto table = TableWith(0);
  const GpuTable* gpu_table = nullptr;
  const GpuStatus no_device = tables_.Get(table, 2, nullptr, &gpu_table);
  EXPECT_EQ(no_device.kind(), GpuErrorKind::kNoDevice);
  EXPECT_EQ(no_device.message(), "no such device");
  Get(TableWith(1));
  gpus_[0]->FailCall(GpuCallKind::kAllocate, 2, GpuErrorKind::kOutOfMemory);
  const GpuStatus no_memory = tables_.Get(table, 0, nullptr, &gpu_table);
  EXPECT_EQ(no_memory.kind(), GpuErrorKind::kOutOfMemory);
  EXPECT_THAT(no_memory.message(), HasSubstr("for the transposed table: out of memory"));
  EXPECT_EQ(gpu_table, nullptr);
  Get(table);
}

TEST_F(GpuTablesTest, ThreadsThatStartTogetherShareOneCopy) {
  const auto table = TableWith(0);
  std::vector<const GpuTable*> copies(8);
  std::vector<std::thread> threads;
  for (const GpuTable*& copy : copies) threads.emplace_back([&] { copy = Get(table); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(copies, ::testing::Each(copies[0]));
  EXPECT_EQ(gpus_.size(), 1u);
}

}  // namespace
}  // namespace axlut
