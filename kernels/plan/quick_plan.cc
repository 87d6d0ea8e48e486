// SPDX-License-Identifier: MIT
#include "kernels/plan/quick_plan.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "kernels/plan/integer_product.h"
#include "kernels/plan/plan_builder.h"
#include "kernels/plan/plan_cost.h"
#include "kernels/plan/product_fit.h"

namespace axlut {
namespace {

constexpr int kPasses = 8;  // of the search for offsets: more take longer than they gain
constexpr int kMostTerms = 8;

class QuickSearch {
 public:
  explicit QuickSearch(const LutView& lut) : lut_(lut) {}

  // The plan of `builder` as it is.
  void Try(PlanBuilder* builder) {
    std::optional<KernelPlan> plan = builder->Finish(kPasses);
    const bool may_gain = plan && MayGainFromNibbles(*plan);
    if (plan) found_.push_back(*std::move(plan));
    if (!may_gain) return;
    for (const OffsetChoice choice : {OffsetChoice::kNibblesOfA, OffsetChoice::kNibblesOfB}) {
      plan = builder->Finish(kPasses, choice);
      if (plan) found_.push_back(*std::move(plan));
    }
  }

  // What can be added to `base` to make it exact without a residual, if that takes few terms.
  void TryExact(const PlanBuilder& base) {
    if (const auto product = SingleProduct(base.remainder(), lut_.width_a, lut_.width_b)) {
      return TryProducts(base, {*product});
    }
    for (const auto& products :
         {MoebiusProducts(base.remainder(), lut_.width_a, lut_.width_b, kMostTerms),
          MoebiusProductsOfB(base.remainder(), lut_.width_a, lut_.width_b, kMostTerms)}) {
      if (products) TryProducts(base, *products);
    }
  }

  void TryFit(const PlanBuilder& base) {
    FitParams params;
    params.roundings = 1;
    params.refine_passes = 2;
    for (const IntegerProduct& fit :
         FitProducts(base.remainder(), lut_.width_a, lut_.width_b, params)) {
      PlanBuilder builder = base;
      builder.AddProduct(fit);
      Try(&builder);
    }
  }

  std::vector<KernelPlan> Take() {
    if (std::optional<KernelPlan> plan = TablePlan(lut_)) found_.push_back(*std::move(plan));
    return KeepCheapest(std::move(found_));
  }

 private:
  void TryProducts(const PlanBuilder& base, const std::vector<IntegerProduct>& products) {
    int terms = base.term_count();
    for (const IntegerProduct& product : products) terms += TermsOf(product);
    if (terms > kMostTerms) return;
    PlanBuilder builder = base;
    for (const IntegerProduct& product : products) builder.AddProduct(product);
    Try(&builder);
  }

  const LutView lut_;
  std::vector<KernelPlan> found_;
};

}  // namespace

std::vector<KernelPlan> QuickPlans(const LutView& lut, bool is_signed_a, bool is_signed_b) {
  QuickSearch search(lut);
  PlanBuilder table(lut);
  PlanBuilder error = table;
  error.AddProduct(
      {1, OperandValues(lut.width_a, is_signed_a), OperandValues(lut.width_b, is_signed_b)});
  for (PlanBuilder* base : {&table, &error}) {
    search.Try(base);
    search.TryExact(*base);
    search.TryFit(*base);
  }
  return search.Take();
}

}  // namespace axlut
