// SPDX-License-Identifier: MIT
// A program of its own, because AXLUT_MAX_ISA is read once per process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <vector>

#include "kernels/cpu/isa.h"
#include "runtime/base/cpu_features.h"
#include "runtime/nn/lut_conv2d.h"

namespace axlut {
namespace {

TEST(MaxIsa, CapsTheKernelsOfEveryLayer) {
  // Before the cap is set, which both parts that know instruction sets read when first asked.
  EXPECT_STREQ(KernelIsaName(DetectedKernelIsa()), Name(DetectedIsa()));
  setenv("AXLUT_MAX_ISA", "scalar", 1);
  EXPECT_STREQ(KernelIsaName(ActiveKernelIsa()), "scalar");
  EXPECT_STREQ(Name(ActiveIsa()), "scalar");

  auto table = LutTable::Create(*ExactTable({}, {}));
  ASSERT_TRUE(table.ok());
  Conv2dShape shape;
  shape.in_c = shape.out_c = 64;
  shape.in_h = shape.in_w = shape.out_h = shape.out_w = 16;
  const std::vector<uint8_t> filter(static_cast<size_t>(shape.FilterCount()));
  auto layer = LutConv2d::Create(*table, shape, filter, 0, {0});
  ASSERT_TRUE(layer.ok());
  EXPECT_EQ(layer->kernel_name(), "gemm_portable");
  const auto forced = LutConv2d::Create(*table, shape, filter, 0, {0}, {"expanded_avx2"});
  ASSERT_FALSE(forced.ok());
  EXPECT_EQ(forced.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(forced.error().message(),
              testing::HasSubstr("kernel expanded_avx2 needs avx2, this process may use scalar"));
}

}  // namespace
}  // namespace axlut
