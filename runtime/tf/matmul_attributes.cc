// SPDX-License-Identifier: MIT
#include "runtime/tf/matmul_attributes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace axlut {
namespace {

std::string Text(const std::vector<int64_t>& dimensions) {
  return fmt::format("[{}]", fmt::join(dimensions, ", "));
}

Result<void> CheckRank(const char* name, const std::vector<int64_t>& dimensions) {
  if (dimensions.size() >= 2) return {};
  return Error::InvalidInput(
      fmt::format("{} must have at least 2 dimensions; its shape is {}", name, Text(dimensions)));
}

// The dimensions in front of the matrices, with as many 1 in front as bring them to `rank`.
std::vector<int64_t> BatchOf(const std::vector<int64_t>& dimensions, size_t rank) {
  std::vector<int64_t> batch(rank - (dimensions.size() - 2), 1);
  batch.insert(batch.end(), dimensions.begin(), dimensions.end() - 2);
  return batch;
}

Result<int64_t> CountOf(const std::vector<int64_t>& dimensions) {
  if (std::find(dimensions.begin(), dimensions.end(), 0) != dimensions.end()) return 0;
  int64_t count = 1;
  for (const int64_t size : dimensions) {
    if (size > std::numeric_limits<int64_t>::max() / count) {
      return Error::InvalidInput(
          fmt::format("a product of the shape {} has too many elements", Text(dimensions)));
    }
    count *= size;
  }
  return count;
}

// Number of matrices between two neighbours of a dimension; 0 where one is used for all.
std::vector<int64_t> Steps(const std::vector<int64_t>& batch) {
  std::vector<int64_t> steps(batch.size());
  int64_t step = 1;
  for (size_t i = batch.size(); i-- > 0;) {
    steps[i] = batch[i] == 1 ? 0 : step;
    step *= batch[i];
  }
  return steps;
}

}  // namespace

bool MatmulProblem::HasOneB() const {
  return std::all_of(batch_b.begin(), batch_b.end(), [](int64_t size) { return size == 1; });
}

std::vector<MatmulPair> MatmulProblem::Pairs() const {
  const std::vector<int64_t> steps_a = Steps(batch_a), steps_b = Steps(batch_b);
  std::vector<int64_t> index(batch_out.size());
  std::vector<MatmulPair> pairs(static_cast<size_t>(shape.batch));
  MatmulPair pair;
  for (MatmulPair& next : pairs) {
    next = pair;
    for (size_t i = index.size(); i-- > 0;) {  // to the next product, with carries
      ++index[i];
      pair.a += steps_a[i];
      pair.b += steps_b[i];
      if (index[i] < batch_out[i]) break;
      pair.a -= steps_a[i] * index[i];
      pair.b -= steps_b[i] * index[i];
      index[i] = 0;
    }
  }
  return pairs;
}

Result<MatmulProblem> MatmulAttributes::ProblemFor(const std::vector<int64_t>& a,
                                                   const std::vector<int64_t>& b) const {
  AXLUT_RETURN_IF_ERROR(CheckRank("a", a));
  AXLUT_RETURN_IF_ERROR(CheckRank("b", b));
  const auto last = [](const std::vector<int64_t>& dimensions, bool transposed) {
    const size_t rank = dimensions.size();
    return std::make_pair(dimensions[rank - (transposed ? 1 : 2)],
                          dimensions[rank - (transposed ? 2 : 1)]);
  };
  const auto [m, k] = last(a, transpose_a);
  const auto [k_b, n] = last(b, transpose_b);
  if (k != k_b) {
    return Error::InvalidInput(
        fmt::format("a must have as many columns as b has rows; they are {} and {}, of shapes {}{} "
                    "and {}{}",
                    k, k_b, Text(a), transpose_a ? " (transposed)" : "", Text(b),
                    transpose_b ? " (transposed)" : ""));
  }
  MatmulProblem problem;
  const size_t rank = std::max(a.size(), b.size()) - 2;
  problem.batch_a = BatchOf(a, rank);
  problem.batch_b = BatchOf(b, rank);
  for (size_t i = 0; i < rank; ++i) {
    const int64_t size_a = problem.batch_a[i], size_b = problem.batch_b[i];
    if (size_a != size_b && size_a != 1 && size_b != 1) {
      return Error::InvalidInput(
          fmt::format("dimensions in front of the matrices must be equal or 1; they are {} and {} "
                      "in the shapes {} and {}",
                      size_a, size_b, Text(a), Text(b)));
    }
    problem.batch_out.push_back(size_a == 1 ? size_b : size_a);
  }
  problem.output = problem.batch_out;
  problem.output.push_back(m);
  problem.output.push_back(n);
  AXLUT_ASSIGN_OR_RETURN(const int64_t count, CountOf(problem.output));
  MatmulShape& shape = problem.shape;
  shape.batch = 0;
  if (count > 0) shape.batch = count / m / n;
  shape.m = m;
  shape.k = k;
  shape.n = n;
  shape.transpose_a = transpose_a;
  shape.transpose_b = transpose_b;
  return problem;
}

}  // namespace axlut
