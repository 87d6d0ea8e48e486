// SPDX-License-Identifier: MIT
// Batched matrix products through a truth table, with the zero-point corrections of LutConv2d: as
// in attention, where both operands are activations.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernels/matmul.h"
#include "runtime/base/parallel_for.h"
#include "runtime/base/result.h"
#include "runtime/nn/lut_conv2d.h"

namespace axlut {

// Which matrices are multiplied to give one of the output: indices into the batches of A and of B.
struct MatmulPair {
  int64_t a = 0, b = 0;
};

// out[c][r] = in[r][c]: patterns of a matrix that is stored transposed.
void TransposePatterns(const uint8_t* in, int64_t rows, int64_t columns, uint8_t* out);

class LutMatmul {
 public:
  // Zero points are operand values, as for LutConv2d: zero_b has one entry or shape.n, one per
  // column of every B. kInvalidInput for sizes below 1 (batch and m: below 0), another number of
  // zero points, and zero points that are no values of their operands.
  static Result<LutMatmul> Create(std::shared_ptr<const LutTable> table, const MatmulShape& shape,
                                  int32_t zero_a, std::vector<int32_t> zero_b,
                                  const LutConv2dOptions& options = {});

  // The same for a batch in which matrices of A and B meet in any way, as when their dimensions are
  // broadcast: product i is A[pairs[i].a] x B[pairs[i].b], and shape.batch and broadcast_b are not
  // looked at. Each matrix of B is packed once per Run.
  static Result<LutMatmul> CreateForPairs(std::shared_ptr<const LutTable> table,
                                          const MatmulShape& shape,
                                          const std::vector<MatmulPair>& pairs, int32_t zero_a,
                                          std::vector<int32_t> zero_b,
                                          const LutConv2dOptions& options = {});

  // out[i][y][x] = sum over k of (T[a][b] - zero_b[x]*a - zero_a*b + zero_a*zero_b[x]), a =
  // A[i][y][k] and b = B[i][k][x] being operand values. `a` and `b` hold bit patterns. Any thread
  // count gives the same result; one object may Run on several threads at the same time. B is
  // packed for every call, for which memory is allocated: some 2 ns per code of it on Zen 4, the
  // time of 60 of A's rows.
  void Run(const uint8_t* a, const uint8_t* b, int32_t* out, const ParallelFor& parallel_for) const;
  void Run(const uint8_t* a, const uint8_t* b, int64_t* out, const ParallelFor& parallel_for) const;

  // The same results block by block, as LutConv2d::RunBlocks; positions are counted i * m + y.
  void RunBlocks(const uint8_t* a, const uint8_t* b, const SumSink<int32_t>& sink,
                 const ParallelFor& parallel_for) const;
  void RunBlocks(const uint8_t* a, const uint8_t* b, const SumSink<int64_t>& sink,
                 const ParallelFor& parallel_for) const;

  // What RunBlocks allocates per thread: a block's sums, B as a filter, A's rows if transposed. The
  // packed filter comes on top.
  int64_t ThreadBytes() const { return thread_bytes_; }

  // True if some input could make a result leave int32_t: then only the int64_t form may be called.
  bool NeedsInt64() const { return needs_int64_; }
  const MatmulShape& shape() const { return shape_; }
  const std::string& kernel_name() const { return kernel_name_; }

 private:
  LutMatmul(std::shared_ptr<const LutTable> table, const MatmulShape& shape, int32_t zero_a,
            std::vector<int32_t> zero_b, LutConv2dOptions options)
      : table_(std::move(table)),
        shape_(shape),
        zero_a_(zero_a),
        zero_b_(std::move(zero_b)),
        options_(std::move(options)) {}

  // Products out .. out + count - 1 of the output: A[a], A[a + 1], ... times B[b].
  struct Stretch {
    int64_t b, a, out, count;
  };
  // Those that share B[b].
  struct Group {
    size_t begin, end;  // into stretches_
  };

  // Takes stretches in the order of b.
  Result<void> Prepare(std::vector<Stretch> stretches);
  // `count` products with one B as a 1x1 convolution: rows of A are pixels, B is the filter.
  Conv2dShape ConvShape(int64_t count) const;
  // Calls run(first product, convolution, rows of A, number of products, parallel_for) for every
  // stretch.
  template <typename RunProduct>
  void ForEachStretch(const uint8_t* a, const uint8_t* b, const ParallelFor& parallel_for,
                      const RunProduct& run) const;
  template <typename RunProduct>
  void PackAndRun(const Group& group, const uint8_t* a, const uint8_t* b,
                  const ParallelFor& parallel_for, const RunProduct& run) const;
  template <typename Out>
  void RunInto(const uint8_t* a, const uint8_t* b, Out* out, const ParallelFor& parallel_for) const;
  template <typename Out>
  void RunToSink(const uint8_t* a, const uint8_t* b, const SumSink<Out>& sink,
                 const ParallelFor& parallel_for) const;

  std::shared_ptr<const LutTable> table_;
  MatmulShape shape_;
  int32_t zero_a_;
  std::vector<int32_t> zero_b_;
  std::vector<Stretch> stretches_;
  std::vector<Group> groups_;
  LutConv2dOptions options_;
  bool needs_int64_ = false;
  int64_t thread_bytes_ = 0;
  std::string kernel_name_;
};

}  // namespace axlut
