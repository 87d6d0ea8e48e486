// SPDX-License-Identifier: MIT
#include "runtime/tf/quantized_input.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <string>

#include "runtime/tf/nchw_patterns.h"
#include "tensorflow/core/platform/threadpool.h"

namespace axlut {
namespace {

namespace tf = ::tensorflow;

std::string RangeName(const InputPlace& place) { return std::string(place.name) + "_range"; }

// A tensor as [outer, channels, inner], the channels being the axis that has ranges, or the axes.
struct AxisView {
  int64_t outer = 1, channels = 1, inner = 1;
  int64_t last_axis = 1;  // size of the last of the axes
};

absl::Status ViewAxis(const tf::Tensor& tensor, const InputPlace& place,
                      const InputQuantization& quantization, AxisView* view) {
  const int dimensions = tensor.dims(), axis = quantization.axis;
  if (axis == InputQuantization::kNoAxis || dimensions == 0) {
    view->inner = tensor.NumElements();
    return absl::OkStatus();
  }
  const int positive = axis < 0 ? axis + dimensions : axis;
  if (positive < 0 || positive >= dimensions) {
    return absl::InvalidArgumentError("axis must be a dimension of " + std::string(place.name) +
                                      ", whose shape is " + tensor.shape().DebugString() +
                                      "; it is " + std::to_string(axis));
  }
  for (int i = 0; i < positive; ++i) view->outer *= tensor.dim_size(i);
  const int end = std::min(positive + quantization.merged, dimensions);
  for (int i = positive; i < end; ++i) view->channels *= tensor.dim_size(i);
  view->last_axis = tensor.dim_size(end - 1);
  for (int i = end; i < dimensions; ++i) view->inner *= tensor.dim_size(i);
  return absl::OkStatus();
}

// One range, or one per channel.
absl::Status CheckVectorRange(tf::OpKernelContext* context, const InputPlace& place,
                              const AxisView& view) {
  for (const int end : {place.range_min, place.range_min + 1}) {
    const tf::TensorShape& shape = context->input(end).shape();
    const int64_t count = shape.dims() == 1 ? shape.dim_size(0) : 0;
    if (shape.dims() != 0 && count != view.channels && (count == 0 || count != view.last_axis)) {
      return absl::InvalidArgumentError(
          RangeName(place) + " must be scalars or vectors of " + std::to_string(view.channels) +
          ", one per channel; one has the shape " + shape.DebugString());
    }
  }
  return absl::OkStatus();
}

absl::Status NudgeRanges(tf::OpKernelContext* context, const InputPlace& place,
                         const InputQuantization& quantization, const AxisView& view,
                         std::vector<NudgedRange>* ranges) {
  if (quantization.axis == InputQuantization::kNoAxis) {
    TF_RETURN_IF_ERROR(CheckScalarRange(context, place));
  } else {
    TF_RETURN_IF_ERROR(CheckVectorRange(context, place, view));
  }
  const tf::Tensor& min = context->input(place.range_min);
  const tf::Tensor& max = context->input(place.range_min + 1);
  const bool is_vector = min.dims() + max.dims() > 0;
  const int64_t count = is_vector ? view.channels : 1;
  const bool is_empty = context->input(place.tensor).NumElements() == 0;
  const auto end = [&](const tf::Tensor& ends, int64_t channel) {
    return is_empty ? 0.0f : ends.flat<float>()(channel % ends.NumElements());
  };
  for (int64_t channel = 0; channel < count; ++channel) {
    const std::string name =
        is_vector ? RangeName(place) + "[" + std::to_string(channel) + "]" : RangeName(place);
    const auto range = NudgeRange(end(min, channel), end(max, channel), quantization.operand.width,
                                  name, quantization.narrow);
    if (!range.ok()) return ToStatus(range.error());
    ranges->push_back(*range);
  }
  return absl::OkStatus();
}

absl::Status NanError(const InputPlace& place, const tf::Tensor& tensor) {
  const FloatReader reader(tensor);
  float buffer[FloatReader::kMaxCount];
  for (int64_t begin = 0; begin < tensor.NumElements(); begin += FloatReader::kMaxCount) {
    const int64_t count = std::min(FloatReader::kMaxCount, tensor.NumElements() - begin);
    const float* const values = reader.Read(begin, count, buffer);
    const float* const nan =
        std::find_if(values, values + count, [](float value) { return std::isnan(value); });
    if (nan == values + count) continue;
    return absl::InvalidArgumentError(std::string(place.name) + " must not hold NaN; element " +
                                      std::to_string(begin + (nan - values)) + " is one");
  }
  return absl::InternalError("a NaN was reported but cannot be found");
}

template <typename T>
void Convert(const void* data, int64_t begin, int64_t count, float* buffer) {
  const T* const values = static_cast<const T*>(data) + begin;
  for (int64_t i = 0; i < count; ++i) buffer[i] = static_cast<float>(values[i]);
}

// Calls body(begin, count) for pieces of [begin, end) that a FloatReader can read at once.
template <typename Body>
void ForPieces(int64_t begin, int64_t end, const Body& body) {
  for (int64_t i = begin; i < end; i += FloatReader::kMaxCount) {
    body(i, std::min(FloatReader::kMaxCount, end - i));
  }
}

}  // namespace

ParallelFor WorkersOf(tf::OpKernelContext* context) {
  const auto* const workers = context->device()->tensorflow_cpu_worker_threads();
  return [workers](int64_t count, int64_t grain, const RangeBody& body) {
    if (count <= 0) return;
    // A few blocks per thread even out unequal progress; more would only cost scheduling.
    const int64_t blocks = int64_t{4} * workers->num_threads;
    const int64_t block = std::max(grain, (count + blocks - 1) / blocks);
    workers->workers->ParallelFor(count, tf::thread::ThreadPool::SchedulingParams::Fixed(block),
                                  body);
  };
}

absl::Status ToStatus(const Error& error) {
  // "error" in front of a message without a place would only repeat what the exception says.
  constexpr char kPrefix[] = "error: ";
  const std::string text = error.ToString();
  const bool has_prefix = text.compare(0, sizeof(kPrefix) - 1, kPrefix) == 0;
  return absl::InvalidArgumentError(has_prefix ? text.substr(sizeof(kPrefix) - 1) : text);
}

absl::Status CheckScalarRange(tf::OpKernelContext* context, const InputPlace& place) {
  for (const int end : {place.range_min, place.range_min + 1}) {
    const tf::TensorShape& shape = context->input(end).shape();
    if (shape.dims() != 0) {
      return absl::InvalidArgumentError(
          RangeName(place) + " must be two scalars; one has the shape " + shape.DebugString());
    }
  }
  return absl::OkStatus();
}

FloatReader::FloatReader(const tf::Tensor& tensor)
    : type_(tensor.dtype()), data_(tensor.tensor_data().data()) {}

const float* FloatReader::Read(int64_t begin, int64_t count, float* buffer) const {
  if (type_ == tf::DT_FLOAT) return static_cast<const float*>(data_) + begin;
  if (type_ == tf::DT_HALF) {
    Convert<Eigen::half>(data_, begin, count, buffer);
  } else {
    Convert<tf::bfloat16>(data_, begin, count, buffer);
  }
  return buffer;
}

std::vector<int32_t> QuantizedInput::ZeroPoints(Signedness signedness) const {
  std::vector<int32_t> points;
  for (const NudgedRange& range : ranges) points.push_back(ZeroPoint(range, signedness));
  return points;
}

absl::Status QuantizeInput(tf::OpKernelContext* context, const InputPlace& place,
                           const InputQuantization& quantization, QuantizedInput* quantized) {
  const tf::Tensor& tensor = context->input(place.tensor);
  const Signedness signedness = quantization.operand.signedness;
  AxisView view;
  TF_RETURN_IF_ERROR(ViewAxis(tensor, place, quantization, &view));
  TF_RETURN_IF_ERROR(NudgeRanges(context, place, quantization, view, &quantized->ranges));
  TF_RETURN_IF_ERROR(context->allocate_temp(tf::DT_UINT8, tensor.shape(), &quantized->patterns));
  uint8_t* const patterns = quantized->patterns.flat<uint8_t>().data();
  const FloatReader reader(tensor);
  const std::vector<NudgedRange>& ranges = quantized->ranges;
  const ChannelRanges by_channel(ranges, signedness);
  std::atomic<bool> all_numbers{true};
  // A run has one range, or is one of the channels: whatever lies together in memory.
  const bool in_rows = ranges.size() > 1 && view.inner == 1;
  const int64_t run = ranges.size() == 1 ? tensor.NumElements()
                      : in_rows          ? view.channels
                                         : view.inner;
  const auto quantize = [&](int64_t begin, int64_t count) {
    float buffer[FloatReader::kMaxCount];
    const float* const values = reader.Read(begin, count, buffer);
    const bool are_numbers = in_rows
                                 ? by_channel.Quantize(values, begin % run, count, patterns + begin)
                                 : QuantizeToPatterns(ranges[begin / run % ranges.size()],
                                                      signedness, values, count, patterns + begin);
    if (!are_numbers) all_numbers = false;
  };
  WorkersOf(context)(tensor.NumElements(), kConversionGrain, [&](int64_t begin, int64_t end) {
    while (begin < end) {
      const int64_t run_end = std::min(end, begin - begin % run + run);
      ForPieces(begin, run_end, quantize);
      begin = run_end;
    }
  });
  return all_numbers ? absl::OkStatus() : NanError(place, tensor);
}

absl::Status QuantizeNchwInput(tf::OpKernelContext* context, const InputPlace& place,
                               const InputQuantization& quantization, QuantizedInput* quantized) {
  const tf::Tensor& tensor = context->input(place.tensor);
  const int64_t channels = tensor.dim_size(1);
  const int64_t pixels = tensor.dim_size(2) * tensor.dim_size(3);
  // Both layouts are the same.
  if (channels == 1 || pixels == 1) return QuantizeInput(context, place, quantization, quantized);
  TF_RETURN_IF_ERROR(NudgeRanges(context, place, quantization, {}, &quantized->ranges));
  TF_RETURN_IF_ERROR(context->allocate_temp(
      tf::DT_UINT8, tf::TensorShape({tensor.dim_size(0), pixels, channels}), &quantized->patterns));
  uint8_t* const patterns = quantized->patterns.flat<uint8_t>().data();
  const FloatReader reader(tensor);
  const NudgedRange& range = quantized->ranges[0];
  std::atomic<bool> all_numbers{true};
  const auto quantize = [&](int64_t begin, int64_t count, uint8_t* run) {
    float buffer[FloatReader::kMaxCount];
    const float* const values = reader.Read(begin, count, buffer);
    if (!QuantizeToPatterns(range, quantization.operand.signedness, values, count, run)) {
      all_numbers = false;
    }
  };
  ProduceNhwc(tensor.dim_size(0), channels, pixels, kConversionGrain, WorkersOf(context), quantize,
              patterns);
  return all_numbers ? absl::OkStatus() : NanError(place, tensor);
}

}  // namespace axlut
