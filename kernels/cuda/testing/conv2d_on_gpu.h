// SPDX-License-Identifier: MIT
// One convolution on a GPU with everything it needs, and what the references say it gives: for
// tests that compare kernels.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "kernels/cuda/gpu_conv2d.h"
#include "kernels/reference/conv2d.h"
#include "kernels/reference/conv2d_gradients.h"
#include "kernels/reference/depthwise.h"
#include "kernels/reference/matmul.h"
#include "kernels/testing/conv2d_case.h"

namespace axlut {

// Random products min .. min + span: not commutative, and T[0][0] != 0.
struct RandomTable {
  RandomTable(int width_a, int width_b, int32_t min, uint32_t span, uint32_t seed)
      : products(size_t{1} << (width_a + width_b)), view{products.data(), width_a, width_b} {
    std::mt19937 random(seed);
    for (int32_t& product : products) {
      product = static_cast<int32_t>(min + static_cast<int64_t>(random()) % (int64_t{span} + 1));
    }
    products.front() = min;
    products.back() = static_cast<int32_t>(min + int64_t{span});
  }
  RandomTable(const RandomTable&) = delete;
  RandomTable& operator=(const RandomTable&) = delete;

  std::vector<int32_t> products;
  LutView view;
};

// Some range of floats for codes of `width` bits; 0.0 is the zero code.
inline GpuRange SomeRange(int width, bool is_signed, int32_t zero_code, float scale) {
  GpuRange range;
  range.width = width;
  range.code_flip = is_signed ? 1 << (width - 1) : 0;
  range.zero_code = zero_code;
  range.scale = scale;
  range.min = (0.0f - static_cast<float>(zero_code)) * scale;
  range.max = static_cast<float>(((1 << width) - 1) - zero_code) * scale;
  return range;
}

// What QuantizeToPatterns (runtime/tf/nudged_range.cc) says, NaN being the lower end.
inline uint8_t QuantizedPattern(const GpuRange& range, float value) {
  const float scale = range.scale == 0.0f ? 1.0f : range.scale;
  const float not_below = value > range.min ? value : range.min;
  const float clamped = not_below < range.max ? not_below : range.max;
  const float step = (clamped - range.min) / scale - static_cast<float>(range.zero_code) + 0.5f;
  const int32_t code = static_cast<int32_t>(std::floor(step)) + range.zero_code;
  return static_cast<uint8_t>(code ^ range.code_flip);
}

// An operand's elements as bytes (bits above the width at random) or as floats.
class TestOperand {
 public:
  TestOperand() = default;
  TestOperand(int64_t count, const GpuRange& range, bool is_float, std::mt19937* random)
      : is_float_(is_float), patterns_(RandomCodes(count, 0xff, random)) {
    if (!is_float) return;
    const float special[] = {std::numeric_limits<float>::quiet_NaN(),
                             std::numeric_limits<float>::infinity(),
                             -std::numeric_limits<float>::infinity(), 0.0f, -0.0f};
    // A little beyond the range on both sides, among them halves of a step.
    std::uniform_real_distribution<float> inside(range.min - 3 * range.scale,
                                                 range.max + 3 * range.scale);
    for (uint8_t& pattern : patterns_) {
      float value = inside(*random);
      if ((*random)() % 4 == 0) value = (std::floor(value / range.scale) + 0.5f) * range.scale;
      if ((*random)() % 16 == 0) value = special[(*random)() % 5];
      floats_.push_back(value);
      pattern = QuantizedPattern(range, value);
    }
  }

  const uint8_t* patterns() const { return patterns_.data(); }
  const void* data() const {
    return is_float_ ? static_cast<const void*>(floats_.data()) : patterns_.data();
  }
  size_t bytes() const { return patterns_.size() * (is_float_ ? sizeof(float) : 1); }
  bool is_float() const { return is_float_; }

 private:
  bool is_float_ = false;
  std::vector<uint8_t> patterns_;
  std::vector<float> floats_;
};

struct Conv2dOnGpuOptions {
  GpuRole role = GpuRole::kForward;
  GpuSum sum = GpuSum::kInt32;
  bool float_a = false, float_b = false;
  bool subtract_zero_points = true;
  bool per_channel_b = false;  // forward only
  bool device_quantization = false;
  bool add_to_out = false;
  // Operands begin that many elements behind an aligned address: frameworks hand over slices.
  int32_t first_element = 0;
  std::optional<int32_t> zero_code_a, zero_code_b;  // else at random
  // A matrix product instead of the convolution, whose shape then has the output channels only
  // (ChannelsOf).
  std::optional<MatmulShape> matmul;
};

inline Conv2dShape ChannelsOf(const MatmulShape& shape) {
  Conv2dShape channels;
  channels.out_c = shape.n;
  return channels;
}

inline std::string ProblemString(const MatmulShape& shape) {
  return std::to_string(shape.batch) + " of " + std::to_string(shape.m) + "x" +
         std::to_string(shape.k) + "x" + std::to_string(shape.n) +
         (shape.broadcast_b ? " broadcast" : "") + (shape.transpose_a ? " a^T" : "") +
         (shape.transpose_b ? " b^T" : "");
}

// function(Out()), Out being the type of a call's outputs.
template <typename Function>
auto WithOutputType(GpuSum sum, const Function& function) {
  if (sum == GpuSum::kInt32) return function(int32_t());
  if (sum == GpuSum::kInt64) return function(int64_t());
  return function(float());
}

struct Conv2dOnGpu {
  Conv2dOnGpu(const RandomTable& table_in, const Conv2dShape& shape_in,
              const Conv2dOnGpuOptions& options_in, uint32_t seed)
      : table(table_in), shape(shape_in), options(options_in) {
    std::mt19937 random(seed);
    const int width_a = table.view.width_a;
    const int width_b = table.view.width_b;
    const auto zero_code = [&](std::optional<int32_t> wish, int width) {
      const auto code = static_cast<int32_t>(random() % (1u << width));
      return wish ? std::min(*wish, (1 << width) - 1) : code;
    };
    quantization.a =
        SomeRange(width_a, random() % 2 == 0, zero_code(options.zero_code_a, width_a), 0.037f);
    quantization.b =
        SomeRange(width_b, random() % 2 == 0, zero_code(options.zero_code_b, width_b), 0.0113f);
    a = TestOperand(ACount(), quantization.a, options.float_a, &random);
    b = TestOperand(BCount(), quantization.b, options.float_b, &random);
    for (int64_t o = 0; o < shape.out_c; ++o) {
      zero_codes_b.push_back(static_cast<int32_t>(o % 3) % (1 << width_b));
      scales_b.push_back(0.01f * static_cast<float>(o + 1));
    }
  }

  int64_t ACount() const {
    if (options.matmul) return options.matmul->ACount();
    return options.role == GpuRole::kInputGradient ? shape.OutputCount() : shape.InputCount();
  }
  int64_t BCount() const {
    if (options.matmul) return options.matmul->BCount();
    return options.role == GpuRole::kFilterGradient ? shape.OutputCount() : shape.FilterCount();
  }
  int64_t OutCount() const {
    if (options.matmul) return options.matmul->OutputCount();
    if (options.role == GpuRole::kForward) return shape.OutputCount();
    return options.role == GpuRole::kInputGradient ? shape.InputCount() : shape.FilterCount();
  }

  // The exact sums by the references.
  std::vector<int64_t> Sums() const {
    if (!options.per_channel_b) return SumsWithZeroCode(quantization.b.zero_code);
    std::vector<int64_t> sums(static_cast<size_t>(OutCount()));
    for (int32_t zero_code = 0; zero_code < 3; ++zero_code) {
      const std::vector<int64_t> some = SumsWithZeroCode(zero_code);
      for (size_t i = 0; i < sums.size(); ++i) {
        if (zero_codes_b[i % zero_codes_b.size()] == zero_code) sums[i] = some[i];
      }
    }
    return sums;
  }

  // What `out` holds before.
  template <typename Out>
  std::vector<Out> Before() const {
    std::vector<Out> out(static_cast<size_t>(OutCount()));
    for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<Out>(static_cast<int32_t>(i * 77));
    return out;
  }

  template <typename Out>
  std::vector<Out> Expected() const {
    std::vector<Out> out = Before<Out>();
    const std::vector<int64_t> sums = Sums();
    for (size_t i = 0; i < out.size(); ++i) {
      if constexpr (std::is_same_v<Out, float>) {
        const float scale_b =
            options.per_channel_b ? scales_b[i % scales_b.size()] : quantization.b.scale;
        out[i] = static_cast<float>(double{quantization.a.scale} * scale_b *
                                    static_cast<double>(sums[i]));
      } else {
        out[i] = static_cast<Out>(static_cast<uint64_t>(options.add_to_out ? out[i] : 0) +
                                  static_cast<uint64_t>(sums[i]));
      }
    }
    return out;
  }

  // Copies everything to the GPU, calls launch(const GpuCall&), which returns a GpuStatus, and
  // gives what is in `out` then.
  template <typename Out, typename LaunchFunction>
  GpuStatus Run(Gpu* gpu, LaunchFunction&& launch, std::vector<Out>* result) const {
    GpuBuffer buffers[6];
    const auto upload = [&](int i, const void* data, size_t bytes, size_t offset = 0) {
      AXLUT_RETURN_IF_GPU_ERROR(GpuBuffer::Create(gpu, offset + bytes, "test data", &buffers[i]));
      return bytes == 0 ? GpuStatus()
                        : gpu->CopyToDevice(buffers[i].As<char>() + offset, data, bytes, nullptr);
    };
    const auto offset_of = [&](const TestOperand& operand) {
      return static_cast<size_t>(options.first_element) * (operand.is_float() ? sizeof(float) : 1);
    };
    *result = Before<Out>();
    const size_t out_bytes = result->size() * sizeof(Out);
    // Where the device has the quantization, the host's must not be looked at.
    GpuQuantization wrong = quantization;
    wrong.a.zero_code ^= 1, wrong.b.zero_code ^= 1, wrong.a.width = 1, wrong.a.min = 0;
    AXLUT_RETURN_IF_GPU_ERROR(upload(0, a.data(), a.bytes(), offset_of(a)));
    AXLUT_RETURN_IF_GPU_ERROR(upload(1, b.data(), b.bytes(), offset_of(b)));
    AXLUT_RETURN_IF_GPU_ERROR(upload(2, result->data(), out_bytes));
    AXLUT_RETURN_IF_GPU_ERROR(upload(3, &quantization, sizeof(quantization)));
    AXLUT_RETURN_IF_GPU_ERROR(
        upload(4, zero_codes_b.data(), zero_codes_b.size() * sizeof(int32_t)));
    AXLUT_RETURN_IF_GPU_ERROR(upload(5, scales_b.data(), scales_b.size() * sizeof(float)));
    GpuCall call;
    call.a = {buffers[0].As<char>() + offset_of(a), a.is_float()};
    call.b = {buffers[1].As<char>() + offset_of(b), b.is_float()};
    call.quantization = options.device_quantization ? wrong : quantization;
    if (options.device_quantization) call.device_quantization = buffers[3].As<GpuQuantization>();
    if (options.per_channel_b) {
      call.zero_codes_b = buffers[4].As<int32_t>();
      call.scales_b = buffers[5].As<float>();
    }
    call.subtract_zero_points = options.subtract_zero_points;
    call.out = buffers[2].data();
    call.sum = options.sum;
    AXLUT_RETURN_IF_GPU_ERROR(launch(call));
    if (out_bytes > 0) {
      AXLUT_RETURN_IF_GPU_ERROR(gpu->CopyToHost(result->data(), call.out, out_bytes, nullptr));
    }
    return gpu->Synchronize(nullptr);
  }

  const RandomTable& table;
  Conv2dShape shape;
  Conv2dOnGpuOptions options;
  GpuQuantization quantization;
  TestOperand a, b;
  std::vector<int32_t> zero_codes_b;
  std::vector<float> scales_b;

 private:
  // The table of T[a][b] - zero_b * a - zero_a * b + zero_a * zero_b.
  std::vector<int32_t> CentredProducts(int32_t zero_code_b) const {
    std::vector<int32_t> products = table.products;
    if (!options.subtract_zero_points) return products;
    const GpuRange& range_a = quantization.a;
    const GpuRange& range_b = quantization.b;
    const int32_t zero_a = range_a.zero_code - range_a.code_flip;
    const int32_t zero_b = zero_code_b - range_b.code_flip;
    for (size_t i = 0; i < products.size(); ++i) {
      const auto pattern_a = static_cast<int32_t>(i >> table.view.width_b);
      const auto pattern_b = static_cast<int32_t>(i & ((1u << table.view.width_b) - 1));
      const int32_t value_a = (pattern_a ^ range_a.code_flip) - range_a.code_flip;
      const int32_t value_b = (pattern_b ^ range_b.code_flip) - range_b.code_flip;
      products[i] += zero_a * zero_b - zero_b * value_a - zero_a * value_b;
    }
    return products;
  }

  std::vector<int64_t> SumsWithZeroCode(int32_t zero_code_b) const {
    const std::vector<int32_t> products = CentredProducts(zero_code_b);
    const LutView lut{products.data(), table.view.width_a, table.view.width_b};
    const auto pad = static_cast<uint8_t>(quantization.a.zero_code ^ quantization.a.code_flip);
    std::vector<int64_t> sums(static_cast<size_t>(OutCount()));
    if (options.matmul) {
      MatmulReference(lut, *options.matmul, a.patterns(), b.patterns(), sums.data());
    } else if (options.role == GpuRole::kInputGradient) {
      Conv2dInputGradientReference(lut, shape, a.patterns(), b.patterns(), sums.data());
    } else if (options.role == GpuRole::kFilterGradient) {
      Conv2dFilterGradientReference(lut, shape, pad, a.patterns(), b.patterns(), sums.data());
    } else if (shape.groups == shape.in_c) {
      DepthwiseReference(lut, shape, pad, a.patterns(), b.patterns(), sums.data());
    } else {
      Conv2dReference(lut, shape, pad, a.patterns(), b.patterns(), sums.data());
    }
    return sums;
  }
};

}  // namespace axlut
