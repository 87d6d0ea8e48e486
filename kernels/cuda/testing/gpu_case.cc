// SPDX-License-Identifier: MIT
#include "kernels/cuda/testing/gpu_case.h"

#include <cstring>
#include <functional>
#include <random>

#include "kernels/cuda/choice.h"
#include "kernels/reference/conv2d.h"
#include "kernels/reference/conv2d_gradients.h"
#include "kernels/reference/matmul.h"
#include "kernels/testing/conv2d_case.h"

namespace axlut {
namespace {

// Zero codes per channel repeat, so that the reference runs once for each of them.
constexpr int kChannelKinds = 3;

// A product without its operands: what is the same for convolutions and matrix products.
struct Problem {
  int64_t a_count, b_count, out_count;
  int64_t channels;  // of the output; the last dimension
  // By the reference through any table. Padded taps read the code given.
  std::function<void(const LutView&, uint8_t pad, const uint8_t* a, const uint8_t* b, int64_t* out)>
      reference;
  std::function<GpuStatus(const GpuCall&)> run;
  std::function<size_t(const GpuCall&)> workspace_bytes;
};

GpuRange RandomRange(int width, bool is_signed, std::mt19937* random) {
  GpuRange range;
  range.width = width;
  range.code_flip = is_signed ? 1 << (width - 1) : 0;
  range.zero_code = static_cast<int32_t>((*random)() % (1u << width));
  range.scale = 0.0625f * static_cast<float>(1 + (*random)() % 32);
  range.min = -static_cast<float>(range.zero_code) * range.scale;
  range.max = static_cast<float>((1 << width) - 1 - range.zero_code) * range.scale;
  return range;
}

// Values that stand for the patterns, each off its code by less than a third of a step.
std::vector<float> ValuesOf(const std::vector<uint8_t>& patterns, const GpuRange& range,
                            std::mt19937* random) {
  std::vector<float> values;
  values.reserve(patterns.size());
  const uint32_t mask = (1u << range.width) - 1;
  for (const uint8_t pattern : patterns) {
    const auto code = static_cast<float>((pattern & mask) ^ static_cast<uint32_t>(range.code_flip));
    const float off = (static_cast<float>((*random)() % 600) - 300.0f) * 1e-3f;
    values.push_back(range.min + (code + off) * range.scale);
  }
  return values;
}

// The table whose plain sums are the corrected sums of T, for one zero code of b.
std::vector<int32_t> CorrectedProducts(const LutView& lut, const GpuQuantization& quantization,
                                       int32_t zero_code_b) {
  const GpuRange& a = quantization.a;
  const GpuRange& b = quantization.b;
  const int64_t zero_a = a.zero_code - a.code_flip;
  const int64_t zero_b = zero_code_b - b.code_flip;
  std::vector<int32_t> products;
  for (int32_t pattern_a = 0; pattern_a < 1 << lut.width_a; ++pattern_a) {
    for (int32_t pattern_b = 0; pattern_b < 1 << lut.width_b; ++pattern_b) {
      const int64_t value_a = (pattern_a ^ a.code_flip) - a.code_flip;
      const int64_t value_b = (pattern_b ^ b.code_flip) - b.code_flip;
      const int64_t product = lut.products[products.size()];
      products.push_back(
          static_cast<int32_t>(product - zero_b * value_a - zero_a * value_b + zero_a * zero_b));
    }
  }
  return products;
}

// The operands of one call on the host, and then on the device.
class Case {
 public:
  Case(Gpu* gpu, const GpuTestTable& table, const Problem& problem, const GpuCallOptions& options,
       uint32_t seed);

  // "", or what is wrong.
  std::string Run();

 private:
  GpuStatus Upload();
  GpuStatus UploadOperand(const std::vector<uint8_t>& patterns, const GpuRange& range,
                          bool is_float, const char* purpose, GpuBuffer* buffer,
                          GpuOperand* operand);
  template <typename T>
  GpuStatus UploadVector(const std::vector<T>& values, const char* purpose, GpuBuffer* buffer);
  GpuStatus RunAndFetch(std::vector<uint8_t>* out);

  std::vector<int64_t> ExpectedSums() const;
  // As the output holds it.
  std::vector<uint8_t> Bytes(const std::vector<int64_t>& sums) const;
  size_t out_bytes() const {
    return static_cast<size_t>(problem_.out_count) * (options_.sum == GpuSum::kInt64 ? 8 : 4);
  }
  int32_t ZeroCodeB(int64_t channel) const {
    return options_.has_channel_zero_codes ? zero_codes_b_[static_cast<size_t>(channel)]
                                           : quantization_.b.zero_code;
  }
  float ScaleB(int64_t channel) const {
    return options_.has_channel_zero_codes ? scales_b_[static_cast<size_t>(channel)]
                                           : quantization_.b.scale;
  }

  Gpu* gpu_;
  const GpuTestTable& table_;
  const Problem& problem_;
  const GpuCallOptions options_;
  std::mt19937 random_;
  GpuQuantization quantization_;
  std::vector<uint8_t> a_, b_;
  std::vector<int32_t> zero_codes_b_;
  std::vector<float> scales_b_;

  GpuCall call_;
  GpuBuffer a_buffer_, b_buffer_, quantization_buffer_, zero_codes_buffer_, scales_buffer_;
  GpuBuffer out_buffer_, workspace_;
};

Case::Case(Gpu* gpu, const GpuTestTable& table, const Problem& problem,
           const GpuCallOptions& options, uint32_t seed)
    : gpu_(gpu), table_(table), problem_(problem), options_(options), random_(seed) {
  quantization_.a = RandomRange(table.width_a, table.is_signed, &random_);
  quantization_.b = RandomRange(table.width_b, table.is_signed, &random_);
  // Bits above the widths are there and must not matter.
  a_ = RandomCodes(problem.a_count, 0xff, &random_);
  b_ = RandomCodes(problem.b_count, 0xff, &random_);
  int32_t zero_codes[kChannelKinds];
  for (int32_t& code : zero_codes) {
    code = static_cast<int32_t>(random_() % (1u << table.width_b));
  }
  for (int64_t channel = 0; channel < problem.channels; ++channel) {
    zero_codes_b_.push_back(zero_codes[channel % kChannelKinds]);
    scales_b_.push_back(0.125f * static_cast<float>(1 + channel % 7));
  }
}

template <typename T>
GpuStatus Case::UploadVector(const std::vector<T>& values, const char* purpose, GpuBuffer* buffer) {
  const size_t bytes = values.size() * sizeof(T);
  AXLUT_RETURN_IF_GPU_ERROR(GpuBuffer::Create(gpu_, bytes, purpose, buffer));
  AXLUT_RETURN_IF_GPU_ERROR(gpu_->CopyToDevice(buffer->data(), values.data(), bytes, nullptr));
  return gpu_->Synchronize(nullptr);
}

GpuStatus Case::UploadOperand(const std::vector<uint8_t>& patterns, const GpuRange& range,
                              bool is_float, const char* purpose, GpuBuffer* buffer,
                              GpuOperand* operand) {
  if (is_float) {
    AXLUT_RETURN_IF_GPU_ERROR(UploadVector(ValuesOf(patterns, range, &random_), purpose, buffer));
  } else {
    AXLUT_RETURN_IF_GPU_ERROR(UploadVector(patterns, purpose, buffer));
  }
  *operand = {buffer->data(), is_float};
  return {};
}

GpuStatus Case::Upload() {
  AXLUT_RETURN_IF_GPU_ERROR(
      UploadOperand(a_, quantization_.a, options_.is_float_a, "a", &a_buffer_, &call_.a));
  AXLUT_RETURN_IF_GPU_ERROR(
      UploadOperand(b_, quantization_.b, options_.is_float_b, "b", &b_buffer_, &call_.b));
  if (options_.has_device_quantization) {
    const std::vector<GpuQuantization> one = {quantization_};
    AXLUT_RETURN_IF_GPU_ERROR(UploadVector(one, "quantization", &quantization_buffer_));
    call_.device_quantization = quantization_buffer_.As<GpuQuantization>();
  } else {
    call_.quantization = quantization_;
  }
  if (options_.has_channel_zero_codes) {
    AXLUT_RETURN_IF_GPU_ERROR(UploadVector(zero_codes_b_, "zero codes", &zero_codes_buffer_));
    AXLUT_RETURN_IF_GPU_ERROR(UploadVector(scales_b_, "scales", &scales_buffer_));
    call_.zero_codes_b = zero_codes_buffer_.As<int32_t>();
    call_.scales_b = scales_buffer_.As<float>();
  }
  call_.subtract_zero_points = options_.subtract_zero_points;
  call_.sum = options_.sum;
  AXLUT_RETURN_IF_GPU_ERROR(GpuBuffer::Create(gpu_, out_bytes(), "output", &out_buffer_));
  call_.out = out_buffer_.data();
  AXLUT_RETURN_IF_GPU_ERROR(
      GpuBuffer::Create(gpu_, problem_.workspace_bytes(call_), "workspace", &workspace_));
  call_.workspace = workspace_.data();
  return gpu_->Fill(call_.out, 0xa5, out_bytes(), nullptr);  // to be overwritten
}

GpuStatus Case::RunAndFetch(std::vector<uint8_t>* out) {
  AXLUT_RETURN_IF_GPU_ERROR(Upload());
  AXLUT_RETURN_IF_GPU_ERROR(problem_.run(call_));
  out->resize(out_bytes());
  AXLUT_RETURN_IF_GPU_ERROR(gpu_->CopyToHost(out->data(), call_.out, out->size(), nullptr));
  return gpu_->Synchronize(nullptr);
}

std::vector<int64_t> Case::ExpectedSums() const {
  const LutView lut = table_.view();
  const auto pad = static_cast<uint8_t>(quantization_.a.zero_code ^ quantization_.a.code_flip);
  std::vector<int64_t> sums(static_cast<size_t>(problem_.out_count));
  if (!options_.subtract_zero_points) {
    problem_.reference(lut, pad, a_.data(), b_.data(), sums.data());
    return sums;
  }
  const int64_t kinds =
      options_.has_channel_zero_codes ? std::min<int64_t>(kChannelKinds, problem_.channels) : 1;
  std::vector<int64_t> of_kind(sums.size());
  for (int64_t kind = 0; kind < kinds; ++kind) {
    const std::vector<int32_t> corrected = CorrectedProducts(lut, quantization_, ZeroCodeB(kind));
    const LutView corrected_lut = {corrected.data(), lut.width_a, lut.width_b};
    problem_.reference(corrected_lut, pad, a_.data(), b_.data(), of_kind.data());
    for (int64_t i = 0; i < problem_.out_count; ++i) {
      if (i % problem_.channels % kinds == kind) sums[i] = of_kind[i];
    }
  }
  return sums;
}

std::vector<uint8_t> Case::Bytes(const std::vector<int64_t>& sums) const {
  std::vector<uint8_t> bytes(out_bytes());
  for (size_t i = 0; i < sums.size(); ++i) {
    const float scale_b = ScaleB(static_cast<int64_t>(i) % problem_.channels);
    const auto value = static_cast<float>(static_cast<double>(quantization_.a.scale) * scale_b *
                                          static_cast<double>(sums[i]));
    const auto wrapped = static_cast<uint32_t>(sums[i]);
    switch (options_.sum) {
      case GpuSum::kInt32:
        std::memcpy(&bytes[4 * i], &wrapped, 4);
        break;
      case GpuSum::kInt64:
        std::memcpy(&bytes[8 * i], &sums[i], 8);
        break;
      case GpuSum::kFloat:
        std::memcpy(&bytes[4 * i], &value, 4);
        break;
    }
  }
  return bytes;
}

std::string Case::Run() {
  std::vector<uint8_t> out;
  const GpuStatus status = RunAndFetch(&out);
  if (!status.ok()) return status.message();
  const std::vector<int64_t> sums = ExpectedSums();
  const std::vector<uint8_t> expected = Bytes(sums);
  if (out == expected) return "";
  const size_t width = out_bytes() / static_cast<size_t>(problem_.out_count);
  size_t wrong = 0;
  size_t first = expected.size();
  for (size_t at = 0; at < expected.size(); at += width) {
    if (std::memcmp(&out[at], &expected[at], width) == 0) continue;
    ++wrong;
    first = std::min(first, at / width);
  }
  return std::to_string(wrong) + " of " + std::to_string(problem_.out_count) +
         " outputs differ, the first at " + std::to_string(first) + ", whose sum is " +
         std::to_string(sums[first]);
}

// " of table x, kernel y, options"
std::string Where(const GpuTestTable& table, const std::string& kernel,
                  const GpuCallOptions& options, uint32_t seed) {
  return ", table " + table.name + ", " + kernel + ", " + Describe(options) + ", seed " +
         std::to_string(seed) + ": ";
}

}  // namespace

std::string Describe(const GpuCallOptions& options) {
  constexpr const char* kSums[] = {"int32", "int64", "float"};
  std::string text = kSums[static_cast<int>(options.sum)];
  if (!options.subtract_zero_points) text += ", plain sums";
  if (options.is_float_a) text += ", float a";
  if (options.is_float_b) text += ", float b";
  if (options.has_channel_zero_codes) text += ", zero codes per channel";
  if (options.has_device_quantization) text += ", quantization on the device";
  return text;
}

std::string RunConv2dCase(const GpuTable& table, const GpuTestTable& test_table,
                          const Conv2dShape& shape, GpuRole role, GpuVariant variant,
                          const GpuCallOptions& options, uint32_t seed, bool* is_skipped) {
  constexpr const char* kRoles[] = {"forward ", "input gradient ", "filter gradient "};
  const std::string what = kRoles[static_cast<int>(role)] + ProblemString(shape);
  GpuConv2d conv2d;
  const GpuStatus created = GpuConv2d::Create(&table, shape, role, variant, &conv2d);
  *is_skipped = created.kind() == GpuErrorKind::kUnsupported;
  if (*is_skipped) return "";
  if (!created.ok()) return what + ": " + created.message();

  Problem problem;
  problem.run = [&](const GpuCall& call) { return conv2d.Run(call); };
  problem.workspace_bytes = [&](const GpuCall& call) { return conv2d.WorkspaceBytes(call); };
  switch (role) {
    case GpuRole::kForward:
      problem.a_count = shape.InputCount();
      problem.b_count = shape.FilterCount();
      problem.out_count = shape.OutputCount();
      problem.channels = shape.out_c;
      problem.reference = [&](const LutView& lut, uint8_t pad, const uint8_t* a, const uint8_t* b,
                              int64_t* out) { Conv2dReference(lut, shape, pad, a, b, out); };
      break;
    case GpuRole::kInputGradient:
      problem.a_count = shape.OutputCount();
      problem.b_count = shape.FilterCount();
      problem.out_count = shape.InputCount();
      problem.channels = shape.in_c;
      problem.reference = [&](const LutView& lut, uint8_t, const uint8_t* a, const uint8_t* b,
                              int64_t* out) {
        Conv2dInputGradientReference(lut, shape, a, b, out);
      };
      break;
    case GpuRole::kFilterGradient:
      problem.a_count = shape.InputCount();
      problem.b_count = shape.OutputCount();
      problem.out_count = shape.FilterCount();
      problem.channels = shape.out_c;
      problem.reference = [&](const LutView& lut, uint8_t pad, const uint8_t* a, const uint8_t* b,
                              int64_t* out) {
        Conv2dFilterGradientReference(lut, shape, pad, a, b, out);
      };
      break;
  }
  GpuCallOptions fitting = options;
  if (role != GpuRole::kForward) fitting.has_channel_zero_codes = false;
  const std::string wrong = Case(table.gpu(), test_table, problem, fitting, seed).Run();
  return wrong.empty() ? "" : what + Where(test_table, conv2d.name(), fitting, seed) + wrong;
}

std::string RunMatmulCase(const GpuTable& table, const GpuTestTable& test_table,
                          const MatmulShape& shape, GpuVariant variant,
                          const GpuCallOptions& options, uint32_t seed, bool* is_skipped) {
  const std::string what = "matmul " + std::to_string(shape.batch) + "x" + std::to_string(shape.m) +
                           "x" + std::to_string(shape.k) + "x" + std::to_string(shape.n) +
                           (shape.broadcast_b ? " one b" : "") + (shape.transpose_a ? " a'" : "") +
                           (shape.transpose_b ? " b'" : "");
  GpuMatmul matmul;
  const GpuStatus created = GpuMatmul::Create(&table, shape, variant, &matmul);
  *is_skipped = created.kind() == GpuErrorKind::kUnsupported;
  if (*is_skipped) return "";
  if (!created.ok()) return what + ": " + created.message();

  Problem problem;
  problem.a_count = shape.ACount();
  problem.b_count = shape.BCount();
  problem.out_count = shape.OutputCount();
  problem.channels = shape.n;
  problem.reference = [&](const LutView& lut, uint8_t, const uint8_t* a, const uint8_t* b,
                          int64_t* out) { MatmulReference(lut, shape, a, b, out); };
  problem.run = [&](const GpuCall& call) { return matmul.Run(call); };
  problem.workspace_bytes = [&](const GpuCall& call) { return matmul.WorkspaceBytes(call); };
  const std::string wrong = Case(table.gpu(), test_table, problem, options, seed).Run();
  return wrong.empty() ? "" : what + Where(test_table, matmul.name(), options, seed) + wrong;
}

}  // namespace axlut
