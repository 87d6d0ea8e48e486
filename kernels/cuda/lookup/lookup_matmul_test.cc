// SPDX-License-Identifier: MIT
// Matrix products through lookup kernels, run on the host, against kernels/reference.
#include <gtest/gtest.h>

#include <algorithm>

#include "kernels/cuda/lookup/lookup_on_gpu.h"

namespace axlut {
namespace {

class LookupMatmul : public LookupOnGpu {
 protected:
  // Every variant; each way of storing the operands.
  void CheckAll(MatmulShape shape, const Conv2dOnGpuOptions& options = {}) {
    for (int bits = 0; bits < 8; ++bits) {
      shape.transpose_a = bits & 1;
      shape.transpose_b = bits & 2;
      shape.broadcast_b = bits & 4;
      for (const GpuVariant variant : Variants()) {
        Check(shape, variant, options);
        if (HasFatalFailure()) return;
      }
    }
  }
};

MatmulShape Shape(int64_t batch, int64_t m, int64_t k, int64_t n) {
  MatmulShape shape;
  shape.batch = batch;
  shape.m = m;
  shape.k = k;
  shape.n = n;
  return shape;
}

TEST_F(LookupMatmul, EveryTailOfDepthRowsAndColumns) {
  for (const int64_t k : {1, 2, 3, 4, 15, 17, 27, 31, 32, 33, 63, 64, 65}) {
    CheckAll(Shape(1, 5, k, 7));
    if (HasFatalFailure()) return;
  }
  for (const int64_t size : {1, 4, 31, 32, 33, 64, 65, 127, 130}) {
    CheckAll(Shape(1, size, 5, 3));
    CheckAll(Shape(1, 3, 6, size));
    CheckAll(Shape(2, size, 4, size));
    if (HasFatalFailure()) return;
  }
}

TEST_F(LookupMatmul, BatchesOfEveryKind) {
  Conv2dOnGpuOptions options;
  for (const GpuSum sum : {GpuSum::kInt32, GpuSum::kInt64, GpuSum::kFloat}) {
    options.sum = sum;
    options.per_channel_b = !options.per_channel_b;
    CheckAll(Shape(3, 20, 36, 40), options);
    options.float_a = options.float_b = true;
    CheckAll(Shape(5, 9, 33, 12), options);
  }
}

TEST_F(LookupMatmul, BatchesBeyondGridLimits) {
  if (kIsSanitized) GTEST_SKIP() << "takes too long";
  MatmulShape shape = Shape(65536, 1, 2, 1);
  Check(shape, GpuVariant::kTexture, {});
  shape.broadcast_b = true;
  Check(shape, GpuVariant::kTexture, {});
}

// 66,000 products of 65,535 leave 32 bits, unsigned ones too.
TEST_F(LookupMatmul, DeepSums) {
  if (kIsSanitized) GTEST_SKIP() << "takes too long";
  for (const int32_t min : {0, -65535}) {
    UseTable(8, 8, min, 65535);
    std::fill(table_->products.begin() + 1, table_->products.end(), min + 65535);
    ASSERT_TRUE(GpuTable::Create(gpu_.get(), table_->view, {}, &gpu_table_).ok());
    for (const GpuVariant variant : Variants()) {
      Conv2dOnGpuOptions options;
      options.sum = min == 0 ? GpuSum::kInt64 : GpuSum::kInt32;
      Check(Shape(1, 3, 66000, 5), variant, options);
    }
  }
  UseTable(8, 8, -2000000000, 4000000000u);
  Conv2dOnGpuOptions options;
  options.sum = GpuSum::kInt64;
  options.subtract_zero_points = false;  // the centred products leave int32_t
  Check(Shape(2, 3, 17000, 2), GpuVariant::kTexture, options);
}

}  // namespace
}  // namespace axlut
