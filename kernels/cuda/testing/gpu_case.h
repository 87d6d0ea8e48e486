// SPDX-License-Identifier: MIT
// One product on a GPU, real or emulated, with everything it needs and what it must give: what the
// tests of kernels and devices sweep over.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernels/cuda/gpu_conv2d.h"
#include "kernels/cuda/gpu_matmul.h"
#include "kernels/lut_view.h"

namespace axlut {

// A table for tests, with the plans that are found for it.
struct GpuTestTable {
  std::string name;
  std::vector<int32_t> products;
  int width_a = 8, width_b = 8;
  bool is_signed = false;  // both operands; for plans and for zero points
  std::vector<KernelPlan> plans;

  LutView view() const { return {products.data(), width_a, width_b}; }
};

// Random entries of 16 bits and of more; the exact product, which is one term of a plan; the same
// with errors, which are its residual; narrow and signed operands.
std::vector<GpuTestTable> MakeGpuTestTables();

// How a product is asked for, beside its shape.
struct GpuCallOptions {
  GpuSum sum = GpuSum::kInt32;
  bool subtract_zero_points = true;
  bool is_float_a = false;
  bool is_float_b = false;
  bool has_channel_zero_codes = false;  // zero codes and scales of b per output channel
  bool has_device_quantization = false;
};

std::string Describe(const GpuCallOptions& options);

// Runs the product with codes that `seed` makes, and compares every output, bit for bit, with what
// kernels/reference says. "" if all are equal; else what is wrong, with the case's description. A
// variant that the device cannot run is no error: *is_skipped tells.
std::string RunConv2dCase(const GpuTable& table, const GpuTestTable& test_table,
                          const Conv2dShape& shape, GpuRole role, GpuVariant variant,
                          const GpuCallOptions& options, uint32_t seed, bool* is_skipped);
std::string RunMatmulCase(const GpuTable& table, const GpuTestTable& test_table,
                          const MatmulShape& shape, GpuVariant variant,
                          const GpuCallOptions& options, uint32_t seed, bool* is_skipped);

}  // namespace axlut
