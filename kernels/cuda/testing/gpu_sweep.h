// SPDX-License-Identifier: MIT
// The sweep that a GPU has to pass, real or emulated: layers of every geometry through tables of
// every kind, in every role, by every variant that the device runs, bit for bit as the references.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "kernels/cuda/choice.h"
#include "kernels/cuda/gpu_conv2d.h"
#include "kernels/cuda/gpu_matmul.h"
#include "kernels/cuda/gpu_table.h"
#include "kernels/cuda/testing/run_layer.h"
#include "kernels/plan/quick_plan.h"

namespace axlut {

struct GpuSweepTable {
  std::string name;
  std::unique_ptr<RandomTable> table;
  std::unique_ptr<GpuTable> on_gpu;
};

// Every kind that kernels treat differently.
inline GpuStatus MakeGpuSweepTables(Gpu* gpu, std::vector<GpuSweepTable>* tables) {
  const auto add = [&](const char* name, int width_a, int width_b, int32_t min, uint32_t span) {
    tables->push_back(
        {name, std::make_unique<RandomTable>(width_a, width_b, min, span, 1), nullptr});
  };
  add("random, 16 bits", 8, 8, -1000, 65535);
  add("random, 8 bits", 8, 8, 7, 255);
  add("random, 31 bits", 8, 8, -(1 << 29), 1u << 30);
  add("random, 4x6 bits", 4, 6, -20, 1000);
  tables->push_back({"exact", NearlyExactTable(0), nullptr});
  tables->push_back({"exact with errors", NearlyExactTable(15), nullptr});
  for (GpuSweepTable& table : *tables) {
    const LutView& lut = table.table->view;
    AXLUT_RETURN_IF_GPU_ERROR(
        GpuTable::Create(gpu, lut, QuickPlans(lut, false, false), &table.on_gpu));
  }
  return {};
}

// Small layers of every geometry, with every tail of channels and positions.
inline std::vector<Conv2dShape> GpuSweepShapes() {
  struct Geometry {
    int64_t batch, in_h, in_w, in_c, kernel_h, kernel_w, out_c;
    int64_t stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1;
    int64_t pad = 0;  // on all sides
    int64_t groups = 1;
  };
  std::vector<Conv2dShape> shapes;
  for (const Geometry& g : std::initializer_list<Geometry>{
           {1, 1, 1, 1, 1, 1, 1},
           {1, 5, 6, 3, 3, 3, 5, 1, 1, 1, 1, 1},
           {2, 9, 11, 15, 1, 1, 33},
           {1, 7, 5, 65, 1, 1, 67},
           {1, 4, 7, 160, 1, 1, 128},               // few positions, many channels
           {1, 3, 3, 2, 3, 3, 130, 1, 1, 1, 1, 1},  // and of one side only
           {1, 3, 3, 130, 3, 3, 2, 1, 1, 1, 1, 1},
           {2, 8, 8, 64, 3, 3, 64, 1, 1, 1, 1, 1},  // tiles without tails
           {1, 9, 8, 3, 3, 2, 6, 2, 3, 1, 1, 1},
           {1, 11, 10, 4, 3, 3, 12, 2, 2, 2, 3, 3},
           {1, 8, 8, 12, 3, 3, 20, 1, 1, 1, 1, 1, 4},
           {1, 2, 3, 4, 3, 3, 4, 1, 1, 1, 1, 4},     // some windows see nothing but padding
           {1, 9, 9, 4, 2, 2, 8, 4, 3},              // some inputs meet no output
           {2, 6, 7, 5, 3, 3, 5, 1, 1, 1, 1, 1, 5},  // depthwise
           {1, 9, 9, 33, 3, 3, 33, 2, 2, 1, 1, 1, 33},
           {1, 9, 10, 4, 5, 5, 8, 1, 1, 1, 1, 2, 4},  // two outputs per channel
           {1, 9, 10, 4, 5, 5, 4, 2, 2, 1, 1, 2, 4},
           {1, 8, 9, 3, 3, 3, 3, 1, 1, 2, 2, 2, 3},
       }) {
    Conv2dShape s;
    s.batch = g.batch, s.in_h = g.in_h, s.in_w = g.in_w, s.in_c = g.in_c;
    s.kernel_h = g.kernel_h, s.kernel_w = g.kernel_w, s.out_c = g.out_c;
    s.stride_h = g.stride_h, s.stride_w = g.stride_w;
    s.dilation_h = g.dilation_h, s.dilation_w = g.dilation_w;
    s.pad_top = g.pad, s.pad_left = g.pad, s.groups = g.groups;
    s.out_h = (s.in_h + 2 * g.pad - (s.kernel_h - 1) * s.dilation_h - 1) / s.stride_h + 1;
    s.out_w = (s.in_w + 2 * g.pad - (s.kernel_w - 1) * s.dilation_w - 1) / s.stride_w + 1;
    shapes.push_back(s);
  }
  return shapes;
}

// Too large for an emulated device within a test's time.
inline std::vector<Conv2dShape> LargeGpuSweepShapes() {
  std::vector<Conv2dShape> shapes(2);
  shapes[0].batch = 2;
  shapes[0].in_h = shapes[0].in_w = shapes[0].out_h = shapes[0].out_w = 28;
  shapes[0].in_c = shapes[0].out_c = 128;
  shapes[0].kernel_h = shapes[0].kernel_w = 3;
  shapes[0].pad_top = shapes[0].pad_left = 1;
  shapes[1] = shapes[0];
  shapes[1].in_c = shapes[1].out_c = shapes[1].groups = 256;
  return shapes;
}

// All types of sums for each shape and role, by one table or another. Types of operands, odd
// addresses and so on at random: in turn they would keep step with variants and tables, and some
// would never meet.
inline Conv2dOnGpuOptions GpuSweepOptions(GpuRole role, uint32_t number) {
  std::mt19937 random(number);
  const auto one_of = [&](uint32_t count) { return static_cast<uint32_t>(random()) % count; };
  Conv2dOnGpuOptions options;
  options.role = role;
  constexpr GpuSum kSums[] = {GpuSum::kInt32, GpuSum::kInt64, GpuSum::kFloat};
  const uint32_t layer = number / 4;  // four variants run it
  options.sum = kSums[(layer + layer / 3 + layer / 9) % 3];
  options.float_a = one_of(2) == 1;
  options.float_b = one_of(2) == 1;
  options.subtract_zero_points = one_of(4) != 0;
  options.per_channel_b = role == GpuRole::kForward && one_of(2) == 1;
  options.device_quantization = one_of(2) == 1;
  options.first_element = static_cast<int32_t>(one_of(3));
  return options;
}

// A layer as a matrix product, if it is one: 1x1 filters, all positions in a row. The gradients are
// products with one operand transposed.
inline bool AsMatmul(const Conv2dShape& s, GpuRole role, MatmulShape* matmul) {
  if (s.kernel_h != 1 || s.kernel_w != 1 || s.stride_h != 1 || s.stride_w != 1 || s.pad_top != 0 ||
      s.pad_left != 0 || s.groups != 1) {
    return false;
  }
  const int64_t positions = s.batch * s.in_h * s.in_w;
  *matmul = {};
  switch (role) {
    case GpuRole::kForward:
      matmul->m = positions, matmul->k = s.in_c, matmul->n = s.out_c;
      break;
    case GpuRole::kInputGradient:
      matmul->m = positions, matmul->k = s.out_c, matmul->n = s.in_c;
      matmul->transpose_b = true;
      break;
    case GpuRole::kFilterGradient:
      matmul->m = s.in_c, matmul->k = positions, matmul->n = s.out_c;
      matmul->transpose_a = true;
      break;
  }
  return true;
}

class GpuSweep {
 public:
  // Tables are made on `gpu`, which must outlive the sweep.
  explicit GpuSweep(Gpu* gpu) : gpu_(gpu) {
    const GpuStatus status = MakeGpuSweepTables(gpu, &tables_);
    EXPECT_TRUE(status.ok()) << status.message();
  }

  // Each shape in every role by every variant, with every `stride`-th table, beginning with another
  // one each time.
  void Run(const std::vector<Conv2dShape>& shapes, size_t stride) {
    for (const Conv2dShape& shape : shapes) {
      for (const GpuRole role :
           {GpuRole::kForward, GpuRole::kInputGradient, GpuRole::kFilterGradient}) {
        for (size_t i = next_table_++ % stride; i < tables_.size(); i += stride) {
          RunVariants(tables_[i], shape, role);
        }
      }
    }
  }

  int run() const { return run_; }
  // What the device or the table lacks something for.
  int skipped() const { return skipped_; }

 private:
  void RunVariants(const GpuSweepTable& table, const Conv2dShape& shape, GpuRole role) {
    for (const GpuVariant variant :
         {GpuVariant::kTexture, GpuVariant::kL1, GpuVariant::kShared, GpuVariant::kTensor}) {
      SCOPED_TRACE(table.name + ", " + Name(variant) + ", role " +
                   std::to_string(static_cast<int>(role)) + ", " + ProblemString(shape) +
                   ", options " + std::to_string(number_));
      const Conv2dOnGpu test_case(*table.table, shape, GpuSweepOptions(role, number_), number_);
      ++number_;
      GpuConv2d conv2d;
      RunIfSupported(GpuConv2d::Create(table.on_gpu.get(), shape, role, variant, &conv2d), conv2d,
                     test_case);
      MatmulShape matmul_shape;
      if (!AsMatmul(shape, role, &matmul_shape)) continue;
      GpuMatmul matmul;
      RunIfSupported(GpuMatmul::Create(table.on_gpu.get(), matmul_shape, variant, &matmul), matmul,
                     test_case);
    }
  }

  template <typename Layer>
  void RunIfSupported(const GpuStatus& created, const Layer& layer, const Conv2dOnGpu& test_case) {
    if (created.kind() == GpuErrorKind::kUnsupported) {
      ++skipped_;
      return;
    }
    ASSERT_TRUE(created.ok()) << created.message();
    ++run_;
    WithOutputType(test_case.options.sum,
                   [&](auto out) { Compare<decltype(out)>(layer, test_case); });
  }

  template <typename Out, typename Layer>
  void Compare(const Layer& layer, const Conv2dOnGpu& test_case) {
    std::vector<Out> found;
    const GpuStatus status = RunLayer(gpu_, layer, test_case, &found);
    ASSERT_TRUE(status.ok()) << status.message();
    const std::vector<Out> expected = test_case.Expected<Out>();
    const auto wrong = std::mismatch(expected.begin(), expected.end(), found.begin());
    EXPECT_EQ(wrong.first, expected.end())
        << layer.name() << ": output " << wrong.first - expected.begin() << " of "
        << expected.size() << " must be " << *wrong.first << ", found " << *wrong.second;
  }

  Gpu* gpu_;
  std::vector<GpuSweepTable> tables_;
  size_t next_table_ = 0;
  uint32_t number_ = 0;  // of the case; also its seed
  int run_ = 0, skipped_ = 0;
};

}  // namespace axlut
