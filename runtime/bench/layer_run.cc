// SPDX-License-Identifier: MIT
#include "runtime/bench/layer_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <limits>
#include <utility>

#include "runtime/bench/problem.h"

namespace axlut {

Result<LayerRun> LayerRun::Create(const BenchTable& table, const Conv2dShape& shape,
                                  CodeDistribution distribution, const LutConv2dOptions& options) {
  LayerOperands operands = MakeOperands(table.lut->table(), shape, distribution);
  AXLUT_ASSIGN_OR_RETURN(LutConv2d layer,
                         LutConv2d::Create(table.lut, shape, operands.filter, operands.zero_a,
                                           {operands.zero_b}, options));
  LayerRun run(table, shape, std::move(operands), std::move(layer));
  const auto outputs = static_cast<size_t>(shape.OutputCount());
  if (run.layer_.NeedsInt64()) {
    run.wide_out_.resize(outputs);
  } else {
    run.out_.resize(outputs);
  }
  return run;
}

void LayerRun::Run(const ParallelFor& parallel_for) {
  if (layer_.NeedsInt64()) {
    layer_.Run(operands_.input.data(), shape_.batch, wide_out_.data(), parallel_for);
  } else {
    layer_.Run(operands_.input.data(), shape_.batch, out_.data(), parallel_for);
  }
}

std::vector<int64_t> LayerRun::RunImage(const LutConv2d& layer, int64_t image) const {
  const uint8_t* input = operands_.input.data() + image * (shape_.InputCount() / shape_.batch);
  std::vector<int64_t> out(static_cast<size_t>(shape_.OutputCount() / shape_.batch));
  layer.Run(input, 1, out.data(), SerialFor());
  return out;
}

Result<void> LayerRun::Verify(const ParallelFor& parallel_for) {
  AXLUT_ASSIGN_OR_RETURN(const LutConv2d reference,
                         LutConv2d::Create(table_.lut, shape_, operands_.filter, operands_.zero_a,
                                           {operands_.zero_b}, {.kernel = "reference"}));
  Run(parallel_for);
  const int64_t outputs = shape_.OutputCount() / shape_.batch;
  for (int64_t image = 0; image < shape_.batch; ++image) {
    const bool end = image == 0 || image == shape_.batch - 1;
    const std::vector<int64_t> expected = RunImage(end ? reference : layer_, image);
    for (int64_t i = 0; i < outputs; ++i) {
      const auto at = static_cast<size_t>(image * outputs + i);
      const int64_t found = layer_.NeedsInt64() ? wide_out_[at] : int64_t{out_[at]};
      if (found == expected[static_cast<size_t>(i)]) continue;
      return Error(ErrorCode::kInternal,
                   fmt::format("kernel {} with table {} and problem {}: output {} of image {} must "
                               "be {}, found {}",
                               kernel_name(), table_.name, ProblemString(shape_), i, image,
                               expected[static_cast<size_t>(i)], found));
    }
  }
  return {};
}

double ThreadSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double WallSeconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Stopwatch::Stopwatch(std::function<double()> clock, std::function<void()> call)
    : clock_(std::move(clock)),
      call_(std::move(call)),
      least_(std::numeric_limits<double>::infinity()) {
  constexpr double kSampleSeconds = 0.5e-3;
  call_();
  const double one_call = std::max(Sample(1), 1e-7);
  calls_per_sample_ = static_cast<int>(std::clamp(std::ceil(kSampleSeconds / one_call), 1.0, 1e4));
}

double Stopwatch::Sample(int calls) const {
  const double begin = clock_();
  for (int i = 0; i < calls; ++i) call_();
  return (clock_() - begin) / calls;
}

void Stopwatch::Measure(double seconds) {
  double spent = 0;
  do {
    const double sample = Sample(calls_per_sample_);
    least_ = std::min(least_, sample);
    spent += sample * calls_per_sample_;
  } while (spent < seconds);
  spent_ += spent;
}

double LeastSeconds(const std::function<double()>& clock, double seconds,
                    const std::function<void()>& call) {
  Stopwatch stopwatch(clock, call);
  stopwatch.Measure(seconds);
  return stopwatch.least();
}

}  // namespace axlut
