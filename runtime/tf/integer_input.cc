// SPDX-License-Identifier: MIT
#include "runtime/tf/integer_input.h"

#include <algorithm>
#include <atomic>
#include <string>

#include "runtime/tf/nchw_patterns.h"
#include "runtime/tf/quantized_input.h"

namespace axlut {
namespace {

namespace tf = ::tensorflow;

// Writes the patterns of some values; false if one is not the operand's.
class Encoder {
 public:
  Encoder(const tf::Tensor& tensor, const OperandSpec& operand)
      : bytes_(reinterpret_cast<const uint8_t*>(tensor.tensor_data().data())),
        mask_(static_cast<uint8_t>(operand.mask())),
        sign_bit_(operand.is_signed() ? static_cast<uint8_t>(1 << (operand.width - 1)) : 0) {}

  // A byte is one of the operand's values if sign extension of its low bits gives it back.
  bool Encode(int64_t begin, int64_t count, uint8_t* patterns) const {
    uint8_t difference = 0;
    for (int64_t i = 0; i < count; ++i) {
      const uint8_t byte = bytes_[begin + i];
      const uint8_t pattern = byte & mask_;
      difference |= static_cast<uint8_t>((pattern ^ sign_bit_) - sign_bit_) ^ byte;
      patterns[i] = pattern;
    }
    return difference == 0;
  }

  // Whether every pattern is the byte itself, and there is nothing to check.
  bool is_identity() const { return mask_ == 0xFF; }

 private:
  const uint8_t* const bytes_;
  const uint8_t mask_, sign_bit_;
};

int64_t ValueAt(const tf::Tensor& tensor, int64_t i) {
  return tensor.dtype() == tf::DT_INT8 ? int64_t{tensor.flat<int8_t>()(i)}
                                       : int64_t{tensor.flat<uint8_t>()(i)};
}

absl::Status NoSuchValue(const char* name, const tf::Tensor& tensor, const OperandSpec& operand) {
  int64_t i = 0;
  while (ValueAt(tensor, i) >= operand.min_value() && ValueAt(tensor, i) <= operand.max_value()) {
    ++i;
  }
  return absl::InvalidArgumentError(
      std::string(name) + " must hold values of the table's " + ToString(operand) + " operand, " +
      std::to_string(operand.min_value()) + " .. " + std::to_string(operand.max_value()) +
      "; element " + std::to_string(i) + " is " + std::to_string(ValueAt(tensor, i)));
}

}  // namespace

absl::Status CheckIntegerType(const char* name, tf::DataType type, const OperandSpec& operand) {
  const tf::DataType expected = operand.is_signed() ? tf::DT_INT8 : tf::DT_UINT8;
  if (type == expected) return absl::OkStatus();
  return absl::InvalidArgumentError(std::string(name) + " must be " + tf::DataTypeString(expected) +
                                    " for the table's " + ToString(operand) + " operand; it is " +
                                    tf::DataTypeString(type));
}

absl::Status ReadIntegers(tf::OpKernelContext* context, const char* name, int index,
                          const OperandSpec& operand, IntegerInput* input) {
  const tf::Tensor& tensor = context->input(index);
  TF_RETURN_IF_ERROR(CheckIntegerType(name, tensor.dtype(), operand));
  const Encoder encoder(tensor, operand);
  if (encoder.is_identity()) {
    input->memory = tensor;
    input->patterns = reinterpret_cast<const uint8_t*>(tensor.tensor_data().data());
    return absl::OkStatus();
  }
  TF_RETURN_IF_ERROR(context->allocate_temp(tf::DT_UINT8, tensor.shape(), &input->memory));
  uint8_t* const patterns = input->memory.flat<uint8_t>().data();
  input->patterns = patterns;
  std::atomic<bool> all_fit{true};
  WorkersOf(context)(tensor.NumElements(), kConversionGrain, [&](int64_t begin, int64_t end) {
    if (!encoder.Encode(begin, end - begin, patterns + begin)) all_fit = false;
  });
  return all_fit ? absl::OkStatus() : NoSuchValue(name, tensor, operand);
}

absl::Status ReadNchwIntegers(tf::OpKernelContext* context, const char* name, int index,
                              const OperandSpec& operand, IntegerInput* input) {
  const tf::Tensor& tensor = context->input(index);
  const int64_t channels = tensor.dim_size(1);
  const int64_t pixels = tensor.dim_size(2) * tensor.dim_size(3);
  // Both layouts are the same.
  if (channels == 1 || pixels == 1) return ReadIntegers(context, name, index, operand, input);
  TF_RETURN_IF_ERROR(CheckIntegerType(name, tensor.dtype(), operand));
  TF_RETURN_IF_ERROR(context->allocate_temp(tf::DT_UINT8, tensor.shape(), &input->memory));
  uint8_t* const patterns = input->memory.flat<uint8_t>().data();
  input->patterns = patterns;
  const Encoder encoder(tensor, operand);
  std::atomic<bool> all_fit{true};
  ProduceNhwc(
      tensor.dim_size(0), channels, pixels, kConversionGrain, WorkersOf(context),
      [&](int64_t begin, int64_t count, uint8_t* run) {
        if (!encoder.Encode(begin, count, run)) all_fit = false;
      },
      patterns);
  return all_fit ? absl::OkStatus() : NoSuchValue(name, tensor, operand);
}

absl::Status ReadZeroPoints(tf::OpKernelContext* context, const char* name, int index,
                            const OperandSpec& operand, int64_t channels,
                            std::vector<int32_t>* zero_points) {
  const tf::Tensor& tensor = context->input(index);
  const bool is_vector = channels > 0 && tensor.dims() == 1 && tensor.dim_size(0) == channels;
  if (tensor.dims() != 0 && !is_vector) {
    const std::string vector =
        channels == 0 ? "" : " or a vector of " + std::to_string(channels) + ", one per channel";
    return absl::InvalidArgumentError(std::string(name) + " must be a scalar" + vector +
                                      "; it has the shape " + tensor.shape().DebugString());
  }
  const auto values = tensor.flat<int32_t>();
  zero_points->assign(values.data(), values.data() + values.size());
  for (const int32_t value : *zero_points) {
    if (value < operand.min_value() || value > operand.max_value()) {
      return absl::InvalidArgumentError(
          std::string(name) + " must be a value of the table's " + ToString(operand) +
          " operand, " + std::to_string(operand.min_value()) + " .. " +
          std::to_string(operand.max_value()) + "; it is " + std::to_string(value));
    }
  }
  return absl::OkStatus();
}

}  // namespace axlut
