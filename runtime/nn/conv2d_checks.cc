// SPDX-License-Identifier: MIT
#include "runtime/nn/conv2d_checks.h"

#include <fmt/format.h>

#include <cstdint>
#include <limits>

namespace axlut {
namespace {

// So that no index (int64_t) can overflow.
constexpr double kMaxCount = 1e15;

struct NamedSize {
  const char* name;
  int64_t value;
  int64_t min;
};

}  // namespace

Result<void> CheckConv2dSizes(const Conv2dShape& s) {
  const NamedSize sizes[] = {
      {"batch", s.batch, 0},
      {"in_h", s.in_h, 0},
      {"in_w", s.in_w, 0},
      {"in_c", s.in_c, 1},
      {"kernel_h", s.kernel_h, 1},
      {"kernel_w", s.kernel_w, 1},
      {"out_h", s.out_h, 0},
      {"out_w", s.out_w, 0},
      {"out_c", s.out_c, 1},
      {"stride_h", s.stride_h, 1},
      {"stride_w", s.stride_w, 1},
      {"dilation_h", s.dilation_h, 1},
      {"dilation_w", s.dilation_w, 1},
      {"pad_top", s.pad_top, 0},
      {"pad_left", s.pad_left, 0},
      {"groups", s.groups, 1},
  };
  for (const NamedSize& size : sizes) {
    if (size.value < size.min || size.value > std::numeric_limits<int32_t>::max()) {
      return Error::InvalidInput(fmt::format("{} of a convolution must be {}..{}, got {}",
                                             size.name, size.min,
                                             std::numeric_limits<int32_t>::max(), size.value));
    }
  }
  if (s.in_c % s.groups != 0 || s.out_c % s.groups != 0) {
    return Error::InvalidInput(
        fmt::format("channels of a convolution must be multiples of its groups, got {} input and "
                    "{} output channels in {} groups",
                    s.in_c, s.out_c, s.groups));
  }
  const auto product = [](std::initializer_list<int64_t> factors) {
    double result = 1;
    for (int64_t factor : factors) result *= static_cast<double>(factor);
    return result;
  };
  for (double count :
       {product({s.batch, s.in_h, s.in_w, s.in_c}), product({s.batch, s.out_h, s.out_w, s.out_c}),
        product({s.kernel_h, s.kernel_w, s.GroupInC(), s.out_c})}) {
    if (count > kMaxCount) {
      return Error::Unsupported(fmt::format(
          "tensors of a convolution have at most {:g} elements, got {:g}", kMaxCount, count));
    }
  }
  return {};
}

Result<void> CheckZeroPoint(const char* operand, const OperandSpec& spec, int32_t zero) {
  if (zero < spec.min_value() || zero > spec.max_value()) {
    return Error::InvalidInput(fmt::format("zero point of the {} {} must be {}..{}, got {}",
                                           ToString(spec), operand, spec.min_value(),
                                           spec.max_value(), zero));
  }
  return {};
}

Result<void> CheckConv2dArguments(const TruthTable& table, const Conv2dShape& shape,
                                  const std::vector<uint8_t>& filter, int32_t zero_a,
                                  const std::vector<int32_t>& zero_b) {
  AXLUT_RETURN_IF_ERROR(CheckConv2dSizes(shape));
  if (filter.size() != static_cast<size_t>(shape.FilterCount())) {
    return Error::InvalidInput(fmt::format(
        "filter of a {}x{}x{}x{} convolution needs {} codes, got {}", shape.kernel_h,
        shape.kernel_w, shape.GroupInC(), shape.out_c, shape.FilterCount(), filter.size()));
  }
  if (zero_b.size() != 1 && zero_b.size() != static_cast<size_t>(shape.out_c)) {
    return Error::InvalidInput(
        fmt::format("filter of {} output channels needs 1 or {} zero points, got {}", shape.out_c,
                    shape.out_c, zero_b.size()));
  }
  AXLUT_RETURN_IF_ERROR(CheckZeroPoint("activation", table.a(), zero_a));
  for (int32_t zero : zero_b) AXLUT_RETURN_IF_ERROR(CheckZeroPoint("filter", table.b(), zero));
  return {};
}

}  // namespace axlut
