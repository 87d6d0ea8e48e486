// SPDX-License-Identifier: MIT
#include "runtime/bench/gpu_layer_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "runtime/bench/layer_run.h"
#include "runtime/bench/problem.h"

namespace axlut {
namespace {

GpuRange RangeOf(const OperandSpec& operand, int32_t zero_point) {
  GpuRange range;
  range.width = operand.width;
  range.code_flip = operand.is_signed() ? 1 << (operand.width - 1) : 0;
  range.zero_code = zero_point + range.code_flip;
  return range;
}

// What the layer must give, from the CPU.
Result<std::vector<int64_t>> ExpectedOutputs(const BenchTable& table, const Conv2dShape& shape,
                                             const LayerOperands& operands,
                                             const ParallelFor& parallel_for) {
  const auto layer = [&](const char* kernel) {
    return LutConv2d::Create(table.lut, shape, operands.filter, operands.zero_a, {operands.zero_b},
                             {.kernel = kernel});
  };
  AXLUT_ASSIGN_OR_RETURN(const LutConv2d reference, layer("reference"));
  AXLUT_ASSIGN_OR_RETURN(const LutConv2d best, layer(""));
  std::vector<int64_t> expected(static_cast<size_t>(shape.OutputCount()));
  const int64_t inputs = shape.InputCount() / shape.batch;
  const int64_t outputs = shape.OutputCount() / shape.batch;
  for (int64_t image = 0; image < shape.batch; ++image) {
    const bool is_end = image == 0 || image == shape.batch - 1;
    (is_end ? reference : best)
        .Run(operands.input.data() + image * inputs, 1, expected.data() + image * outputs,
             parallel_for);
  }
  return expected;
}

}  // namespace

Result<void> ToResult(const GpuStatus& status) {
  switch (status.kind()) {
    case GpuErrorKind::kNone:
      return {};
    case GpuErrorKind::kInvalidArgument:
      return Error::Usage(status.message());
    case GpuErrorKind::kUnsupported:
      return Error::Unsupported(status.message());
    case GpuErrorKind::kNoDevice:
    case GpuErrorKind::kOutOfMemory:
    case GpuErrorKind::kLaunchFailed:
    case GpuErrorKind::kOther:
      break;
  }
  return Error(ErrorCode::kTool, status.message());
}

Result<std::shared_ptr<const GpuTable>> MakeGpuTable(Gpu* gpu, const BenchTable& table) {
  std::unique_ptr<GpuTable> made;
  const GpuStatus status = GpuTable::Create(gpu, table.lut->view(), table.lut->plans(), &made);
  AXLUT_RETURN_IF_ERROR(ToResult(status.In("table " + table.name)));
  return std::shared_ptr<const GpuTable>(std::move(made));
}

struct GpuLayerRun::Impl {
  ~Impl() {
    Gpu* const gpu = gpu_table->gpu();
    if (begin != nullptr) gpu->DestroyEvent(begin);
    if (end != nullptr) gpu->DestroyEvent(end);
    if (stream != nullptr) gpu->DestroyStream(stream);
  }

  GpuStatus Allocate();
  GpuStatus Run() const { return conv2d.Run(call); }
  GpuStatus Fetch(std::vector<int64_t>* outputs) const;
  template <typename Sum>
  GpuStatus FetchAs(std::vector<int64_t>* outputs) const;
  // Seconds of one of `runs` runs.
  GpuStatus Time(int runs, double* seconds) const;

  std::shared_ptr<const GpuTable> gpu_table;
  BenchTable table;
  Conv2dShape shape;
  LayerOperands operands;
  GpuConv2d conv2d;
  GpuCall call;
  GpuBuffer input, filter, out, workspace;
  GpuStream stream = nullptr;
  GpuEvent begin = nullptr, end = nullptr;
};

GpuStatus GpuLayerRun::Impl::Allocate() {
  Gpu* const gpu = gpu_table->gpu();
  AXLUT_RETURN_IF_GPU_ERROR(gpu->CreateStream(&stream));
  AXLUT_RETURN_IF_GPU_ERROR(gpu->CreateEvent(&begin));
  AXLUT_RETURN_IF_GPU_ERROR(gpu->CreateEvent(&end));
  const size_t inputs = operands.input.size();
  const size_t weights = operands.filter.size();
  const size_t sum_bytes = call.sum == GpuSum::kInt64 ? sizeof(int64_t) : sizeof(int32_t);
  const auto out_bytes = static_cast<size_t>(shape.OutputCount()) * sum_bytes;
  AXLUT_RETURN_IF_GPU_ERROR(GpuBuffer::Create(gpu, inputs, "input", &input));
  AXLUT_RETURN_IF_GPU_ERROR(GpuBuffer::Create(gpu, weights, "filter", &filter));
  AXLUT_RETURN_IF_GPU_ERROR(GpuBuffer::Create(gpu, out_bytes, "output", &out));
  call.stream = stream;
  AXLUT_RETURN_IF_GPU_ERROR(
      GpuBuffer::Create(gpu, conv2d.WorkspaceBytes(call), "workspace", &workspace));
  call.a.data = input.data();
  call.b.data = filter.data();
  call.out = out.data();
  call.workspace = workspace.data();
  AXLUT_RETURN_IF_GPU_ERROR(gpu->CopyToDevice(input.data(), operands.input.data(), inputs, stream));
  AXLUT_RETURN_IF_GPU_ERROR(
      gpu->CopyToDevice(filter.data(), operands.filter.data(), weights, stream));
  return gpu->Synchronize(stream);
}

template <typename Sum>
GpuStatus GpuLayerRun::Impl::FetchAs(std::vector<int64_t>* outputs) const {
  Gpu* const gpu = gpu_table->gpu();
  std::vector<Sum> sums(static_cast<size_t>(shape.OutputCount()));
  AXLUT_RETURN_IF_GPU_ERROR(
      gpu->CopyToHost(sums.data(), out.data(), sums.size() * sizeof(Sum), stream));
  AXLUT_RETURN_IF_GPU_ERROR(gpu->Synchronize(stream));
  outputs->assign(sums.begin(), sums.end());
  return {};
}

GpuStatus GpuLayerRun::Impl::Fetch(std::vector<int64_t>* outputs) const {
  return call.sum == GpuSum::kInt64 ? FetchAs<int64_t>(outputs) : FetchAs<int32_t>(outputs);
}

GpuStatus GpuLayerRun::Impl::Time(int runs, double* seconds) const {
  Gpu* const gpu = gpu_table->gpu();
  AXLUT_RETURN_IF_GPU_ERROR(gpu->RecordEvent(begin, stream));
  for (int run = 0; run < runs; ++run) AXLUT_RETURN_IF_GPU_ERROR(Run());
  AXLUT_RETURN_IF_GPU_ERROR(gpu->RecordEvent(end, stream));
  AXLUT_RETURN_IF_GPU_ERROR(gpu->Synchronize(stream));
  float milliseconds = 0;
  AXLUT_RETURN_IF_GPU_ERROR(gpu->ElapsedMilliseconds(begin, end, &milliseconds));
  *seconds = milliseconds * 1e-3 / runs;
  return {};
}

GpuLayerRun::GpuLayerRun(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GpuLayerRun::GpuLayerRun(GpuLayerRun&&) noexcept = default;
GpuLayerRun::~GpuLayerRun() = default;

Result<GpuLayerRun> GpuLayerRun::Create(std::shared_ptr<const GpuTable> gpu_table,
                                        const BenchTable& table, const Conv2dShape& shape,
                                        CodeDistribution distribution, GpuVariant variant) {
  auto impl = std::make_unique<Impl>();
  impl->gpu_table = std::move(gpu_table);
  impl->table = table;
  impl->shape = shape;
  impl->operands = MakeOperands(table.lut->table(), shape, distribution);
  AXLUT_ASSIGN_OR_RETURN(const LutConv2d layer,
                         LutConv2d::Create(table.lut, shape, impl->operands.filter,
                                           impl->operands.zero_a, {impl->operands.zero_b}));
  impl->call.sum = layer.NeedsInt64() ? GpuSum::kInt64 : GpuSum::kInt32;
  impl->call.quantization.a = RangeOf(table.lut->table().a(), impl->operands.zero_a);
  impl->call.quantization.b = RangeOf(table.lut->table().b(), impl->operands.zero_b);
  AXLUT_RETURN_IF_ERROR(ToResult(
      GpuConv2d::Create(impl->gpu_table.get(), shape, GpuRole::kForward, variant, &impl->conv2d)));
  AXLUT_RETURN_IF_ERROR(ToResult(impl->Allocate().In(ProblemString(shape))));
  return GpuLayerRun(std::move(impl));
}

Result<void> GpuLayerRun::Verify(const ParallelFor& parallel_for) {
  const Impl& run = *impl_;
  AXLUT_ASSIGN_OR_RETURN(const std::vector<int64_t> expected,
                         ExpectedOutputs(run.table, run.shape, run.operands, parallel_for));
  AXLUT_RETURN_IF_ERROR(ToResult(run.Run()));
  std::vector<int64_t> found;
  AXLUT_RETURN_IF_ERROR(ToResult(run.Fetch(&found)));
  const auto wrong = std::mismatch(expected.begin(), expected.end(), found.begin());
  if (wrong.first == expected.end()) return {};
  return Error(ErrorCode::kInternal,
               fmt::format("GPU kernel {} with table {} and problem {}: output {} must be {}, "
                           "found {}",
                           kernel_name(), run.table.name, ProblemString(run.shape),
                           wrong.first - expected.begin(), *wrong.first, *wrong.second));
}

Result<double> GpuLayerRun::LeastSeconds(double seconds) {
  // A sample of about a millisecond, so that neither events nor launches weigh.
  double one = 0;
  AXLUT_RETURN_IF_ERROR(ToResult(impl_->Time(1, &one)));
  AXLUT_RETURN_IF_ERROR(ToResult(impl_->Time(1, &one)));
  const int runs = static_cast<int>(std::clamp(1e-3 / std::max(one, 1e-7), 1.0, 1000.0));
  double least = std::numeric_limits<double>::infinity();
  const double start = WallSeconds();
  do {
    double sample = 0;
    AXLUT_RETURN_IF_ERROR(ToResult(impl_->Time(runs, &sample)));
    least = std::min(least, sample);
  } while (WallSeconds() - start < seconds);
  return least;
}

std::string GpuLayerRun::kernel_name() const { return impl_->conv2d.name(); }
GpuVariant GpuLayerRun::variant() const { return impl_->conv2d.variant(); }

}  // namespace axlut
