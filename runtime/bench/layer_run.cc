// SPDX-License-Identifier: MIT
#include "runtime/bench/layer_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <limits>

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

double LeastSeconds(const std::function<double()>& clock, double seconds,
                    const std::function<void()>& call) {
  double least = std::numeric_limits<double>::max();
  const double start = clock();
  int calls = 0;
  do {
    const double begin = clock();
    call();
    least = std::min(least, clock() - begin);
  } while (++calls < 2 || clock() - start < seconds);
  return least;
}

}  // namespace axlut
