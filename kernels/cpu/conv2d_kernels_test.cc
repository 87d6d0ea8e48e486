// SPDX-License-Identifier: MIT
// Every kernel of kernels.inc that this CPU can run, bit for bit against the reference.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <ostream>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "kernels/cpu/dispatch.h"
#include "kernels/cpu/lookup/conv2d_lookup.h"
#include "kernels/cpu/run_conv2d.h"
#include "kernels/reference/conv2d.h"
#include "kernels/testing/conv2d_case.h"

namespace axlut {

void PrintTo(const Conv2dKernelEntry& entry, std::ostream* out) { *out << entry.name; }

namespace {

std::vector<int32_t> RandomProducts(int width_a, int width_b, int64_t min, int64_t max,
                                    std::mt19937* random) {
  std::uniform_int_distribution<int64_t> any(min, max);
  std::vector<int32_t> products(size_t{1} << (width_a + width_b));
  for (int32_t& product : products) product = static_cast<int32_t>(any(*random));
  // Padding that is not there must not be counted: it would add T[0][0].
  products[0] = static_cast<int32_t>(max);
  return products;
}

// values[a * columns + b] = P[a >> 4][b] + Q[a & 15][b] <= max, and max at [0][0].
std::vector<uint32_t> SeparableValues(size_t rows, size_t columns, uint32_t max,
                                      std::mt19937* random) {
  std::vector<uint32_t> p(16 * columns);
  std::vector<uint32_t> q(16 * columns);
  for (uint32_t& value : p) value = (*random)() % (max / 2 + 1);
  for (uint32_t& value : q) value = (*random)() % (max - max / 2 + 1);
  p[0] = max / 2;
  q[0] = max - max / 2;
  std::vector<uint32_t> values;
  for (size_t a = 0; a < rows; ++a) {
    for (size_t b = 0; b < columns; ++b) {
      values.push_back(p[(a >> 4) * columns + b] + q[(a & 15) * columns + b]);
    }
  }
  return values;
}

// Random entries up to `max` for random classes of either operand.
PlanResidual RandomResidual(int width_a, int width_b, int32_t count_a, int32_t count_b,
                            uint32_t max, int32_t scale, std::mt19937* random) {
  PlanResidual residual;
  residual.scale = scale;
  residual.count_a = count_a;
  residual.count_b = count_b;
  for (size_t a = 0; a < size_t{1} << width_a; ++a) {
    residual.class_a.push_back(static_cast<uint8_t>((*random)() % static_cast<uint32_t>(count_a)));
  }
  for (size_t b = 0; b < size_t{1} << width_b; ++b) {
    residual.class_b.push_back(static_cast<uint8_t>((*random)() % static_cast<uint32_t>(count_b)));
  }
  for (int32_t i = 0; i < count_a * count_b; ++i) {
    residual.entries.push_back(static_cast<uint16_t>((*random)() % (max + 1)));
  }
  residual.entries[0] = static_cast<uint16_t>(max);
  return residual;
}

class Conv2dKernelTest : public testing::TestWithParam<Conv2dKernelEntry> {
 protected:
  void SetUp() override {
    if (GetParam().isa > DetectedKernelIsa()) {
      GTEST_SKIP() << "this CPU cannot run " << GetParam().name;
    }
  }

  // Whether the kernel takes only tables that are separable by nibbles, up to kMaxSeparable.
  static bool NeedsSeparable() { return std::string(GetParam().name) == "separable_avx2"; }
  static constexpr int64_t kMaxSeparable = 32512;  // (P >> 7) + (Q >> 7) fits a byte

  // A random table, or a separable one if the kernel takes no other.
  static std::vector<int32_t> Table(int width_a, int width_b, int64_t min, int64_t max,
                                    std::mt19937* random) {
    if (!NeedsSeparable()) return RandomProducts(width_a, width_b, min, max, random);
    const auto range = static_cast<uint32_t>(std::min(max - min, kMaxSeparable));
    std::vector<int32_t> products;
    for (uint32_t value :
         SeparableValues(size_t{1} << width_a, size_t{1} << width_b, range, random)) {
      products.push_back(static_cast<int32_t>(min + value));
    }
    return products;
  }

  static PlanResidual Residual(int width_a, int width_b, int32_t count_a, int32_t count_b,
                               uint32_t max, int32_t scale, std::mt19937* random) {
    auto residual = RandomResidual(width_a, width_b, count_a, count_b, max, scale, random);
    if (!NeedsSeparable()) return residual;
    residual.count_a = 1 << width_a;
    for (size_t a = 0; a < residual.class_a.size(); ++a) {
      residual.class_a[a] = static_cast<uint8_t>(a);
    }
    residual.entries.clear();
    for (uint32_t value : SeparableValues(residual.class_a.size(), static_cast<size_t>(count_b),
                                          std::min<uint32_t>(max, kMaxSeparable), random)) {
      residual.entries.push_back(static_cast<uint16_t>(value));
    }
    return residual;
  }

  // Compares both accumulators with the reference for random tensors.
  void Check(const std::vector<int32_t>& products, int width_a, int width_b,
             const Conv2dShape& shape, std::mt19937* random) {
    const PreparedLut lut(LutView{products.data(), width_a, width_b});
    CheckLut(lut, products, 1, shape, random);
  }

  void CheckResidual(const PlanResidual& residual, int width_a, int width_b,
                     const Conv2dShape& shape, std::mt19937* random) {
    std::vector<int32_t> entries;
    for (size_t a = 0; a < size_t{1} << width_a; ++a) {
      for (size_t b = 0; b < size_t{1} << width_b; ++b) {
        const size_t row = residual.class_a[a];
        entries.push_back(
            residual.entries[row * static_cast<size_t>(residual.count_b) + residual.class_b[b]]);
      }
    }
    const PreparedLut lut(residual, width_a, width_b);
    CheckLut(lut, entries, residual.scale, shape, random);
  }

  // `entries` times `scale` are the products that `lut` stands for.
  void CheckLut(const PreparedLut& lut, const std::vector<int32_t>& entries, int32_t scale,
                const Conv2dShape& shape, std::mt19937* random) {
    if (!GetParam().supports(lut, shape)) return;
    ++checked_;
    const LutView view{entries.data(), lut.view().width_a, lut.view().width_b};
    // Small codes, which some kernels notice, in every other layer.
    const auto code_mask = static_cast<uint8_t>(checked_ % 8 < 4   ? 255
                                                : checked_ % 8 < 6 ? 127
                                                                   : 63);
    Conv2dCase test(shape, view.width_a, code_mask, checked_ % 2 == 0, random);
    test.scale = scale;
    test.add_to_acc = checked_ % 6 >= 3;
    if (checked_ % 3 == 0) {
      for (uint8_t& code : test.filter) code &= code_mask;
    }
    const auto kernel = GetParam().make(lut, shape, test.Weights());
    CheckKernel(*kernel, view, test);
    // Kernels that choose a loop order must be right in either.
    if (auto* lookup = dynamic_cast<LookupConv2d*>(kernel.get())) {
      for (RowOperand rows : {RowOperand::kA, RowOperand::kB}) {
        if (lookup->ForceRows(rows)) CheckKernel(*kernel, view, test);
      }
    }
  }

  static void CheckKernel(const Conv2dKernel& kernel, const LutView& view, const Conv2dCase& test) {
    CheckTiles(kernel, test.shape);
    CheckSums<int32_t>(kernel, view, test);
    CheckSums<int64_t>(kernel, view, test);
  }

  template <typename Acc>
  static void CheckSums(const Conv2dKernel& kernel, const LutView& view, const Conv2dCase& test) {
    ASSERT_EQ(test.Run<Acc>(kernel), test.Expected<Acc>(view))
        << ProblemString(test.shape) << " widths " << view.width_a << "x" << view.width_b << " int"
        << 8 * sizeof(Acc) << " scale " << test.scale << " add " << test.add_to_acc;
  }

  // Tiles must cover every output once: they run at the same time.
  static void CheckTiles(const Conv2dKernel& kernel, const Conv2dShape& shape) {
    std::vector<int> seen(static_cast<size_t>(shape.OutputCount()));
    for (int64_t i = 0; i < kernel.TileCount(shape.batch); ++i) {
      const Conv2dTile tile = kernel.TileAt(shape.batch, i);
      for (int64_t p = tile.first_position; p < tile.first_position + tile.positions; ++p) {
        for (int64_t o = tile.first_channel; o < tile.first_channel + tile.channels; ++o) {
          ++seen[static_cast<size_t>(p * shape.out_c + o)];
        }
      }
    }
    for (int count : seen) ASSERT_EQ(count, 1) << ProblemString(shape);
  }

  int checked_ = 0;
};

// Kernels for depthwise layers have tests of their own (conv2d_depthwise_test.cc).
class UngroupedKernelTest : public Conv2dKernelTest {};

std::vector<Conv2dKernelEntry> UngroupedKernels() {
  const std::vector<int32_t> products(65536, 0);
  const PreparedLut lut(LutView{products.data(), 8, 8});
  Conv2dShape shape;
  shape.in_c = shape.out_c = 2;
  std::vector<Conv2dKernelEntry> kernels;
  for (const Conv2dKernelEntry& entry : Conv2dKernels()) {
    if (entry.supports(lut, shape)) kernels.push_back(entry);
  }
  return kernels;
}

TEST_P(Conv2dKernelTest, EqualsTheReferenceForRandomShapes) {
  const uint32_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto up_to = [&random](int64_t max) {
    return std::uniform_int_distribution<int64_t>(1, max)(random);
  };
  for (int i = 0; i < 150 && !HasFatalFailure(); ++i) {
    Conv2dShape s;
    s.batch = up_to(3);
    s.in_h = up_to(14);
    s.in_w = up_to(14);
    s.groups = i % 3 == 0 ? up_to(40) : 1;
    s.in_c = s.groups * (i % 3 == 0 && i % 2 == 0 ? 1 : up_to(s.groups > 8 ? 4 : 40));
    s.out_c = s.groups * up_to(s.groups > 1 ? 3 : 70);
    s.kernel_h = up_to(4);
    s.kernel_w = up_to(4);
    s.stride_h = up_to(3);
    s.stride_w = up_to(3);
    s.dilation_h = up_to(3);
    s.dilation_w = up_to(3);
    s.pad_top = up_to(5) - 1;
    s.pad_left = up_to(5) - 1;
    s.out_h = up_to(13);
    s.out_w = up_to(13);
    const int width_a = i % 4 == 1 ? static_cast<int>(up_to(8)) : 8;
    const int width_b = i % 4 < 2 ? static_cast<int>(up_to(8)) : 8;
    // One and two bytes, signed and unsigned.
    const int64_t max = i % 5 == 0 ? 100 : i % 5 == 1 ? 32767 : 65535;
    const int64_t min = i % 5 == 0 ? -155 : i % 5 == 1 ? -32768 : 0;
    Check(Table(width_a, width_b, min, max, &random), width_a, width_b, s, &random);
  }
}

TEST_P(Conv2dKernelTest, EveryDepthAddsOnlyItsOwnProducts) {
  std::mt19937 random(21);
  const std::vector<int32_t> products = Table(8, 8, 0, 65535, &random);
  for (int64_t depth = 1; depth <= 33; ++depth) {
    Conv2dShape s;
    s.in_c = depth;
    s.out_c = 5;
    s.in_w = s.out_w = 70;
    Check(products, 8, 8, s, &random);
  }
  for (int64_t kernel : {1, 3, 5}) {  // K = 3, 27, 75
    Conv2dShape s;
    s.in_c = 3;
    s.out_c = 16;
    s.kernel_h = s.kernel_w = kernel;
    s.pad_top = s.pad_left = kernel / 2;
    s.in_h = s.in_w = s.out_h = s.out_w = 11;
    Check(products, 8, 8, s, &random);
  }
  EXPECT_GT(checked_, 0);
}

TEST_P(UngroupedKernelTest, EveryNumberOfPositionsAndChannels) {
  std::mt19937 random(22);
  const std::vector<int32_t> products = Table(8, 8, 0, 65535, &random);
  for (int64_t count : {1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 127, 129, 256, 257, 520}) {
    for (int64_t other : {1, 3, 16, 17, 65}) {
      Conv2dShape s;
      s.in_c = 9;
      s.in_w = s.out_w = count;
      s.out_c = other;
      Check(products, 8, 8, s, &random);
      std::swap(s.in_w, s.out_c);
      s.out_w = s.in_w;
      Check(products, 8, 8, s, &random);
    }
  }
  EXPECT_GT(checked_, 0);
}

TEST_P(Conv2dKernelTest, EveryPairOfWidths) {
  std::mt19937 random(23);
  for (int width_a = 1; width_a <= 8; ++width_a) {
    for (int width_b = 1; width_b <= 8; ++width_b) {
      const int64_t largest = (int64_t{1} << (width_a + width_b)) - 1;
      const auto products = Table(width_a, width_b, 0, largest, &random);
      Conv2dShape s;
      s.in_h = s.in_w = s.out_h = s.out_w = 5;
      s.kernel_h = s.kernel_w = 3;
      s.pad_top = s.pad_left = 1;
      s.in_c = 4;
      s.out_c = 20;
      Check(products, width_a, width_b, s, &random);
      s.groups = 4;  // depthwise
      Check(products, width_a, width_b, s, &random);
      s = Conv2dShape{};
      s.in_c = 30;  // dense
      s.out_c = 70;
      Check(products, width_a, width_b, s, &random);
    }
  }
  EXPECT_GT(checked_, 0);
}

// The deepest sums of the narrow parts that kernels add up in, and their flushes.
TEST_P(Conv2dKernelTest, LargestProductsOverTheDeepestLayers) {
  std::mt19937 random(24);
  for (int32_t product : {65535, -32768}) {
    std::vector<int32_t> products(65536, NeedsSeparable() ? product / 4 : product);
    // So that T - min spans 16 bits.
    for (size_t a = 0; a < 256; ++a) {
      products[a << 8 | 1] = product > 0 ? 0 : NeedsSeparable() ? 8191 : 32767;
    }
    for (int64_t depth : {255, 256, 257, 258, 1023, 1024, 1025, 4608, 70000}) {
      for (int64_t positions : {1, 3, 66}) {
        Conv2dShape s;
        s.in_c = depth;
        s.out_c = depth > 5000 ? 2 : 3;
        s.in_w = s.out_w = positions;
        Check(products, 8, 8, s, &random);
        std::swap(s.in_w, s.out_c);
        s.out_w = s.in_w;
        Check(products, 8, 8, s, &random);
      }
    }
    Conv2dShape s;  // depthwise, more taps than a packed block holds
    s.in_c = s.groups = s.out_c = 35;
    s.kernel_h = s.in_h = 40;
    s.kernel_w = 31;
    s.in_w = s.out_w = 40;
    s.pad_left = 15;
    Check(products, 8, 8, s, &random);
  }
  EXPECT_GT(checked_, 0);
}

// A defect of others: 1x1 filters and filters of the image's size took a path of their own.
TEST_P(UngroupedKernelTest, PointwiseAndFullSizeFilters) {
  std::mt19937 random(28);
  const std::vector<int32_t> products = Table(8, 8, 0, 65535, &random);
  for (int64_t size : {1, 5, 12}) {
    for (int64_t stride : {1, 2}) {
      Conv2dShape s;
      s.batch = 3;
      s.in_h = s.in_w = size;
      s.in_c = 19;
      s.out_c = 33;
      s.stride_h = s.stride_w = stride;
      s.out_h = s.out_w = (size + stride - 1) / stride;
      Check(products, 8, 8, s, &random);
      s.kernel_h = s.kernel_w = size;
      s.out_h = s.out_w = 1;
      Check(products, 8, 8, s, &random);
    }
  }
  EXPECT_EQ(checked_, 12);
}

// Outputs may lie wholly in the padding, on every side.
TEST_P(UngroupedKernelTest, WindowsOutsideTheImage) {
  std::mt19937 random(29);
  const std::vector<int32_t> products = Table(8, 8, 0, 65535, &random);
  for (int64_t groups : {1, 18}) {
    Conv2dShape s;
    s.in_h = s.in_w = 3;
    s.in_c = 18;
    s.out_c = 36;
    s.groups = groups;
    s.kernel_h = s.kernel_w = 2;
    s.dilation_h = 2;
    s.pad_top = 8;
    s.pad_left = 9;
    s.out_h = 21;
    s.out_w = 20;
    Check(products, 8, 8, s, &random);
    s.stride_h = 3;
    s.stride_w = 4;
    Check(products, 8, 8, s, &random);
    s.in_h = 0;
    Check(products, 8, 8, s, &random);
  }
  EXPECT_EQ(checked_, 6);
}

TEST_P(Conv2dKernelTest, AnyInt32IsAProduct) {
  std::mt19937 random(25);
  for (int64_t max : {int64_t{65536}, int64_t{1} << 24, int64_t{INT32_MAX}}) {
    const auto products = Table(8, 8, max == INT32_MAX ? INT32_MIN : 0, max, &random);
    Conv2dShape s;
    s.in_h = s.in_w = s.out_h = s.out_w = 4;
    s.kernel_h = s.kernel_w = 3;
    s.pad_top = s.pad_left = 1;
    s.in_c = 30;
    s.out_c = 20;
    Check(products, 8, 8, s, &random);
    s.in_c = s.groups = s.out_c;
    Check(products, 8, 8, s, &random);
    s = Conv2dShape{};
    s.in_c = 1200;
    s.out_c = 40;
    Check(products, 8, 8, s, &random);
  }
}

// What a plan leaves over: classes of either operand, entries of any range, a scale.
TEST_P(Conv2dKernelTest, ResidualsOfEveryNumberOfClassesAndRange) {
  const uint32_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto up_to = [&random](int64_t max) {
    return std::uniform_int_distribution<int64_t>(1, max)(random);
  };
  for (int32_t count_a : {1, 2, 16, 63, 64, 65, 128, 129, 256}) {
    for (int32_t count_b : {1, 14, 64, 65, 128, 129, 256}) {
      for (uint32_t max : {0u, 1u, 63u, 64u, 127u, 128u, 255u, 256u, 0x3fffu, 0x7fffu, 65535u}) {
        if (random() % 3 != 0) continue;
        const int32_t scales[] = {1, -1, 512, -77777, INT32_MIN, INT32_MAX};
        const auto residual = Residual(8, 8, count_a, count_b, max, scales[random() % 6], &random);
        Conv2dShape s;
        s.in_h = s.in_w = s.out_h = s.out_w = up_to(12);
        s.kernel_h = s.kernel_w = 2 * up_to(2) - 1;
        s.pad_top = s.pad_left = s.kernel_h / 2;
        s.in_c = up_to(40);
        s.out_c = up_to(80);
        CheckResidual(residual, 8, 8, s, &random);
        if (HasFatalFailure()) return;
      }
    }
  }
  for (int i = 0; i < 60 && !HasFatalFailure(); ++i) {
    Conv2dShape s;
    s.batch = up_to(3);
    s.in_h = up_to(14);
    s.in_w = up_to(14);
    s.groups = i % 3 == 0 ? up_to(20) : 1;
    s.in_c = s.groups * (i % 6 == 0 ? 1 : up_to(40));
    s.out_c = s.groups * up_to(s.groups > 1 ? 3 : 70);
    s.kernel_h = up_to(4);
    s.kernel_w = up_to(4);
    s.stride_h = up_to(2);
    s.stride_w = up_to(2);
    s.dilation_h = up_to(3);
    s.dilation_w = up_to(3);
    s.pad_top = up_to(5) - 1;
    s.pad_left = up_to(5) - 1;
    s.out_h = up_to(13);
    s.out_w = up_to(13);
    const int width_a = static_cast<int>(up_to(8));
    const int width_b = static_cast<int>(up_to(8));
    const auto residual = Residual(width_a, width_b, static_cast<int32_t>(up_to(1 << width_a)),
                                   static_cast<int32_t>(up_to(1 << width_b)),
                                   i % 2 == 0 ? 60 : 65535, 3 - i, &random);
    CheckResidual(residual, width_a, width_b, s, &random);
  }
}

// Sums of bytes, of pairs and of fours are flushed at different depths.
TEST_P(Conv2dKernelTest, LargestEntriesOfEveryPairingOverTheDeepestLayers) {
  std::mt19937 random(30);
  for (uint32_t max : {63u, 127u, 255u, 0x3fffu, 0x7fffu, 65535u}) {
    for (int32_t classes : {64, 128, 256}) {
      auto residual = Residual(8, 8, classes, classes, max, -3, &random);
      std::fill(residual.entries.begin(), residual.entries.end(), static_cast<uint16_t>(max));
      for (int64_t depth : {1, 2, 3, 257, 259, 1025, 1153}) {
        for (int64_t channels : {1, 3, 65}) {
          Conv2dShape s;
          s.in_c = depth;
          s.out_c = channels;
          s.in_w = s.out_w = channels > 3 ? 3 : 66;
          CheckResidual(residual, 8, 8, s, &random);
          if (HasFatalFailure()) return;
        }
      }
    }
  }
}

// Tiles of many shapes: images in one row and one column, wide rows, several images per tile.
TEST_P(UngroupedKernelTest, InputsOfEveryShapeUnderSharedWindows) {
  std::mt19937 random(31);
  const std::vector<int32_t> products = Table(8, 8, 0, 65535, &random);
  struct Image {
    int64_t batch, h, w;
  };
  for (const Image& image :
       {Image{1, 1, 300}, Image{1, 300, 1}, Image{1, 3, 140}, Image{1, 2, 260}, Image{40, 3, 3},
        Image{9, 7, 7}, Image{2, 14, 14}, Image{1, 20, 128}, Image{1, 3, 129}}) {
    for (int64_t kernel : {2, 3, 7}) {
      for (int64_t dilation : {1, 2}) {
        Conv2dShape s;
        s.batch = image.batch;
        s.in_h = s.out_h = image.h;
        s.in_w = s.out_w = image.w;
        s.kernel_h = s.kernel_w = kernel;
        s.dilation_h = s.dilation_w = dilation;
        s.pad_top = s.pad_left = dilation * kernel / 2;
        s.in_c = 17;
        s.out_c = 4;
        Check(products, 8, 8, s, &random);
        s.stride_h = 2;
        s.out_h = (image.h + 1) / 2;
        Check(products, 8, 8, s, &random);
        if (HasFatalFailure()) return;
      }
    }
  }
  EXPECT_GT(checked_, 0);
}

TEST_P(UngroupedKernelTest, ZeroTableGivesZero) {
  std::mt19937 random(26);
  Conv2dShape s;
  s.in_c = 17;
  s.out_c = 18;
  s.in_w = s.out_w = 19;
  Check(std::vector<int32_t>(65536, 0), 8, 8, s, &random);
  EXPECT_EQ(checked_, 1);
}

// The batch of a call need not be the one that the layer was made for.
TEST_P(UngroupedKernelTest, OneImageIsComputedAsInAnyBatch) {
  std::mt19937 random(27);
  const std::vector<int32_t> products = Table(8, 8, 0, 65535, &random);
  const PreparedLut lut(LutView{products.data(), 8, 8});
  Conv2dShape s;
  s.batch = 40;
  s.in_c = 33;
  s.out_c = 70;
  const std::vector<uint8_t> input = RandomCodes(s.InputCount(), 0xff, &random);
  const std::vector<uint8_t> filter = RandomCodes(s.FilterCount(), 0xff, &random);
  const auto kernel = GetParam().make(lut, s, {filter.data(), nullptr, nullptr, 0, false});
  AlignedArray<uint8_t> workspace(kernel->WorkspaceBytes());
  std::vector<int32_t> together(static_cast<size_t>(s.OutputCount()));
  std::vector<int32_t> alone(together.size());
  RunAllTiles(*kernel, {input.data(), 40, 0}, &workspace, together.data());
  for (int64_t n = 0; n < 40; ++n) {
    RunAllTiles(*kernel, {input.data() + n * 33, 1, 0}, &workspace, alone.data() + n * 70);
  }
  EXPECT_EQ(alone, together);
}

std::string NameOf(const testing::TestParamInfo<Conv2dKernelEntry>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Kernels, Conv2dKernelTest, testing::ValuesIn(Conv2dKernels()), NameOf);
INSTANTIATE_TEST_SUITE_P(Kernels, UngroupedKernelTest, testing::ValuesIn(UngroupedKernels()),
                         NameOf);

}  // namespace
}  // namespace axlut
