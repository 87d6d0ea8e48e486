// SPDX-License-Identifier: MIT
// What the families of kernels offer to gpu_conv2d.cc and gpu_matmul.cc. Internal to kernels/cuda.
#pragma once

#include "kernels/conv2d.h"
#include "kernels/cuda/gpu_conv2d.h"
#include "kernels/cuda/gpu_table.h"
#include "kernels/matmul.h"

namespace axlut {

// One convolution for one family. call->sum is kInt32, kInt64, or kFloat where an int32_t holds
// every sum.
struct Conv2dLaunch {
  const GpuTable* table = nullptr;
  Conv2dShape shape;
  GpuRole role = GpuRole::kForward;
  GpuVariant variant = GpuVariant::kTexture;
  const GpuCall* call = nullptr;
  // Sums are added to what out holds (never with kFloat) instead of replacing it.
  bool add_to_out = false;
};

// The same for a batch of matrix products, C = A x B.
struct MatmulLaunch {
  const GpuTable* table = nullptr;
  MatmulShape shape;
  GpuVariant variant = GpuVariant::kTexture;
  const GpuCall* call = nullptr;
  bool add_to_out = false;
};

// lookup/: an implicit matrix product whose multiplications are lookups; kTexture, kL1, kShared;
// any role, any groups. lookup/launch_lookup.cc.
GpuStatus LaunchLookupConv2d(const Conv2dLaunch& launch);
GpuStatus LaunchLookupMatmul(const MatmulLaunch& launch);
// Whether kShared takes this table on this device: its rows, or one byte of them, and the tiles
// must fit into a block's shared memory.
bool SharedLookupFits(const GpuTable& table);

// depthwise/: groups == in_c; kTexture, and kL1 for 16-bit entries; any role.
// depthwise/launch_depthwise.cc.
GpuStatus LaunchDepthwiseConv2d(const Conv2dLaunch& launch);
// Of the lanes of kL1's forward kernel that gives each warp one table row (tables of 16-bit
// entries), how many have work; 0 if the layer is too small for it, or its window too large.
double DepthwisePlanesFilled(const Conv2dShape& shape);

// tensor/: the terms of the table's plan, with the offsets and the zero points, without the
// residual. tensor/launch_tensor.cc. Forward role only; convolutions with groups too. They need a
// workspace of TensorWorkspaceBytes in the call, aligned to 256 bytes.
GpuStatus LaunchTensorConv2d(const Conv2dLaunch& launch);
GpuStatus LaunchTensorMatmul(const MatmulLaunch& launch);
size_t TensorWorkspaceBytes(const GpuTable& table, const Conv2dShape& shape);
size_t TensorWorkspaceBytes(const GpuTable& table, const MatmulShape& shape);

// elementwise/: out[i] = float(scale * double(sums[i])) with the call's quantization; out_c: of the
// last dimension, for scales per channel. elementwise/launch_elementwise.cc.
GpuStatus LaunchSumsToFloat(Gpu* gpu, const GpuCall& call, const int64_t* sums, int64_t count,
                            int64_t out_c, float* out);

}  // namespace axlut
