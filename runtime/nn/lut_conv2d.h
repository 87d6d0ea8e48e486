// SPDX-License-Identifier: MIT
// Convolution of quantized tensors through a truth table, with the zero-point corrections that make
// its integer result the sum of (a - zero_a) * (b - zero_b). Everything that multiplies in a
// network ends up here: convolutions, depthwise (groups == in_c) and dense layers (1x1 on 1x1).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernels/conv2d.h"
#include "kernels/lut_view.h"
#include "kernels/plan/plan.h"
#include "runtime/base/parallel_for.h"
#include "runtime/base/result.h"
#include "runtime/table/truth_table.h"

namespace axlut {

// A truth table in the forms that the kernels read, with plans to evaluate it quickly. Made once
// per table, shared by all layers.
class LutTable {
 public:
  // `plans` is the plan section of the table's file. Every plan in it is verified; without a
  // section, or with one that is wrong, quick plans are made (about 10 ms). kUnsupported for
  // operands wider than 8 bits.
  static Result<std::shared_ptr<const LutTable>> Create(TruthTable table,
                                                        const std::vector<uint8_t>& plans = {});
  ~LutTable();

  const TruthTable& table() const;
  // The products as kernels see them; points into this object.
  LutView view() const;
  // The plans, copied: for devices that keep their own form of them.
  std::vector<KernelPlan> plans() const;
  // Whether the plans are those of the file.
  bool has_stored_plans() const;
  // What is wrong with the file's plan section; "": nothing, or there is none.
  const std::string& plan_error() const;

 private:
  friend class LutConv2d;
  struct Impl;
  explicit LutTable(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// How a layer is prepared.
struct LutConv2dOptions {
  // The best that runs in this kernel (kernel_name()) instead of the best of all, for tests and
  // benchmarks. A name of kernels/cpu/kernels.inc runs on the table as it is.
  std::string kernel = {};
  // An instruction set to stay within, as in AXLUT_MAX_ISA; "": that of the process.
  std::string max_isa = {};
};

// Results of a block of positions and channels, handed over while they are in the cache.
template <typename Acc>
struct SumBlock {
  const Acc* sums;  // sums[p * stride + c]: position first_position + p, channel first_channel + c
  int64_t stride;
  int64_t first_position, positions;  // counted (n * out_h + y) * out_w + x
  int64_t first_channel, channels;
};
template <typename Acc>
using SumSink = std::function<void(const SumBlock<Acc>&)>;

// One layer: a table, a shape, a packed filter. Zero points are operand VALUES (for a signed
// operand in its signed range), so a padded pixel is the bit pattern of zero_a and goes through
// the table like any other activation.
class LutConv2d {
 public:
  // `filter` holds shape.FilterCount() bit patterns of operand b in HWIO order and is copied.
  // zero_b has one entry (per tensor) or shape.out_c entries (per output channel). shape.batch is
  // only a hint. kInvalidInput if the shape contradicts itself, sizes differ or zero points are no
  // values of their operands.
  static Result<LutConv2d> Create(std::shared_ptr<const LutTable> table, const Conv2dShape& shape,
                                  const std::vector<uint8_t>& filter, int32_t zero_a,
                                  std::vector<int32_t> zero_b,
                                  const LutConv2dOptions& options = {});
  LutConv2d(LutConv2d&&) noexcept;
  LutConv2d& operator=(LutConv2d&&) noexcept;
  ~LutConv2d();

  // out[n,y,x,o] = sum over taps (T[a][b] - zero_b[o]*a - zero_a*b + zero_a*zero_b[o]), a and b
  // being operand values and padded taps having a = zero_a. `input` holds batch images of bit
  // patterns of operand a, NHWC; `out` is overwritten. Integers, no rounding, any thread count
  // gives the same result. One object may Run on several threads at the same time.
  void Run(const uint8_t* input, int64_t batch, int32_t* out,
           const ParallelFor& parallel_for) const;
  void Run(const uint8_t* input, int64_t batch, int64_t* out,
           const ParallelFor& parallel_for) const;

  // The same results block by block: the blocks cover the output once, `sink` is called on the
  // threads of parallel_for and must not run a layer itself, because its block lies in the thread's
  // scratch memory. No memory is needed but that of one block per thread.
  void RunBlocks(const uint8_t* input, int64_t batch, const SumSink<int32_t>& sink,
                 const ParallelFor& parallel_for) const;
  void RunBlocks(const uint8_t* input, int64_t batch, const SumSink<int64_t>& sink,
                 const ParallelFor& parallel_for) const;
  // What RunBlocks allocates for the largest block, per thread: its sums.
  int64_t BlockBytes(int64_t batch) const;

  // True if some input could make a result (or a partial sum) leave int32_t: then only the
  // int64_t form may be called (checked).
  bool NeedsInt64() const;
  const Conv2dShape& shape() const;
  // What runs: "direct_avx512vbmi" (kernels/cpu/kernels.inc), "gemm_avx512vnni" (gemms.inc) for a
  // plan of terms alone, "gemm_avx512vnni+direct_avx512vbmi" for one with a residual.
  std::string kernel_name() const;
  // The plan that it evaluates: "2 terms, 1 byte plane of 64x12 classes, 0..63"; "table":
  // none.
  std::string plan_name() const;

 private:
  struct Impl;
  explicit LutConv2d(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace axlut
