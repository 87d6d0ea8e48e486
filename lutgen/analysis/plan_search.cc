// SPDX-License-Identifier: MIT
#include "lutgen/analysis/plan_search.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include "kernels/plan/integer_product.h"
#include "kernels/plan/plan_builder.h"
#include "kernels/plan/plan_cost.h"
#include "kernels/plan/product_fit.h"

namespace axlut {
namespace {

constexpr int kPasses = 24;       // of the search for offsets
constexpr int kRefinePasses = 4;  // of each product when several are refined together
constexpr int kRefineRounds = 3;
constexpr double kNone = std::numeric_limits<double>::infinity();
constexpr size_t kIsaCount = std::size(kKernelIsas);

// How good a step of the search is: the cost on the best instruction set; among equals, the smaller
// residual is closer to a cheaper one.
struct Score {
  double cost = kNone;
  int max_entry = std::numeric_limits<int>::max();

  friend bool operator<(const Score& l, const Score& r) {
    return l.cost != r.cost ? l.cost < r.cost : l.max_entry < r.max_entry;
  }
};

// A table from which products have been taken, and these.
struct Partial {
  PlanBuilder builder;
  std::vector<IntegerProduct> products;
  Score score;
};

class Search {
 public:
  Search(const LutView& lut, const PlanSearchParams& params) : lut_(lut), params_(params) {
    least_.fill(kNone);
  }

  void Run(bool is_signed_a, bool is_signed_b, PlanSearchStats* stats) {
    const IntegerProduct exact{1, OperandValues(lut_.width_a, is_signed_a),
                               OperandValues(lut_.width_b, is_signed_b)};
    Price(
        TablePlan(lut_));  // first: where nothing is cheaper, it is the plan that needs no storing
    const Partial table = Start({});
    const Partial error = Start({exact});
    FitProductsTo(table);
    Step(1);
    FitProductsTo(error);
    Step(2);
    for (const Partial* base : {&table, &error}) {
      TryParts(*base, SeparableBits(base->builder.remainder(), lut_.width_a, lut_.width_b));
    }
    Step(3);
    stats_.exact_terms_t = TryFactorisations(table);
    Step(4);
    stats_.exact_terms_e = TryFactorisations(error);
    Step(5);
    if (stats != nullptr) *stats = stats_;
  }

  std::vector<KernelPlan> Take() {
    std::vector<KernelPlan> plans = KeepCheapest(std::move(found_));
    const auto has_no_residual = [](const KernelPlan& plan) { return !plan.residual.has_value(); };
    if (exact_ && std::none_of(plans.begin(), plans.end(), has_no_residual)) {
      plans.push_back(*std::move(exact_));
    }
    const auto is_table = [](const KernelPlan& plan) {
      return plan.terms.empty() && plan.residual.has_value();
    };
    std::optional<KernelPlan> last_resort = TablePlan(lut_);
    if (last_resort && last_resort->residual &&
        std::none_of(plans.begin(), plans.end(), is_table)) {
      plans.push_back(*std::move(last_resort));
    }
    return plans;
  }

 private:
  static constexpr int kSteps = 5;

  void Step(int done) const {
    if (params_.progress) params_.progress(done, kSteps);
  }

  // Prices the plans of what `builder` holds, and keeps those that are the cheapest so far
  // anywhere.
  Score Consider(PlanBuilder* builder) {
    std::optional<KernelPlan> plan = builder->Finish(kPasses);
    const bool may_gain = plan && MayGainFromNibbles(*plan);
    const Score score = Price(std::move(plan));
    if (!may_gain) return score;
    Price(builder->Finish(kPasses, OffsetChoice::kNibblesOfA));
    Price(builder->Finish(kPasses, OffsetChoice::kNibblesOfB));
    return score;
  }

  Score Price(std::optional<KernelPlan> plan) {
    if (!plan) return {};
    ++stats_.candidates;
    const PlanShape shape = ShapeOf(*plan);
    bool is_best = false;
    for (size_t i = 0; i < kIsaCount; ++i) {
      const double cost = PlanCost(shape, kKernelIsas[i]);
      if (cost >= least_[i]) continue;
      least_[i] = cost;
      is_best = true;
    }
    const bool is_exact = !plan->residual && shape.terms <= params_.max_kept_terms;
    if (is_exact && (!exact_ || plan->terms.size() < exact_->terms.size())) exact_ = plan;
    if (is_best) found_.push_back(*std::move(plan));
    return {PlanCost(shape, KernelIsa::kAvx512Vbmi), shape.max_entry};
  }

  Partial Start(std::vector<IntegerProduct> products) {
    Partial start{PlanBuilder(lut_), std::move(products), {}};
    for (const IntegerProduct& product : start.products) start.builder.AddProduct(product);
    start.score = Consider(&start.builder);
    return start;
  }

  Partial With(const Partial& base, const IntegerProduct& product) {
    Partial next = base;
    next.builder.AddProduct(product);
    next.products.push_back(product);
    next.score = Consider(&next.builder);
    return next;
  }

  // Adds one fitted product after the other, each time the best of the fits.
  void FitProductsTo(const Partial& start) {
    Partial base = start;
    for (int i = 0; i < params_.max_fitted_products; ++i) {
      std::optional<Partial> best;
      for (const IntegerProduct& fit :
           FitProducts(base.builder.remainder(), lut_.width_a, lut_.width_b)) {
        Partial next = With(base, fit);
        if (!best || next.score < best->score) best = std::move(next);
      }
      if (!best) return;
      base = *std::move(best);
      if (base.products.size() > 1) {
        const Partial refined = Refined(base);
        if (refined.score < base.score) base = refined;
      }
      if (base.score.max_entry == 0) return;
    }
  }

  // The products of `base`, refined in turn with the others held fast.
  Partial Refined(const Partial& base) {
    std::vector<IntegerProduct> products = base.products;
    for (int round = 0; round < kRefineRounds; ++round) {
      for (IntegerProduct& product : products) {
        PlanBuilder others(lut_);
        for (const IntegerProduct& other : products) {
          if (&other != &product) others.AddProduct(other);
        }
        RefineProduct(others.remainder(), lut_.width_a, lut_.width_b, kRefinePasses, &product);
      }
    }
    return Start(std::move(products));
  }

  // Exact factorisations of what is left of `base`, whole and in part. The fewest terms of a whole
  // one, those of `base` included.
  int TryFactorisations(const Partial& base) {
    const std::vector<Factorisation> factorisations =
        Factorise(base.builder.remainder(), lut_.width_a, lut_.width_b, params_.low_rank);
    for (const Factorisation& factorisation : factorisations) {
      if (factorisation.terms + base.builder.term_count() <= params_.max_kept_terms) {
        PlanBuilder whole = base.builder;
        for (const IntegerProduct& product : factorisation.products) whole.AddProduct(product);
        Consider(&whole);
      }
      const size_t count = factorisation.products.size();
      if (count > 1 && count <= static_cast<size_t>(params_.max_partial_products)) {
        TryParts(base, factorisation.products);
      }
    }
    return base.builder.term_count() + factorisations.front().terms;
  }

  // Products of a factorisation, each time the one that leaves the least, as long as the terms
  // alone are cheaper than the best plan.
  void TryParts(const Partial& start, std::vector<IntegerProduct> products) {
    Partial base = start;
    while (!products.empty()) {
      PlanShape terms_alone;
      terms_alone.terms = base.builder.term_count() + 1;
      if (PlanCost(terms_alone, KernelIsa::kAvx512Vbmi) >= least_.back()) return;
      std::optional<Partial> best;
      size_t best_index = 0;
      for (size_t i = 0; i < products.size(); ++i) {
        Partial next = With(base, products[i]);
        if (best && !(next.score < best->score)) continue;
        best = std::move(next);
        best_index = i;
      }
      base = *std::move(best);
      products.erase(products.begin() + static_cast<std::ptrdiff_t>(best_index));
    }
  }

  const LutView lut_;
  const PlanSearchParams& params_;
  PlanSearchStats stats_;
  std::array<double, kIsaCount> least_;  // cost of the best plan so far, by instruction set
  std::vector<KernelPlan> found_;
  std::optional<KernelPlan> exact_;  // without a residual, of fewest terms
};

}  // namespace

std::vector<KernelPlan> SearchPlans(const LutView& lut, bool is_signed_a, bool is_signed_b,
                                    const PlanSearchParams& params, PlanSearchStats* stats) {
  Search search(lut, params);
  search.Run(is_signed_a, is_signed_b, stats);
  return search.Take();
}

}  // namespace axlut
