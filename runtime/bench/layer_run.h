// SPDX-License-Identifier: MIT
// One layer with operands and room for its output: verified first, then run again and again.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "runtime/bench/operands.h"
#include "runtime/nn/lut_conv2d.h"

namespace axlut {

class LayerRun {
 public:
  static Result<LayerRun> Create(const BenchTable& table, const Conv2dShape& shape,
                                 CodeDistribution distribution, const LutConv2dOptions& options);

  // Runs the whole batch and compares every output: the first and the last image with the
  // reference kernel, those between with what this layer gives for one image alone (the reference
  // is too slow for all). kInternal, naming kernel, problem and output, if any differs.
  Result<void> Verify(const ParallelFor& parallel_for);
  void Run(const ParallelFor& parallel_for);

  const Conv2dShape& shape() const { return shape_; }
  std::string kernel_name() const { return layer_.kernel_name(); }
  std::string plan_name() const { return layer_.plan_name(); }

 private:
  LayerRun(BenchTable table, const Conv2dShape& shape, LayerOperands operands, LutConv2d layer)
      : table_(std::move(table)),
        shape_(shape),
        operands_(std::move(operands)),
        layer_(std::move(layer)) {}
  std::vector<int64_t> RunImage(const LutConv2d& layer, int64_t image) const;

  BenchTable table_;
  Conv2dShape shape_;
  LayerOperands operands_;
  LutConv2d layer_;
  // As layer_.NeedsInt64() says; the other one stays empty.
  std::vector<int32_t> out_;
  std::vector<int64_t> wide_out_;
};

// This thread's CPU time, and the time of day's, in seconds from any moment.
double ThreadSeconds();
double WallSeconds();

// One thing to time. A sample is the mean of as many calls as take half a millisecond: the CPU time
// that a virtual machine reports errs by microseconds either way, and the least of many samples
// would find the largest error.
class Stopwatch {
 public:
  // Calls twice to see how long a call takes.
  Stopwatch(std::function<double()> clock, std::function<void()> call);

  // Takes samples for about `seconds`, at least one.
  void Measure(double seconds);
  // Seconds of one call, the least of all samples; infinite before Measure.
  double least() const { return least_; }
  // Seconds spent in Measure.
  double spent() const { return spent_; }

 private:
  double Sample(int calls) const;

  std::function<double()> clock_;
  std::function<void()> call_;
  int calls_per_sample_ = 1;
  double least_;
  double spent_ = 0;
};

// The same in one go.
double LeastSeconds(const std::function<double()>& clock, double seconds,
                    const std::function<void()>& call);

}  // namespace axlut
