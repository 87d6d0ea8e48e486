// SPDX-License-Identifier: MIT
// A truth table on a GPU, in the forms that kernels read. Made once per table and device.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/cuda/gpu.h"
#include "kernels/lut_view.h"
#include "kernels/plan/plan.h"

namespace axlut {

// 256 x 256 entries for bit patterns (a << 8) | b; bits above the operands' widths do not matter.
struct GpuTableImages {
  // entries16[i] = T - min; null if max - min exceeds 65535.
  const uint16_t* entries16 = nullptr;
  const uint16_t* transposed16 = nullptr;  // the same, (b << 8) | a
  GpuTexture texture16 = 0;
  // T itself; only if there are no entries16.
  const int32_t* entries32 = nullptr;
  GpuTexture texture32 = 0;
};

// The terms of a plan on the device, each map with 256 entries. See tensor/.
struct GpuPlanTerms {
  int32_t count = 0;
  const uint8_t* u = nullptr;         // [count][256]
  const int8_t* v = nullptr;          // [count][256]
  const int32_t* scales = nullptr;    // [count]
  const int32_t* offset_a = nullptr;  // [256]
  const int32_t* offset_b = nullptr;  // [256]
};

class GpuTable {
 public:
  // Copies the table, and the terms of the plan that is the cheapest on tensor cores (plans whose
  // sizes or products are wrong must not be passed: FindPlanError). Waits until all is copied.
  static GpuStatus Create(Gpu* gpu, const LutView& lut, const std::vector<KernelPlan>& plans,
                          std::unique_ptr<GpuTable>* table);
  ~GpuTable();
  GpuTable(const GpuTable&) = delete;
  GpuTable& operator=(const GpuTable&) = delete;

  Gpu* gpu() const { return gpu_; }
  int width_a() const { return width_a_; }
  int width_b() const { return width_b_; }
  int32_t min_product() const { return min_product_; }
  int32_t max_product() const { return max_product_; }
  const GpuTableImages& images() const { return images_; }
  // Of the plan with tensor terms; count is 0 if there is none.
  const GpuPlanTerms& terms() const { return terms_; }
  // The plan's residual as a table of its own (its scale and minimum multiplied out); null if the
  // terms are the whole table.
  const GpuTable* residual() const { return residual_.get(); }

 private:
  GpuTable() = default;
  GpuStatus AddImages(const LutView& lut);
  GpuStatus AddPlan(const KernelPlan& plan);

  Gpu* gpu_ = nullptr;
  int width_a_ = 8, width_b_ = 8;
  int32_t min_product_ = 0, max_product_ = 0;
  GpuTableImages images_;
  GpuPlanTerms terms_;
  std::unique_ptr<GpuTable> residual_;
  std::vector<GpuBuffer> buffers_;
};

}  // namespace axlut
