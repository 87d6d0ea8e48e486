// SPDX-License-Identifier: MIT
// One call of a lookup kernel on an emulated GPU and what it must give, for tests.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "kernels/cuda/gpu_table.h"
#include "kernels/cuda/host/host_gpu.h"
#include "kernels/cuda/launches.h"
#include "kernels/lut_view.h"
#include "kernels/reference/conv2d.h"
#include "kernels/reference/conv2d_gradients.h"
#include "kernels/reference/matmul.h"

namespace axlut {

// Random, so neither commutative nor near the product.
struct RandomTable {
  RandomTable(int bits_a, int bits_b, int32_t min, int32_t max, uint32_t seed)
      : products(size_t{1} << (bits_a + bits_b)), width_a(bits_a), width_b(bits_b) {
    std::mt19937 random(seed);
    std::uniform_int_distribution<int32_t> product(min, max);
    for (int32_t& entry : products) entry = product(random);
    products.front() = max;  // what a tail would add
    products.back() = min;
  }
  LutView View() const { return {products.data(), width_a, width_b}; }

  std::vector<int32_t> products;
  int width_a, width_b;
};

template <typename T>
class DeviceArray {
 public:
  DeviceArray(Gpu* gpu, const std::vector<T>& values) : gpu_(gpu), count_(values.size()) {
    EXPECT_TRUE(GpuBuffer::Create(gpu, count_ * sizeof(T), "array", &buffer_).ok());
    if (count_ > 0) {
      EXPECT_TRUE(gpu->CopyToDevice(data(), values.data(), count_ * sizeof(T), nullptr).ok());
    }
  }
  T* data() const { return buffer_.As<T>(); }
  std::vector<T> Read() const {
    std::vector<T> values(count_);
    EXPECT_TRUE(gpu_->CopyToHost(values.data(), data(), count_ * sizeof(T), nullptr).ok());
    EXPECT_TRUE(gpu_->Synchronize(nullptr).ok());
    return values;
  }

 private:
  Gpu* gpu_;
  size_t count_;
  GpuBuffer buffer_;
};

// Everything about a call but its shape.
struct CallOptions {
  GpuVariant variant = GpuVariant::kTexture;
  GpuSum sum = GpuSum::kInt32;
  int32_t zero_code_a = 0, zero_code_b = 0;
  bool is_signed_a = false, is_signed_b = false;
  bool subtract_zero_points = true;
  bool per_channel = false;
  bool on_device = false;  // device_quantization
  bool floats_a = false, floats_b = false;
  bool add_to_out = false;
  uint32_t seed = 1;

  std::string ToString() const {
    const char* const variants[] = {"auto", "texture", "l1", "shared", "tensor"};
    return std::string(variants[static_cast<int>(variant)]) + " sum" +
           std::to_string(static_cast<int>(sum)) + " zero " + std::to_string(zero_code_a) + "," +
           std::to_string(zero_code_b) + " signed " + std::to_string(is_signed_a) +
           std::to_string(is_signed_b) + (subtract_zero_points ? " subtract" : "") +
           (per_channel ? " per_channel" : "") + (on_device ? " on_device" : "") +
           (floats_a ? " floats_a" : "") + (floats_b ? " floats_b" : "") +
           (add_to_out ? " add" : "") + " seed " + std::to_string(seed);
  }
};

// Operands, quantization and expected sums, for any shape: Reference computes sums of products
// through a table: void(const LutView&, pad_code, const uint8_t* a, const uint8_t* b, int64_t*).
class LookupCase {
 public:
  LookupCase(const RandomTable& table, const CallOptions& options, int64_t count_a, int64_t count_b,
             int64_t out_count, int64_t channels)
      : table_(table), options_(options), out_count_(out_count), random_(options.seed) {
    SetRange(table.width_a, options.zero_code_a, options.is_signed_a, 0.05f, &quantization_.a);
    SetRange(table.width_b, options.zero_code_b, options.is_signed_b, 0.03f, &quantization_.b);
    a_ = Codes(count_a);
    b_ = Codes(count_b);
    if (options.floats_a) floats_a_ = Floats(quantization_.a, &a_);
    if (options.floats_b) floats_b_ = Floats(quantization_.b, &b_);
    if (options.per_channel) {
      for (int64_t c = 0; c < channels; ++c) {
        zero_codes_.push_back(static_cast<int32_t>(random_() % 3));
        scales_.push_back(0.01f * static_cast<float>(1 + random_() % 9));
      }
    }
  }

  // launch(const GpuCall&) -> GpuStatus.
  template <typename Reference, typename Launch>
  void Check(HostGpu* gpu, int64_t channels, const Reference& reference, const Launch& launch) {
    const DeviceArray<uint8_t> a(gpu, a_), b(gpu, b_);
    const DeviceArray<float> floats_a(gpu, floats_a_), floats_b(gpu, floats_b_);
    const DeviceArray<int32_t> zero_codes(gpu, zero_codes_);
    const DeviceArray<float> scales(gpu, scales_);
    const DeviceArray<GpuQuantization> quantization(gpu, {quantization_});
    GpuCall call;
    call.a = {options_.floats_a ? static_cast<void*>(floats_a.data()) : a.data(),
              options_.floats_a};
    call.b = {options_.floats_b ? static_cast<void*>(floats_b.data()) : b.data(),
              options_.floats_b};
    if (options_.on_device) {
      call.device_quantization = quantization.data();
      call.quantization.a.zero_code = 77;  // must not be read
    } else {
      call.quantization = quantization_;
    }
    if (options_.per_channel) {
      call.zero_codes_b = zero_codes.data();
      call.scales_b = scales.data();
    }
    call.subtract_zero_points = options_.subtract_zero_points;
    call.sum = options_.sum;
    const std::vector<int64_t> sums = ExpectedSums(channels, reference);
    switch (options_.sum) {
      case GpuSum::kInt32:
        CheckOutputs<uint32_t>(gpu, &call, launch, [&](int64_t i, uint32_t before) {
          return before + static_cast<uint32_t>(sums[static_cast<size_t>(i)]);
        });
        break;
      case GpuSum::kInt64:
        CheckOutputs<uint64_t>(gpu, &call, launch, [&](int64_t i, uint64_t before) {
          return before + static_cast<uint64_t>(sums[static_cast<size_t>(i)]);
        });
        break;
      case GpuSum::kFloat:
        CheckOutputs<float>(gpu, &call, launch, [&](int64_t i, float) {
          const float scale_b = options_.per_channel ? scales_[static_cast<size_t>(i % channels)]
                                                     : quantization_.b.scale;
          return static_cast<float>(double{quantization_.a.scale} * double{scale_b} *
                                    static_cast<double>(sums[static_cast<size_t>(i)]));
        });
        break;
    }
  }

 private:
  static void SetRange(int width, int32_t zero_code, bool is_signed, float scale, GpuRange* range) {
    range->width = width;
    range->zero_code = std::min(zero_code, (1 << width) - 1);
    range->code_flip = is_signed ? 1 << (width - 1) : 0;
    range->scale = scale;
    range->min = (0.0f - static_cast<float>(range->zero_code)) * scale;
    range->max = static_cast<float>((1 << width) - 1 - range->zero_code) * scale;
  }

  // Of all bytes: bits above the width must not matter.
  std::vector<uint8_t> Codes(int64_t count) {
    std::vector<uint8_t> codes(static_cast<size_t>(count));
    for (uint8_t& code : codes) code = static_cast<uint8_t>(random_());
    return codes;
  }

  // Floats whose patterns they are, some of them outside the range.
  std::vector<float> Floats(const GpuRange& range, std::vector<uint8_t>* patterns) {
    std::vector<float> floats;
    const int32_t most = (1 << range.width) - 1;
    for (uint8_t& pattern : *patterns) {
      pattern = static_cast<uint8_t>(pattern & most);
      const int32_t code = pattern ^ range.code_flip;
      const float off = 0.3f * static_cast<float>(static_cast<int>(random_() % 3) - 1);
      float value = (static_cast<float>(code - range.zero_code) + off) * range.scale;
      if (code == 0 && random_() % 2 == 0) value = -1e30f;
      if (code == most && random_() % 2 == 0) value = 1e30f;
      floats.push_back(value);
    }
    return floats;
  }

  // By a table whose entries have the zero points subtracted.
  template <typename Reference>
  std::vector<int64_t> SumsWithZeroB(int32_t zero_code_b, const Reference& reference) const {
    const GpuRange& a = quantization_.a;
    const GpuRange& b = quantization_.b;
    RandomTable centred = table_;
    if (options_.subtract_zero_points) {
      for (size_t i = 0; i < centred.products.size(); ++i) {
        const int32_t pattern_a = static_cast<int32_t>(i >> table_.width_b);
        const int32_t pattern_b = static_cast<int32_t>(i) & ((1 << table_.width_b) - 1);
        const int32_t value_a = (pattern_a ^ a.code_flip) - a.code_flip;
        const int32_t value_b = (pattern_b ^ b.code_flip) - b.code_flip;
        const int32_t zero_a = a.zero_code - a.code_flip;
        const int32_t zero_b = zero_code_b - b.code_flip;
        centred.products[i] += zero_a * zero_b - zero_b * value_a - zero_a * value_b;
      }
    }
    std::vector<int64_t> sums(static_cast<size_t>(out_count_));
    reference(centred.View(), static_cast<uint8_t>(a.zero_code ^ a.code_flip), a_.data(), b_.data(),
              sums.data());
    return sums;
  }

  template <typename Reference>
  std::vector<int64_t> ExpectedSums(int64_t channels, const Reference& reference) const {
    if (!options_.per_channel) return SumsWithZeroB(quantization_.b.zero_code, reference);
    std::vector<int64_t> sums(static_cast<size_t>(out_count_));
    for (int32_t zero_code = 0; zero_code < 3; ++zero_code) {
      const std::vector<int64_t> some = SumsWithZeroB(zero_code, reference);
      for (size_t i = 0; i < sums.size(); ++i) {
        if (zero_codes_[i % static_cast<size_t>(channels)] == zero_code) sums[i] = some[i];
      }
    }
    return sums;
  }

  template <typename Out, typename Launch, typename Expected>
  void CheckOutputs(HostGpu* gpu, GpuCall* call, const Launch& launch, const Expected& expected) {
    // One more, which must stay.
    std::vector<Out> before(static_cast<size_t>(out_count_) + 1);
    for (size_t i = 0; i < before.size(); ++i) before[i] = static_cast<Out>(7 + i * 13);
    const DeviceArray<Out> out(gpu, before);
    call->out = out.data();
    const GpuStatus status = launch(*call);
    ASSERT_TRUE(status.ok()) << status.message();
    const std::vector<Out> after = out.Read();
    for (int64_t i = 0; i < out_count_; ++i) {
      const size_t index = static_cast<size_t>(i);
      ASSERT_EQ(after[index], expected(i, options_.add_to_out ? before[index] : Out{0}))
          << "output " << i;
    }
    ASSERT_EQ(after.back(), before.back());
  }

  RandomTable table_;
  CallOptions options_;
  int64_t out_count_;
  std::mt19937 random_;
  GpuQuantization quantization_;
  std::vector<uint8_t> a_, b_;
  std::vector<float> floats_a_, floats_b_;
  std::vector<int32_t> zero_codes_;
  std::vector<float> scales_;
};

inline void CheckConv2d(HostGpu* gpu, const GpuTable& gpu_table, const RandomTable& table,
                        const Conv2dShape& shape, GpuRole role, const CallOptions& options) {
  const bool forward = role == GpuRole::kForward;
  const bool to_input = role == GpuRole::kInputGradient;
  const int64_t count_a = to_input ? shape.OutputCount() : shape.InputCount();
  const int64_t count_b =
      role == GpuRole::kFilterGradient ? shape.OutputCount() : shape.FilterCount();
  const int64_t out_count = forward    ? shape.OutputCount()
                            : to_input ? shape.InputCount()
                                       : shape.FilterCount();
  LookupCase one(table, options, count_a, count_b, out_count, shape.out_c);
  one.Check(
      gpu, shape.out_c,
      [&](const LutView& lut, uint8_t pad_code, const uint8_t* a, const uint8_t* b, int64_t* sums) {
        if (forward) {
          Conv2dReference(lut, shape, pad_code, a, b, sums);
        } else if (to_input) {
          Conv2dInputGradientReference(lut, shape, a, b, sums);
        } else {
          Conv2dFilterGradientReference(lut, shape, pad_code, a, b, sums);
        }
      },
      [&](const GpuCall& call) {
        return LaunchLookupConv2d(
            {&gpu_table, shape, role, options.variant, &call, options.add_to_out});
      });
}

inline void CheckMatmul(HostGpu* gpu, const GpuTable& gpu_table, const RandomTable& table,
                        const MatmulShape& shape, const CallOptions& options) {
  LookupCase one(table, options, shape.ACount(), shape.BCount(), shape.OutputCount(), shape.n);
  one.Check(
      gpu, shape.n,
      [&](const LutView& lut, uint8_t, const uint8_t* a, const uint8_t* b, int64_t* sums) {
        MatmulReference(lut, shape, a, b, sums);
      },
      [&](const GpuCall& call) {
        return LaunchLookupMatmul({&gpu_table, shape, options.variant, &call, options.add_to_out});
      });
}

}  // namespace axlut
