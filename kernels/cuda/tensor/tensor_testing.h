// SPDX-License-Identifier: MIT
// For tests of the tensor family: made-up plans, operands in every form that a call can have, and
// what must come out.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "kernels/cuda/host/host_gpu.h"
#include "kernels/cuda/launches.h"
#include "kernels/plan/plan.h"

namespace axlut {

inline int32_t RandomBetween(int32_t least, int32_t most, std::mt19937* random) {
  return std::uniform_int_distribution<int32_t>(least, most)(*random);
}

// Random maps and offsets; terms with scales[t]. Products stay far inside int32_t.
inline KernelPlan RandomTermPlan(const std::vector<int32_t>& scales, int width_a, int width_b,
                                 std::mt19937* random) {
  KernelPlan plan;
  plan.width_a = width_a;
  plan.width_b = width_b;
  plan.offset_a.resize(size_t{1} << width_a);
  plan.offset_b.resize(size_t{1} << width_b);
  for (int32_t& offset : plan.offset_a) offset = RandomBetween(-70000, 70000, random);
  for (int32_t& offset : plan.offset_b) offset = RandomBetween(-70000, 70000, random);
  for (const int32_t scale : scales) {
    PlanTerm term;
    term.scale = scale;
    term.u.resize(plan.offset_a.size());
    term.v.resize(plan.offset_b.size());
    for (uint8_t& u : term.u) u = static_cast<uint8_t>(RandomBetween(0, 255, random));
    for (int8_t& v : term.v) v = static_cast<int8_t>(RandomBetween(-128, 127, random));
    plan.terms.push_back(std::move(term));
  }
  return plan;
}

inline PlanResidual RandomResidual(const KernelPlan& plan, std::mt19937* random) {
  PlanResidual residual;
  residual.count_a = residual.count_b = 2;
  for (size_t a = 0; a < plan.offset_a.size(); ++a) residual.class_a.push_back(a % 2);
  for (size_t b = 0; b < plan.offset_b.size(); ++b) residual.class_b.push_back(b % 2);
  for (int i = 0; i < 4; ++i) {
    residual.entries.push_back(static_cast<uint16_t>(RandomBetween(0, 65535, random)));
  }
  return residual;
}

// The plan's products, [a << width_b | b].
inline std::vector<int32_t> ProductsOf(const KernelPlan& plan) {
  std::vector<int32_t> products;
  for (size_t a = 0; a < plan.offset_a.size(); ++a) {
    for (size_t b = 0; b < plan.offset_b.size(); ++b) {
      const int64_t product = PlanProduct(plan, a, b);
      EXPECT_EQ(product, static_cast<int32_t>(product));
      products.push_back(static_cast<int32_t>(product));
    }
  }
  return products;
}

inline GpuRange RandomRange(int width, std::mt19937* random) {
  GpuRange range;
  range.width = width;
  range.code_flip = RandomBetween(0, 1, random) << (width - 1);
  range.zero_code = RandomBetween(0, (1 << width) - 1, random);
  range.scale = RandomBetween(0, 1, random) == 0 ? 0.125f : 0.75f;
  range.min = -static_cast<float>(range.zero_code) * range.scale;
  range.max = static_cast<float>((1 << width) - 1 - range.zero_code) * range.scale;
  return range;
}

inline int32_t OperandValue(const GpuRange& range, int32_t code) { return code - range.code_flip; }
inline uint8_t PatternOf(const GpuRange& range, int32_t code) {
  return static_cast<uint8_t>(code ^ range.code_flip);
}

// One operand: its codes, and the form in which a kernel gets them.
struct TestOperand {
  TestOperand(int64_t count, const GpuRange& operand_range, bool as_float, std::mt19937* random)
      : range(operand_range), is_float(as_float) {
    const int32_t last = (1 << range.width) - 1;
    for (int64_t i = 0; i < count; ++i) {
      const int32_t code = RandomBetween(0, last, random);
      codes.push_back(code);
      const uint8_t pattern = PatternOf(range, code);
      patterns.push_back(pattern);
      // Bits above the width do not matter.
      bytes.push_back(static_cast<uint8_t>(pattern | (RandomBetween(0, 255, random) & ~last)));
      float value = range.min + static_cast<float>(code) * range.scale;
      value += static_cast<float>(RandomBetween(-45, 45, random)) * 0.01f * range.scale;
      if (code == 0 && i % 2 == 0) value = range.min - 1000;
      if (code == 0 && i % 5 == 1) value = std::numeric_limits<float>::quiet_NaN();
      if (code == last && i % 2 == 0) value = std::numeric_limits<float>::infinity();
      values.push_back(value);
    }
  }

  const void* data() const {
    return is_float ? static_cast<const void*>(values.data()) : bytes.data();
  }
  size_t size_bytes() const { return codes.size() * (is_float ? sizeof(float) : 1); }

  GpuRange range;
  bool is_float;
  std::vector<int32_t> codes;
  std::vector<uint8_t> patterns;
  std::vector<uint8_t> bytes;
  std::vector<float> values;
};

// How a call is made, beside the operands.
struct TestOptions {
  GpuSum sum = GpuSum::kInt32;
  bool subtract_zero_points = true;
  bool add_to_out = false;
  bool is_quantization_on_device = false;
  std::vector<int32_t> zero_codes_b;  // per channel, or empty
  std::vector<float> scales_b;

  int32_t ZeroCodeB(const GpuRange& b, size_t channel) const {
    return zero_codes_b.empty() ? b.zero_code : zero_codes_b[channel];
  }
};

inline TestOptions RandomOptions(int64_t channels, int width_b, std::mt19937* random) {
  const auto flip = [random] { return RandomBetween(0, 1, random) == 1; };
  TestOptions options;
  options.sum = static_cast<GpuSum>(RandomBetween(0, 2, random));
  options.subtract_zero_points = RandomBetween(0, 3, random) != 0;
  options.add_to_out = options.sum != GpuSum::kFloat && flip();
  options.is_quantization_on_device = flip();
  if (flip()) {
    for (int64_t i = 0; i < channels; ++i) {
      options.zero_codes_b.push_back(RandomBetween(0, (1 << width_b) - 1, random));
    }
  }
  if (flip()) {
    for (int64_t i = 0; i < channels; ++i) {
      options.scales_b.push_back(0.01f * static_cast<float>(RandomBetween(1, 1000, random)));
    }
  }
  return options;
}

// An output as 64 bits, whatever its type: sums, or the bits of a float.
inline std::vector<int64_t> WidenedOutput(GpuSum sum, const std::vector<uint8_t>& bytes) {
  std::vector<int64_t> widened;
  const size_t size = sum == GpuSum::kInt64 ? 8 : 4;
  for (size_t i = 0; i < bytes.size(); i += size) {
    int64_t wide = 0;
    int32_t narrow = 0;
    if (size == 8) std::memcpy(&wide, &bytes[i], 8);
    if (size == 4) std::memcpy(&narrow, &bytes[i], 4);
    widened.push_back(size == 8 ? wide : narrow);
  }
  return widened;
}

inline std::vector<uint8_t> BeforeOutput(GpuSum sum, size_t count) {
  std::vector<uint8_t> bytes(count * (sum == GpuSum::kInt64 ? 8 : 4));
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i * 37 + i / 251);
  return bytes;
}

// What must be in the output, given the exact sums of T[a][b], of a and of b for each. `channel`
// is the last dimension.
inline std::vector<int64_t> ExpectedOutput(const std::vector<int64_t>& products,
                                           const std::vector<int64_t>& values_a,
                                           const std::vector<int64_t>& values_b, int64_t depth,
                                           const GpuQuantization& quantization,
                                           const TestOptions& options, size_t channels) {
  const std::vector<int64_t> before =
      WidenedOutput(options.sum, BeforeOutput(options.sum, products.size()));
  std::vector<int64_t> expected;
  for (size_t i = 0; i < products.size(); ++i) {
    const size_t channel = i % channels;
    int64_t sum = products[i];
    if (options.subtract_zero_points) {
      const int64_t zero_a = OperandValue(quantization.a, quantization.a.zero_code);
      const int64_t zero_b =
          OperandValue(quantization.b, options.ZeroCodeB(quantization.b, channel));
      sum += depth * zero_a * zero_b - zero_b * values_a[i] - zero_a * values_b[i];
    }
    if (options.sum == GpuSum::kFloat) {
      EXPECT_EQ(sum, static_cast<int32_t>(sum)) << "no test: families are not asked for this";
      const float scale_b =
          options.scales_b.empty() ? quantization.b.scale : options.scales_b[channel];
      const auto value = static_cast<float>(double{quantization.a.scale} * double{scale_b} *
                                            static_cast<double>(sum));
      int32_t bits;
      std::memcpy(&bits, &value, 4);
      expected.push_back(bits);
      continue;
    }
    if (options.add_to_out) sum += before[i];
    expected.push_back(options.sum == GpuSum::kInt64 ? sum : static_cast<int32_t>(sum));
  }
  return expected;
}

// Memory of the emulated GPU with a copy of `bytes`.
inline GpuBuffer OnGpu(Gpu* gpu, const void* bytes, size_t count) {
  GpuBuffer buffer;
  EXPECT_TRUE(GpuBuffer::Create(gpu, count, "test", &buffer).ok());
  if (count == 0) return buffer;
  EXPECT_TRUE(gpu->CopyToDevice(buffer.data(), bytes, count, nullptr).ok());
  return buffer;
}

// Makes the call: launch(call) with all that it needs in device memory. The output, widened.
template <typename LaunchCall>
std::vector<int64_t> RunOnGpu(Gpu* gpu, const TestOperand& a, const TestOperand& b,
                              const TestOptions& options, size_t outputs, size_t workspace_bytes,
                              const LaunchCall& launch) {
  constexpr size_t kGuard = 64;
  const GpuQuantization quantization = {a.range, b.range};
  const std::vector<uint8_t> before = BeforeOutput(options.sum, outputs);
  const std::vector<uint8_t> guard(kGuard, 0xa5);
  const GpuBuffer buffer_a = OnGpu(gpu, a.data(), a.size_bytes());
  const GpuBuffer buffer_b = OnGpu(gpu, b.data(), b.size_bytes());
  const GpuBuffer ranges = OnGpu(gpu, &quantization, sizeof(quantization));
  const GpuBuffer zeros = OnGpu(gpu, options.zero_codes_b.data(), 4 * options.zero_codes_b.size());
  const GpuBuffer scales = OnGpu(gpu, options.scales_b.data(), 4 * options.scales_b.size());
  const GpuBuffer out = OnGpu(gpu, before.data(), before.size());
  GpuBuffer workspace;
  EXPECT_TRUE(GpuBuffer::Create(gpu, workspace_bytes + kGuard, "workspace", &workspace).ok());
  uint8_t* const end = workspace.As<uint8_t>() + workspace_bytes;
  EXPECT_TRUE(gpu->CopyToDevice(end, guard.data(), kGuard, nullptr).ok());

  GpuCall call;
  call.a = {buffer_a.data(), a.is_float};
  call.b = {buffer_b.data(), b.is_float};
  if (options.is_quantization_on_device) {
    call.device_quantization = ranges.As<GpuQuantization>();
  } else {
    call.quantization = quantization;
  }
  if (!options.zero_codes_b.empty()) call.zero_codes_b = zeros.As<int32_t>();
  if (!options.scales_b.empty()) call.scales_b = scales.As<float>();
  call.subtract_zero_points = options.subtract_zero_points;
  call.out = out.data();
  call.sum = options.sum;
  call.workspace = workspace.data();
  const GpuStatus status = launch(call);
  EXPECT_TRUE(status.ok()) << status.message();
  std::vector<uint8_t> result(before.size());
  std::vector<uint8_t> guard_after(kGuard);
  EXPECT_TRUE(gpu->CopyToHost(result.data(), out.data(), result.size(), nullptr).ok());
  EXPECT_TRUE(gpu->CopyToHost(guard_after.data(), end, kGuard, nullptr).ok());
  EXPECT_TRUE(gpu->Synchronize(nullptr).ok());
  EXPECT_EQ(guard_after, guard) << "written beyond the workspace";
  return WidenedOutput(options.sum, result);
}

// The plan on the emulated GPU, as if it were stored with its table.
inline std::unique_ptr<GpuTable> TableOf(Gpu* gpu, const KernelPlan& plan) {
  const std::vector<int32_t> products = ProductsOf(plan);
  std::unique_ptr<GpuTable> table;
  const GpuStatus status =
      GpuTable::Create(gpu, {products.data(), plan.width_a, plan.width_b}, {plan}, &table);
  EXPECT_TRUE(status.ok()) << status.message();
  return table;
}

}  // namespace axlut
