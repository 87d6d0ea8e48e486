// SPDX-License-Identifier: MIT
// ALWANN's weight tuning [Mrazek et al., ICCAD 2019, arXiv 1907.07229]: a weight that an
// approximate multiplier multiplies badly is replaced by one whose products are closer to those of
// the weight that was meant. The circuit stays the same, and nothing is retrained.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/base/parallel_for.h"
#include "runtime/base/result.h"
#include "runtime/table/stored_table.h"
#include "runtime/table/truth_table.h"

namespace axlut {

struct WeightTuningOptions {
  // How often each activation occurs, by bit pattern of operand a; empty: all equally often.
  std::vector<double> histogram = {};
  // The activations' zero point, a value of operand a, where a layer's own weights are replaced:
  // it then subtracts zero_a * w' and not zero_a * w (runtime/nn/lut_conv2d.h). 0 for a tuned
  // table, whose column w stays the column of w.
  int32_t zero_a = 0;
  // Leaves the lowest value of operand b out: it stays as it is and takes no other's place, for
  // weights of a narrow range (TensorFlow's narrow_range), which do not have it.
  bool narrow_b = false;
  ParallelFor parallel_for = SerialFor();
};

struct WeightTuning {
  // By bit pattern of operand b: the pattern that takes its place.
  std::vector<uint32_t> map;
  // Means over all weights w of sum over a of h(a) |a w - P|, h normalized, where P is the product
  // of the weight itself (before) or of the one in its place (after).
  double mae_before = 0;
  double mae_after = 0;
};

// For every weight w, all being operand values, with h the histogram and T' = T - zero_a (w' - w):
//   map(w) = argmin over w' of sum over a of h(a) |a w - T'[a][w']|
// and among equals w itself, else the lowest pattern. Sums are exact, and so are comparisons, as
// long as the histogram's entries are integers and sums stay below 2^53. Takes 2^(width_a +
// 2 width_b) steps at most. kInvalidInput unless the histogram has 2^width_a entries, all finite,
// none negative, not all 0, and zero_a is a value of operand a.
Result<WeightTuning> TuneWeights(const TruthTable& table, const WeightTuningOptions& options = {});

// T'[a][w] = T[a][map(w)]: a layer gets by with its own weights what tuned weights would give it.
// `map` has 2^width_b patterns of operand b (checked).
TruthTable TunedTable(const TruthTable& table, const std::vector<uint32_t>& map);

// The same with what is known about the table. "_tuned" is added to its name; metrics and plans,
// which are of other products, are dropped.
StoredTable TunedTable(const StoredTable& stored, const std::vector<uint32_t>& map);

}  // namespace axlut
