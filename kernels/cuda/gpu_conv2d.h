// SPDX-License-Identifier: MIT
// Convolutions through a table on a GPU: forward, gradient by the input, gradient by the filter.
#pragma once

#include <cstdint>
#include <string>

#include "kernels/conv2d.h"
#include "kernels/cuda/gpu.h"
#include "kernels/cuda/gpu_table.h"
#include "kernels/cuda/quantization.h"

namespace axlut {

// What is computed. The row operand a and the column operand b of the table are
//   forward          a = input,  b = filter, out = output [n][y][x][o]
//   input gradient   a = output gradient [n][y][x][o], b = filter, out like the input
//   filter gradient  a = input,  b = output gradient, out like the filter
// as kernels/reference/conv2d.h and conv2d_gradients.h define them, taps outside the input reading
// the zero code of a. Taps of the input gradient that meet no output add nothing.
enum class GpuRole : uint8_t { kForward, kInputGradient, kFilterGradient };

enum class GpuVariant : uint8_t {
  kAuto,     // by table and device, see choice.h; AXLUT_GPU_KERNEL overrides it
  kTexture,  // table through the texture unit
  kL1,       // table through the L1 cache, one table row per warp
  kShared,   // table in shared memory, whole, or one byte of the entries after the other
  kTensor,   // the plan's terms on tensor cores, its residual by a lookup kernel
};

struct GpuCall {
  GpuOperand a;
  GpuOperand b;
  // Zero points, and the ranges of float operands: the struct in device memory if given, else the
  // other one.
  GpuQuantization quantization;
  const GpuQuantization* device_quantization = nullptr;
  // Zero codes and scales of b per output channel (forward only), in device memory; null: those of
  // the quantization.
  const int32_t* zero_codes_b = nullptr;
  const float* scales_b = nullptr;
  // true: sums of T[a][b] - zero_b * a - zero_a * b + zero_a * zero_b, operand values. false: of
  // T[a][b].
  bool subtract_zero_points = true;

  void* out = nullptr;  // of the type `sum`, overwritten
  GpuSum sum = GpuSum::kInt32;
  // At least WorkspaceBytes(), aligned to 256 bytes; may be null if that is 0. Not shared by calls
  // that can run at the same time.
  void* workspace = nullptr;
  GpuStream stream = nullptr;
};

// One layer on one device. Immutable: calls may be made from several threads and streams.
class GpuConv2d {
 public:
  // kInvalidArgument for a shape that contradicts itself or whose tensors have 2^31 or more
  // elements; kUnsupported if the variant asked for cannot run this table on this device. `table`
  // must outlive it.
  static GpuStatus Create(const GpuTable* table, const Conv2dShape& shape, GpuRole role,
                          GpuVariant variant, GpuConv2d* conv2d);

  // Queues everything on call.stream and returns; never waits for the device.
  GpuStatus Run(const GpuCall& call) const;

  size_t WorkspaceBytes(const GpuCall& call) const;
  // What runs, never kAuto; "depthwise_texture", "lookup_shared", "tensor+lookup".
  GpuVariant variant() const { return variant_; }
  std::string name() const;
  const Conv2dShape& shape() const { return shape_; }
  GpuRole role() const { return role_; }

 private:
  bool SumsInWorkspace(const GpuCall& call) const;

  const GpuTable* table_ = nullptr;
  Conv2dShape shape_;
  GpuRole role_ = GpuRole::kForward;
  GpuVariant variant_ = GpuVariant::kTexture;
};

}  // namespace axlut
