// SPDX-License-Identifier: MIT
#include "kernels/cuda/lookup/lookup_problem.h"

#include <algorithm>
#include <initializer_list>
#include <numeric>

#include "kernels/ceil_div.h"
#include "kernels/cuda/lookup/tile_storage.h"
#include "kernels/cuda/make_params.h"

namespace axlut {
namespace {

// Whether four neighbours can be read at once where a line begins at a multiple of these sizes.
bool IsAligned(const GpuOperand& operand, std::initializer_list<int64_t> sizes) {
  const uintptr_t bytes = operand.is_float ? 4 * sizeof(float) : 4;
  return reinterpret_cast<uintptr_t>(operand.data) % bytes == 0 &&
         std::all_of(sizes.begin(), sizes.end(), [](int64_t size) { return size % 4 == 0; });
}

MatrixParams MakeMatrix(const GpuOperand& operand, int64_t group_stride, int64_t stride,
                        bool k_is_contiguous) {
  MatrixParams matrix;
  matrix.group_stride = static_cast<uint32_t>(group_stride);
  matrix.stride = static_cast<uint32_t>(stride);
  matrix.k_is_contiguous = k_is_contiguous;
  matrix.is_aligned = IsAligned(operand, {group_stride, stride});
  return matrix;
}

WindowParams MakeWindows(const GpuOperand& operand, const Conv2dShape& s) {
  WindowParams windows;
  windows.out_h = MakeFastDivider(s.out_h);
  windows.out_w = MakeFastDivider(s.out_w);
  windows.kernel_w = MakeFastDivider(s.kernel_w);
  windows.channels = MakeFastDivider(s.GroupInC());
  windows.in_h = static_cast<int32_t>(s.in_h);
  windows.in_w = static_cast<int32_t>(s.in_w);
  windows.in_c = static_cast<int32_t>(s.in_c);
  windows.stride_h = static_cast<int32_t>(s.stride_h);
  windows.stride_w = static_cast<int32_t>(s.stride_w);
  windows.dilation_h = static_cast<int32_t>(s.dilation_h);
  windows.dilation_w = static_cast<int32_t>(s.dilation_w);
  windows.pad_top = static_cast<int32_t>(s.pad_top);
  windows.pad_left = static_cast<int32_t>(s.pad_left);
  windows.is_aligned = IsAligned(operand, {s.in_c, s.GroupInC()});
  return windows;
}

GradientDimension MakeDimension(int64_t in_size, int64_t out_size, int64_t kernel_size,
                                int64_t stride, int64_t dilation, int64_t pad) {
  GradientDimension d;
  d.in_size = static_cast<int32_t>(in_size);
  d.out_size = static_cast<int32_t>(out_size);
  d.kernel_size = static_cast<int32_t>(kernel_size);
  d.stride = static_cast<int32_t>(stride);
  d.dilation = static_cast<int32_t>(dilation);
  d.pad = static_cast<int32_t>(pad);
  const int64_t divisor = std::gcd(stride, dilation);
  d.period = static_cast<int32_t>(stride / divisor);
  d.step = static_cast<int32_t>(dilation / divisor);
  d.phase_size = MakeFastDivider(CeilDiv(in_size, stride));
  d.phase_count = MakeFastDivider(std::min(stride, in_size));
  return d;
}

// Taps of the phase that has most.
int64_t MostTaps(const GradientDimension& d) {
  return (int64_t{d.kernel_size} + d.period - 1) / d.period;
}

bool IsPointwise(const Conv2dShape& s) {
  return s.kernel_h == 1 && s.kernel_w == 1 && s.stride_h == 1 && s.stride_w == 1 &&
         s.pad_top == 0 && s.pad_left == 0 && s.out_h == s.in_h && s.out_w == s.in_w;
}

int64_t ChunksOf(int64_t k) { return CeilDiv(k, kTileDepth); }

void SetSizes(int64_t m, int64_t n, int64_t k, LookupProblem* problem) {
  problem->params.m = static_cast<uint32_t>(m);
  problem->params.n = static_cast<uint32_t>(n);
  problem->params.k = static_cast<uint32_t>(k);
  problem->chunks = ChunksOf(k);
}

void SetOutput(int64_t stride, int64_t group_stride, int64_t count, LookupProblem* problem) {
  problem->params.out_stride = static_cast<uint32_t>(stride);
  problem->params.out_group_stride = static_cast<uint32_t>(group_stride);
  problem->out_count = count;
}

void MakeForward(const Conv2dLaunch& launch, LookupProblem* problem) {
  const Conv2dShape& s = launch.shape;
  const GpuCall& call = *launch.call;
  SetSizes(s.batch * s.out_h * s.out_w, s.GroupOutC(), s.Depth(), problem);
  SetOutput(s.out_c, s.GroupOutC(), s.OutputCount(), problem);
  problem->params.channel_group_stride = static_cast<uint32_t>(s.GroupOutC());
  problem->channels = s.out_c;
  problem->params.b = MakeMatrix(call.b, s.GroupOutC(), s.out_c, false);
  if (IsPointwise(s)) {
    problem->params.a = MakeMatrix(call.a, s.GroupInC(), s.in_c, true);
  } else {
    problem->role = LookupRole::kForward;
    problem->params.windows = MakeWindows(call.a, s);
  }
}

void MakeInputGradient(const Conv2dLaunch& launch, LookupProblem* problem) {
  const Conv2dShape& s = launch.shape;
  const GpuCall& call = *launch.call;
  TileProductParams& params = problem->params;
  if (IsPointwise(s)) {
    SetSizes(s.batch * s.in_h * s.in_w, s.GroupInC(), s.GroupOutC(), problem);
    SetOutput(s.in_c, s.GroupInC(), s.InputCount(), problem);
    params.a = MakeMatrix(call.a, s.GroupOutC(), s.out_c, true);
    params.b = MakeMatrix(call.b, s.GroupOutC(), s.out_c, true);
    return;
  }
  problem->role = LookupRole::kInputGradient;
  GradientParams& g = params.gradient;
  g.h = MakeDimension(s.in_h, s.out_h, s.kernel_h, s.stride_h, s.dilation_h, s.pad_top);
  g.w = MakeDimension(s.in_w, s.out_w, s.kernel_w, s.stride_w, s.dilation_w, s.pad_left);
  g.blocks_per_tap = MakeFastDivider(ChunksOf(s.GroupOutC()));
  g.in_c = static_cast<int32_t>(s.in_c);
  g.out_c = static_cast<int32_t>(s.out_c);
  g.group_in_c = static_cast<int32_t>(s.GroupInC());
  g.group_out_c = static_cast<int32_t>(s.GroupOutC());
  g.is_aligned = IsAligned(call.a, {s.out_c, s.GroupOutC()}) && IsAligned(call.b, {});
  const int64_t taps = MostTaps(g.h) * MostTaps(g.w);
  SetSizes(int64_t{s.batch} * g.h.phase_size.divisor * g.w.phase_size.divisor, s.GroupInC(),
           taps * s.GroupOutC(), problem);
  SetOutput(0, 0, s.InputCount(), problem);
  problem->phases = int64_t{g.h.phase_count.divisor} * g.w.phase_count.divisor;
  problem->chunks = taps * g.blocks_per_tap.divisor;
}

void MakeFilterGradient(const Conv2dLaunch& launch, LookupProblem* problem) {
  const Conv2dShape& s = launch.shape;
  const GpuCall& call = *launch.call;
  SetSizes(s.Depth(), s.GroupOutC(), s.batch * s.out_h * s.out_w, problem);
  SetOutput(s.out_c, s.GroupOutC(), s.FilterCount(), problem);
  problem->params.b = MakeMatrix(call.b, s.GroupOutC(), s.out_c, false);
  if (IsPointwise(s)) {
    problem->params.a = MakeMatrix(call.a, s.GroupInC(), s.in_c, false);
  } else {
    problem->role = LookupRole::kFilterGradient;
    problem->params.windows = MakeWindows(call.a, s);
  }
}

}  // namespace

LookupProblem MakeLookupProblem(const Conv2dLaunch& launch) {
  LookupProblem problem;
  problem.params.call = MakeCallParams(*launch.call, launch.add_to_out);
  problem.groups = launch.shape.groups;
  switch (launch.role) {
    case GpuRole::kForward:
      MakeForward(launch, &problem);
      break;
    case GpuRole::kInputGradient:
      MakeInputGradient(launch, &problem);
      break;
    case GpuRole::kFilterGradient:
      MakeFilterGradient(launch, &problem);
      break;
  }
  return problem;
}

LookupProblem MakeLookupProblem(const MatmulLaunch& launch) {
  const GpuCall& call = *launch.call;
  const MatmulShape& s = launch.shape;
  // One B for all: one product with more rows.
  const bool is_one = s.broadcast_b && !s.transpose_a;
  LookupProblem problem;
  problem.params.call = MakeCallParams(call, launch.add_to_out);
  problem.groups = is_one ? 1 : s.batch;
  SetSizes(is_one ? s.batch * s.m : s.m, s.n, s.k, &problem);
  SetOutput(s.n, s.m * s.n, s.OutputCount(), &problem);
  problem.channels = s.n;
  problem.params.a =
      MakeMatrix(call.a, is_one ? 0 : s.m * s.k, s.transpose_a ? s.m : s.k, !s.transpose_a);
  problem.params.b =
      MakeMatrix(call.b, s.broadcast_b ? 0 : s.k * s.n, s.transpose_b ? s.k : s.n, s.transpose_b);
  return problem;
}

}  // namespace axlut
