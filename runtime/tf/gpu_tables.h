// SPDX-License-Identifier: MIT
// The GPUs that a process runs ops on, and the tables that it has copied there.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "kernels/cuda/gpu.h"
#include "kernels/cuda/gpu_table.h"
#include "runtime/nn/lut_conv2d.h"

namespace axlut {

// Any thread may call. Errors are not remembered.
class GpuTables {
 public:
  // Opens a device by its number.
  using OpenGpu = std::function<GpuStatus(int device, std::unique_ptr<Gpu>* gpu)>;

  explicit GpuTables(OpenGpu open) : open_(std::move(open)) {}
  // Nothing may run on the devices any more.
  ~GpuTables() = default;

  // The device, which lives as long as this; opened by the first call for it.
  GpuStatus Open(int device, Gpu** gpu);
  // `table` on the device, for kernels that the caller queues on `stream` while it holds `table`.
  // Copied by the first call for it there, and only that waits for the device. When a LutTable is
  // gone its copies are freed by the next call that makes one.
  GpuStatus Get(const std::shared_ptr<const LutTable>& table, int device, GpuStream stream,
                const GpuTable** gpu_table);

 private:
  struct Copy {
    std::weak_ptr<const LutTable> table;
    int device = 0;
    std::unique_ptr<const GpuTable> gpu_table;
    std::set<GpuStream> streams;  // that had kernels queued
  };

  GpuStatus OpenLocked(int device, Gpu** gpu);
  void FreeUnused();

  const OpenGpu open_;
  std::mutex mutex_;
  std::map<int, std::unique_ptr<Gpu>> gpus_;  // outlive the copies below
  std::list<Copy> copies_;
};

}  // namespace axlut
