// SPDX-License-Identifier: MIT
#include "runtime/tf/quantized_input.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <string>

#include "tensorflow/core/platform/threadpool.h"

namespace axlut {
namespace {

namespace tf = ::tensorflow;

Result<NudgedRange> RangeOf(tf::OpKernelContext* context, const InputPlace& place, int width) {
  const std::string name = std::string(place.name) + "_range";
  if (context->input(place.tensor).NumElements() == 0) return NudgeRange(0, 0, width, name);
  return NudgeRange(context->input(place.range_min).scalar<float>()(),
                    context->input(place.range_min + 1).scalar<float>()(), width, name);
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

absl::Status CheckRange(tf::OpKernelContext* context, const InputPlace& place) {
  for (const int end : {place.range_min, place.range_min + 1}) {
    const tf::TensorShape& shape = context->input(end).shape();
    if (shape.dims() != 0) {
      return absl::InvalidArgumentError(std::string(place.name) +
                                        "_range must be two scalars; one has the shape " +
                                        shape.DebugString());
    }
  }
  return absl::OkStatus();
}

absl::Status QuantizeInput(tf::OpKernelContext* context, const InputPlace& place,
                           const OperandSpec& operand, QuantizedInput* quantized) {
  TF_RETURN_IF_ERROR(CheckRange(context, place));
  const auto range = RangeOf(context, place, operand.width);
  if (!range.ok()) return ToStatus(range.error());
  quantized->range = *range;
  const tf::Tensor& tensor = context->input(place.tensor);
  TF_RETURN_IF_ERROR(context->allocate_temp(tf::DT_UINT8, tensor.shape(), &quantized->patterns));
  const float* const values = tensor.flat<float>().data();
  uint8_t* const patterns = quantized->patterns.flat<uint8_t>().data();
  const int64_t count = tensor.NumElements();
  std::atomic<bool> all_numbers{true};
  WorkersOf(context)(count, kConversionGrain, [&](int64_t begin, int64_t end) {
    if (!QuantizeToPatterns(*range, operand.signedness, values + begin, end - begin,
                            patterns + begin)) {
      all_numbers = false;
    }
  });
  if (all_numbers) return absl::OkStatus();
  const auto* const nan =
      std::find_if(values, values + count, [](float value) { return std::isnan(value); });
  return absl::InvalidArgumentError(std::string(place.name) + " must not hold NaN; element " +
                                    std::to_string(nan - values) + " is one");
}

}  // namespace axlut
