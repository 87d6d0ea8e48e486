// SPDX-License-Identifier: MIT
#include "kernels/cuda/gpu_matmul.h"

#include <algorithm>
#include <limits>

#include "kernels/cuda/choice.h"
#include "kernels/cuda/launches.h"
#include "kernels/cuda/sum_range.h"

namespace axlut {
namespace {

constexpr int64_t kMaxElements = std::numeric_limits<int32_t>::max();

std::string Describe(const MatmulShape& shape) {
  return "matrix product " + std::to_string(shape.batch) + " x [" + std::to_string(shape.m) + "x" +
         std::to_string(shape.k) + "] x [" + std::to_string(shape.k) + "x" +
         std::to_string(shape.n) + "]";
}

GpuStatus CheckShape(const MatmulShape& shape) {
  const int64_t most = kMaxElements / std::max<int64_t>(shape.batch, 1);
  for (const int64_t size : {shape.batch, shape.m, shape.k, shape.n}) {
    if (size < 1 || size > kMaxElements) {
      return {GpuErrorKind::kInvalidArgument,
              "sizes must be 1 .. 2^31 - 1; one is " + std::to_string(size)};
    }
  }
  if (shape.m > most / shape.k || shape.k > most / shape.n || shape.m > most / shape.n) {
    return {GpuErrorKind::kInvalidArgument, "matrices must have less than 2^31 elements"};
  }
  return {};
}

GpuProblem ProblemOf(const MatmulShape& shape) {
  GpuProblem problem;
  problem.rows = shape.m;
  problem.columns = shape.n;
  problem.depth = shape.k;
  problem.count = shape.batch;
  return problem;
}

GpuStatus LaunchIntegers(const MatmulLaunch& launch) {
  if (launch.variant != GpuVariant::kTensor) return LaunchLookupMatmul(launch);
  AXLUT_RETURN_IF_GPU_ERROR(LaunchTensorMatmul(launch));
  if (launch.table->residual() == nullptr) return {};
  MatmulLaunch residual = launch;
  GpuCall call = *launch.call;
  call.subtract_zero_points = false;  // the terms' kernel has done it
  residual.call = &call;
  residual.table = launch.table->residual();
  residual.add_to_out = true;
  residual.variant = BestLookupVariant(*residual.table, ProblemOf(launch.shape));
  return LaunchLookupMatmul(residual);
}

}  // namespace

GpuStatus GpuMatmul::Create(const GpuTable* table, const MatmulShape& shape, GpuVariant variant,
                            GpuMatmul* matmul) {
  AXLUT_RETURN_IF_GPU_ERROR(CheckShape(shape).In(Describe(shape)));
  GpuMatmul made;
  made.table_ = table;
  made.shape_ = shape;
  AXLUT_RETURN_IF_GPU_ERROR(
      ChooseGpuVariant(*table, ProblemOf(shape), variant, &made.variant_).In(Describe(shape)));
  *matmul = made;
  return {};
}

bool GpuMatmul::SumsInWorkspace(const GpuCall& call) const {
  if (call.sum != GpuSum::kFloat) return false;
  return (variant_ == GpuVariant::kTensor && table_->residual() != nullptr) ||
         !SumsFitInt32(*table_, shape_.k, call.subtract_zero_points);
}

size_t GpuMatmul::WorkspaceBytes(const GpuCall& call) const {
  return (SumsInWorkspace(call) ? SumsWorkspaceBytes(shape_.OutputCount()) : 0) +
         (variant_ == GpuVariant::kTensor ? TensorWorkspaceBytes(*table_, shape_) : 0);
}

GpuStatus GpuMatmul::Run(const GpuCall& call) const {
  const bool in_workspace = SumsInWorkspace(call);
  const GpuCall integers = in_workspace ? WithSumsInWorkspace(call, shape_.OutputCount()) : call;
  AXLUT_RETURN_IF_GPU_ERROR(
      LaunchIntegers({table_, shape_, variant_, &integers, false}).In(Describe(shape_)));
  if (!in_workspace) return {};
  return LaunchSumsToFloat(table_->gpu(), call, static_cast<const int64_t*>(call.workspace),
                           shape_.OutputCount(), shape_.n, static_cast<float*>(call.out))
      .In(Describe(shape_));
}

std::string GpuMatmul::name() const {
  if (variant_ != GpuVariant::kTensor) return "lookup_" + std::string(Name(variant_));
  return table_->residual() == nullptr ? "tensor" : "tensor+lookup";
}

}  // namespace axlut
