// SPDX-License-Identifier: MIT
#include "runtime/tf/gpu_tables.h"

#include <algorithm>
#include <utility>

namespace axlut {

GpuStatus GpuTables::Open(int device, Gpu** gpu) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return OpenLocked(device, gpu);
}

GpuStatus GpuTables::Get(const std::shared_ptr<const LutTable>& table, int device, GpuStream stream,
                         const GpuTable** gpu_table) {
  // Held while copying too: layers that start together wait for one copy instead of each making it.
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto known = std::find_if(copies_.begin(), copies_.end(), [&](const Copy& copy) {
    // Owners, not addresses: a new table can lie where one lay that is gone.
    return copy.device == device && !copy.table.owner_before(table) &&
           !table.owner_before(copy.table);
  });
  if (known != copies_.end()) {
    known->streams.insert(stream);
    *gpu_table = known->gpu_table.get();
    return {};
  }
  FreeUnused();
  Gpu* gpu = nullptr;
  AXLUT_RETURN_IF_GPU_ERROR(OpenLocked(device, &gpu));
  std::unique_ptr<GpuTable> made;
  AXLUT_RETURN_IF_GPU_ERROR(GpuTable::Create(gpu, table->view(), table->plans(), &made));
  copies_.push_back({table, device, std::move(made), {stream}});
  *gpu_table = copies_.back().gpu_table.get();
  return {};
}

GpuStatus GpuTables::OpenLocked(int device, Gpu** gpu) {
  std::unique_ptr<Gpu>& opened = gpus_[device];
  if (opened == nullptr) AXLUT_RETURN_IF_GPU_ERROR(open_(device, &opened));
  *gpu = opened.get();
  return {};
}

// Kernels that read a copy may still be queued, so the device is waited for: only here, when a
// table was rewritten or too many are in use.
void GpuTables::FreeUnused() {
  copies_.remove_if([](const Copy& copy) {
    if (!copy.table.expired()) return false;
    for (const GpuStream stream : copy.streams) {
      // An error is the kernels', and whoever queued them gets it too.
      (void)copy.gpu_table->gpu()->Synchronize(stream);
    }
    return true;
  });
}

}  // namespace axlut
