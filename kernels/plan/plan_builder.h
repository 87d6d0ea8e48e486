// SPDX-License-Identifier: MIT
// Builds a plan step by step: products of two functions are taken out of a table, and whatever is
// left becomes offsets and a residual. The result is exact whatever the products are.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "kernels/lut_view.h"
#include "kernels/plan/plan.h"

namespace axlut {

// scale * u[a] * v[b] in integers of any size.
struct IntegerProduct {
  int64_t scale = 1;
  std::vector<int64_t> u;  // by bit pattern of operand a
  std::vector<int64_t> v;  // by bit pattern of operand b
};

// The numbers that the bit patterns of an operand stand for: 0, 1, ... or, in two's complement,
// 0, 1, ..., -2, -1.
std::vector<int64_t> OperandValues(int width, bool is_signed);

// The terms (uint8 x int8) that a product needs once its factors' offsets have gone into the plan's
// offsets and their gcds into the scale: the product of the factors' bytes. 0: it depends on one
// operand at most.
int TermsOf(const IntegerProduct& product);

// M[a][b] - M[a][0] - M[0][b] + M[0][0]: what no sum f(a) + g(b) can change. Divided by its gcd,
// which is returned (0: everything is 0).
int64_t Centre(std::vector<int64_t>* matrix, int width_a, int width_b);

// Which offsets f(a) + g(b) a plan gets. Any f may make rows differ by more than their nibbles do,
// so a remainder that is separable by nibbles (plan_cost.h) stays so only if f is,
// too.
enum class OffsetChoice {
  kSmallestRange,  // max - min of all entries becomes small
  kNibblesOfA,     // max - min of the parts of a's high and low nibbles become small
  kNibblesOfB,     // the same for b
};

// Whether a plan with offsets for nibbles can be better than `plan`, which has the smallest range:
// not where 16 classes or fewer index one lookup already.
bool MayGainFromNibbles(const KernelPlan& plan);

class PlanBuilder {
 public:
  explicit PlanBuilder(const LutView& lut);

  // Takes the product out of the table, but for functions of a or of b alone: those stay in the
  // remainder, as Finish() finds them anyway. A product whose terms need a scale beyond int32_t is
  // not taken out, and Finish() gives no plan from then on.
  void AddProduct(const IntegerProduct& product);

  // What is left of the table, [a << width_b | b].
  const std::vector<int64_t>& remainder() const { return remainder_; }
  int term_count() const { return static_cast<int>(plan_.terms.size()); }
  int width_a() const { return plan_.width_a; }
  int width_b() const { return plan_.width_b; }

  // The plan: offsets by at most `passes` alternating midranges, then the residual. Empty if a
  // scale, an offset or the residual exceeds what a plan can hold, or if the remainder is not
  // separable by the nibbles that `choice` names.
  std::optional<KernelPlan> Finish(int passes = 60,
                                   OffsetChoice choice = OffsetChoice::kSmallestRange);

 private:
  KernelPlan plan_;
  std::vector<int64_t> remainder_;
  std::vector<int64_t> centred_;  // Centre() of the remainder once it is known, else empty
  int64_t gcd_ = 0;               // what Centre() returned
  bool fits_ = true;              // every scale so far is an int32_t
};

}  // namespace axlut
