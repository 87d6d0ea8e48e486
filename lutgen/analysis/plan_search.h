// SPDX-License-Identifier: MIT
// The search for a table's cheapest exact plans (docs/plans.md).
#pragma once

#include <functional>
#include <vector>

#include "kernels/plan/plan.h"
#include "lutgen/analysis/low_rank.h"

namespace axlut {

struct PlanSearchParams {
  // Most products that are fitted one after the other before the rest becomes a residual. Each has
  // to save more than it costs; a few may do together what one alone does not.
  int max_fitted_products = 4;
  // Factorisations of at most this many products are also tried in part, the rest as a residual.
  int max_partial_products = 24;
  // An exact plan without residual of at most this many terms is kept even if another one is
  // cheaper on all CPUs of plan_cost.h: matrix units (AMX, tensor cores) price terms differently.
  int max_kept_terms = 32;
  LowRankParams low_rank;
  // Called now and then with the number of steps done and their total. May be empty.
  std::function<void(int done, int total)> progress;
};

struct PlanSearchStats {
  int candidates = 0;     // plans that were made and priced
  int exact_terms_t = 0;  // fewest terms of an exact factorisation of T
  int exact_terms_e = 0;  // the same for a * b and a factorisation of E = T - a * b
};

// Plans of `lut`, each exact and each once: the cheapest for every instruction set (best set
// first), the exact factorisation of fewest terms, and TablePlan as the last resort, where they
// exist. a * b is the product of the operands' values, hence the signedness.
std::vector<KernelPlan> SearchPlans(const LutView& lut, bool is_signed_a, bool is_signed_b,
                                    const PlanSearchParams& params = {},
                                    PlanSearchStats* stats = nullptr);

}  // namespace axlut
