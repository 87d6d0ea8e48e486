// SPDX-License-Identifier: MIT
#include "kernels/cuda/gpu_conv2d.h"

#include <array>
#include <initializer_list>
#include <limits>

#include "kernels/cuda/choice.h"
#include "kernels/cuda/launches.h"
#include "kernels/cuda/sum_range.h"

namespace axlut {
namespace {

constexpr int64_t kMaxElements = std::numeric_limits<int32_t>::max();

std::string Describe(const Conv2dShape& shape, GpuRole role) {
  const auto pair = [](int64_t y, int64_t x) {
    return std::to_string(y) + "x" + std::to_string(x);
  };
  constexpr const char* kRoles[] = {"conv2d", "input gradient of conv2d",
                                    "filter gradient of conv2d"};
  return std::string(kRoles[static_cast<int>(role)]) + " n" + std::to_string(shape.batch) + "h" +
         std::to_string(shape.in_h) + "w" + std::to_string(shape.in_w) + "c" +
         std::to_string(shape.in_c) + "_k" + pair(shape.kernel_h, shape.kernel_w) + "o" +
         std::to_string(shape.out_c) + "s" + pair(shape.stride_h, shape.stride_w) + "d" +
         pair(shape.dilation_h, shape.dilation_w) + "g" + std::to_string(shape.groups);
}

// The first number that is no size, as "in_h is 0"; "" if all are.
std::string FindNonPositive(const Conv2dShape& s) {
  const struct {
    const char* name;
    int64_t value;
  } sizes[] = {{"in_h", s.in_h},
               {"in_w", s.in_w},
               {"in_c", s.in_c},
               {"kernel_h", s.kernel_h},
               {"kernel_w", s.kernel_w},
               {"out_h", s.out_h},
               {"out_w", s.out_w},
               {"out_c", s.out_c},
               {"stride_h", s.stride_h},
               {"stride_w", s.stride_w},
               {"dilation_h", s.dilation_h},
               {"dilation_w", s.dilation_w},
               {"groups", s.groups},
               {"batch", s.batch}};
  for (const auto& size : sizes) {
    if (size.value < 1 || size.value > kMaxElements) {
      return std::string(size.name) + " is " + std::to_string(size.value);
    }
  }
  return "";
}

// Whether the product of up to six sizes below 2^31 is below 2^31.
bool IsSmallProduct(std::initializer_list<int64_t> sizes) {
  int64_t product = 1;
  for (const int64_t size : sizes) {
    if (product > kMaxElements / size) return false;
    product *= size;
  }
  return true;
}

GpuStatus CheckShape(const Conv2dShape& s) {
  const auto refuse = [](const std::string& why) {
    return GpuStatus(GpuErrorKind::kInvalidArgument, why);
  };
  const std::string wrong = FindNonPositive(s);
  if (!wrong.empty()) return refuse("sizes must be 1 .. 2^31 - 1; " + wrong);
  if (s.in_c % s.groups != 0 || s.out_c % s.groups != 0) {
    return refuse("channels must be multiples of the groups; there are " + std::to_string(s.in_c) +
                  " input and " + std::to_string(s.out_c) + " output channels in " +
                  std::to_string(s.groups) + " groups");
  }
  if (!IsSmallProduct({s.batch, s.in_h, s.in_w, s.in_c}) ||
      !IsSmallProduct({s.kernel_h, s.kernel_w, s.GroupInC(), s.out_c}) ||
      !IsSmallProduct({s.batch, s.out_h, s.out_w, s.out_c})) {
    return refuse("tensors must have less than 2^31 elements");
  }
  // Positions of taps, the padding included, are computed in 32 bits.
  for (const auto& [out, stride, kernel, dilation, pad] :
       {std::array{s.out_h, s.stride_h, s.kernel_h, s.dilation_h, s.pad_top},
        std::array{s.out_w, s.stride_w, s.kernel_w, s.dilation_w, s.pad_left}}) {
    if (pad < 0 || pad > kMaxElements / 4 || !IsSmallProduct({out, stride, 4}) ||
        !IsSmallProduct({kernel, dilation, 4})) {
      return refuse("a window must lie within 2^29 of the image; padding " + std::to_string(pad) +
                    ", stride " + std::to_string(stride) + ", dilation " +
                    std::to_string(dilation));
    }
  }
  return {};
}

GpuProblem ProblemOf(const Conv2dShape& s, GpuRole role) {
  GpuProblem problem;
  problem.is_depthwise = s.groups > 1 && s.GroupInC() == 1;
  problem.is_forward = role == GpuRole::kForward;
  problem.count = s.groups;
  const int64_t taps = s.kernel_h * s.kernel_w;
  switch (role) {
    case GpuRole::kForward:
      problem.rows = s.batch * s.out_h * s.out_w;
      problem.columns = s.GroupOutC();
      problem.depth = s.Depth();
      if (problem.is_depthwise) problem.planes_filled = DepthwisePlanesFilled(s);
      break;
    case GpuRole::kInputGradient:
      problem.rows = s.batch * s.in_h * s.in_w;
      problem.columns = s.GroupInC();
      problem.depth = taps * s.GroupOutC();
      break;
    case GpuRole::kFilterGradient:
      problem.rows = s.Depth();
      problem.columns = s.GroupOutC();
      problem.depth = s.batch * s.out_h * s.out_w;
      break;
  }
  return problem;
}

int64_t OutputCount(const Conv2dShape& s, GpuRole role) {
  switch (role) {
    case GpuRole::kForward:
      return s.OutputCount();
    case GpuRole::kInputGradient:
      return s.InputCount();
    case GpuRole::kFilterGradient:
      return s.FilterCount();
  }
  return 0;
}

bool RunsDepthwiseKernel(const Conv2dShape& s, GpuRole role, GpuVariant variant) {
  return ProblemOf(s, role).is_depthwise &&
         (variant == GpuVariant::kTexture || variant == GpuVariant::kL1);
}

GpuStatus LaunchIntegers(const Conv2dLaunch& launch) {
  if (launch.variant != GpuVariant::kTensor) {
    return RunsDepthwiseKernel(launch.shape, launch.role, launch.variant)
               ? LaunchDepthwiseConv2d(launch)
               : LaunchLookupConv2d(launch);
  }
  AXLUT_RETURN_IF_GPU_ERROR(LaunchTensorConv2d(launch));
  if (launch.table->residual() == nullptr) return {};
  Conv2dLaunch residual = launch;
  GpuCall call = *launch.call;
  call.subtract_zero_points = false;  // the terms' kernel has done it
  residual.call = &call;
  residual.table = launch.table->residual();
  residual.add_to_out = true;
  residual.variant = BestLookupVariant(*residual.table, ProblemOf(launch.shape, launch.role));
  return LaunchLookupConv2d(residual);
}

}  // namespace

GpuStatus GpuConv2d::Create(const GpuTable* table, const Conv2dShape& shape, GpuRole role,
                            GpuVariant variant, GpuConv2d* conv2d) {
  AXLUT_RETURN_IF_GPU_ERROR(CheckShape(shape).In(Describe(shape, role)));
  GpuConv2d made;
  made.table_ = table;
  made.shape_ = shape;
  made.role_ = role;
  AXLUT_RETURN_IF_GPU_ERROR(
      ChooseGpuVariant(*table, ProblemOf(shape, role), variant, &made.variant_)
          .In(Describe(shape, role)));
  *conv2d = made;
  return {};
}

// Floats come from integers in the workspace where a kernel does not hold a whole sum at its end:
// sums beyond 32 bits, sums of two kernels, and the depthwise filter gradient's, to which several
// blocks add (lookup/ does that in the output itself).
bool GpuConv2d::SumsInWorkspace(const GpuCall& call) const {
  if (call.sum != GpuSum::kFloat) return false;
  return (role_ == GpuRole::kFilterGradient && RunsDepthwiseKernel(shape_, role_, variant_)) ||
         (variant_ == GpuVariant::kTensor && table_->residual() != nullptr) ||
         !SumsFitInt32(*table_, ProblemOf(shape_, role_).depth, call.subtract_zero_points);
}

size_t GpuConv2d::WorkspaceBytes(const GpuCall& call) const {
  return (SumsInWorkspace(call) ? SumsWorkspaceBytes(OutputCount(shape_, role_)) : 0) +
         (variant_ == GpuVariant::kTensor ? TensorWorkspaceBytes(*table_, shape_) : 0);
}

GpuStatus GpuConv2d::Run(const GpuCall& call) const {
  const bool in_workspace = SumsInWorkspace(call);
  const GpuCall integers =
      in_workspace ? WithSumsInWorkspace(call, OutputCount(shape_, role_)) : call;
  const Conv2dLaunch launch = {table_, shape_, role_, variant_, &integers, false};
  AXLUT_RETURN_IF_GPU_ERROR(LaunchIntegers(launch).In(Describe(shape_, role_)));
  if (!in_workspace) return {};
  const int64_t last = role_ == GpuRole::kInputGradient ? shape_.in_c : shape_.out_c;
  return LaunchSumsToFloat(table_->gpu(), call, static_cast<const int64_t*>(call.workspace),
                           OutputCount(shape_, role_), last, static_cast<float*>(call.out))
      .In(Describe(shape_, role_));
}

std::string GpuConv2d::name() const {
  if (RunsDepthwiseKernel(shape_, role_, variant_)) {
    return "depthwise_" + std::string(Name(variant_));
  }
  if (variant_ != GpuVariant::kTensor) return "lookup_" + std::string(Name(variant_));
  return table_->residual() == nullptr ? "tensor" : "tensor+lookup";
}

}  // namespace axlut
