// SPDX-License-Identifier: MIT
#include "kernels/plan/plan.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <numeric>
#include <unordered_map>

namespace axlut {
namespace {

constexpr uint64_t kMaxEntry = std::numeric_limits<uint16_t>::max();

// "offset_a must have 256 values, got 3", or "".
template <typename T>
std::string SizeError(const char* name, const std::vector<T>& values, size_t expected) {
  if (values.size() == expected) return "";
  return std::string(name) + " must have " + std::to_string(expected) + " values, got " +
         std::to_string(values.size());
}

std::string ClassError(const char* name, const std::vector<uint8_t>& classes, int32_t count) {
  if (count < 1 || count > 256) {
    return std::string(name) + " must have 1..256 classes, got " + std::to_string(count);
  }
  for (uint8_t value : classes) {
    if (value >= count) {
      return std::string(name) + " must be below " + std::to_string(count) + ", got " +
             std::to_string(value);
    }
  }
  return "";
}

// Sizes and ranges, so that the products can be computed at all.
std::string FindShapeError(const KernelPlan& plan, const LutView& lut) {
  if (plan.width_a != lut.width_a || plan.width_b != lut.width_b) {
    return "a plan for a table of " + std::to_string(lut.width_a) + "x" +
           std::to_string(lut.width_b) + " bits must have these widths, got " +
           std::to_string(plan.width_a) + "x" + std::to_string(plan.width_b);
  }
  const size_t count_a = size_t{1} << lut.width_a;
  const size_t count_b = size_t{1} << lut.width_b;
  std::string error = SizeError("offset_a", plan.offset_a, count_a);
  if (error.empty()) error = SizeError("offset_b", plan.offset_b, count_b);
  for (const PlanTerm& term : plan.terms) {
    if (error.empty()) error = SizeError("u of a term", term.u, count_a);
    if (error.empty()) error = SizeError("v of a term", term.v, count_b);
  }
  if (!error.empty() || !plan.residual) return error;
  const PlanResidual& residual = *plan.residual;
  error = SizeError("class_a", residual.class_a, count_a);
  if (error.empty()) error = SizeError("class_b", residual.class_b, count_b);
  if (error.empty()) error = ClassError("class_a", residual.class_a, residual.count_a);
  if (error.empty()) error = ClassError("class_b", residual.class_b, residual.count_b);
  if (!error.empty()) return error;
  return SizeError("entries of the residual", residual.entries,
                   static_cast<size_t>(residual.count_a) * static_cast<size_t>(residual.count_b));
}

// FNV-1a over 16-bit units.
uint64_t HashOf(const uint16_t* values, size_t count) {
  uint64_t hash = 0xcbf29ce484222325;
  for (size_t i = 0; i < count; ++i) hash = (hash ^ values[i]) * 0x100000001b3;
  return hash;
}

// Numbers equal lines of `length` values alike, in order of appearance.
std::vector<uint8_t> ClassesOf(const std::vector<uint16_t>& lines, size_t length,
                               std::vector<size_t>* representatives) {
  std::vector<uint8_t> classes;
  std::unordered_multimap<uint64_t, size_t> known;  // hash -> class
  for (size_t line = 0; line * length < lines.size(); ++line) {
    const uint16_t* values = lines.data() + line * length;
    const uint64_t hash = HashOf(values, length);
    const auto [first, last] = known.equal_range(hash);
    const auto found = std::find_if(first, last, [&](const auto& candidate) {
      const uint16_t* other = lines.data() + (*representatives)[candidate.second] * length;
      return std::equal(values, values + length, other);
    });
    classes.push_back(
        static_cast<uint8_t>(found == last ? representatives->size() : found->second));
    if (found != last) continue;
    known.emplace(hash, representatives->size());
    representatives->push_back(line);
  }
  return classes;
}

}  // namespace

// No overflow: it would take 2^25 terms.
int64_t PlanProduct(const KernelPlan& plan, size_t a, size_t b) {
  a &= plan.offset_a.size() - 1;
  b &= plan.offset_b.size() - 1;
  int64_t sum = int64_t{plan.offset_a[a]} + plan.offset_b[b];
  for (const PlanTerm& term : plan.terms) sum += int64_t{term.scale} * term.u[a] * term.v[b];
  if (!plan.residual) return sum;
  const PlanResidual& residual = *plan.residual;
  const size_t row = residual.class_a[a];
  const size_t entry = row * static_cast<size_t>(residual.count_b) + residual.class_b[b];
  return sum + int64_t{residual.scale} * residual.entries[entry];
}

std::string DescribePlan(const KernelPlan& plan) {
  const auto counted = [](size_t count, const std::string& thing) {
    return std::to_string(count) + " " + thing + (count == 1 ? "" : "s");
  };
  std::string text;
  if (!plan.terms.empty()) text = counted(plan.terms.size(), "term");
  if (!plan.residual) return text.empty() ? "offsets" : text;
  const PlanResidual& residual = *plan.residual;
  const auto max = std::max_element(residual.entries.begin(), residual.entries.end());
  return text + (text.empty() ? "" : ", ") + counted(*max > 255 ? 2 : 1, "byte plane") + " of " +
         std::to_string(residual.count_a) + "x" + std::to_string(residual.count_b) +
         " classes, 0.." + std::to_string(*max);
}

std::optional<PlanResidual> MakeResidual(const std::vector<int64_t>& remainder, int width_a,
                                         int width_b, int64_t* min) {
  const size_t count_a = size_t{1} << width_a;
  const size_t count_b = size_t{1} << width_b;
  *min = *std::min_element(remainder.begin(), remainder.end());
  int64_t gcd = 0;
  for (auto value = remainder.begin(); value != remainder.end() && gcd != 1; ++value) {
    const int64_t difference = *value - *min;
    // One division, where the whole algorithm would take many steps to find what is known.
    if (gcd == 0 || difference % gcd != 0) gcd = std::gcd(gcd, difference);
  }
  if (gcd == 0 || gcd > std::numeric_limits<int32_t>::max()) return std::nullopt;
  std::vector<uint16_t> entries(remainder.size());
  for (size_t i = 0; i < entries.size(); ++i) {
    const int64_t difference = remainder[i] - *min;
    const auto entry = static_cast<uint64_t>(gcd == 1 ? difference : difference / gcd);
    if (entry > kMaxEntry) return std::nullopt;
    entries[i] = static_cast<uint16_t>(entry);
  }
  PlanResidual residual;
  residual.scale = static_cast<int32_t>(gcd);
  std::vector<uint16_t> transposed(entries.size());
  for (size_t a = 0; a < count_a; ++a) {
    for (size_t b = 0; b < count_b; ++b) transposed[b * count_a + a] = entries[a * count_b + b];
  }
  std::vector<size_t> rows;
  std::vector<size_t> columns;
  residual.class_a = ClassesOf(entries, count_b, &rows);
  residual.class_b = ClassesOf(transposed, count_a, &columns);
  residual.count_a = static_cast<int32_t>(rows.size());
  residual.count_b = static_cast<int32_t>(columns.size());
  for (size_t a : rows) {
    for (size_t b : columns) residual.entries.push_back(entries[a * count_b + b]);
  }
  return residual;
}

std::optional<KernelPlan> TablePlan(const LutView& lut) {
  const size_t count_a = size_t{1} << lut.width_a;
  const size_t count_b = size_t{1} << lut.width_b;
  int64_t min = 0;
  KernelPlan plan;
  const std::vector<int64_t> products(lut.products, lut.products + count_a * count_b);
  plan.residual = MakeResidual(products, lut.width_a, lut.width_b, &min);
  const bool is_constant =
      std::all_of(products.begin(), products.end(), [&](int64_t value) { return value == min; });
  if (!plan.residual && !is_constant) return std::nullopt;
  plan.width_a = lut.width_a;
  plan.width_b = lut.width_b;
  plan.offset_a.assign(count_a, 0);
  plan.offset_b.assign(count_b, static_cast<int32_t>(min));
  return plan;
}

std::string FindPlanError(const KernelPlan& plan, const LutView& lut) {
  std::string error = FindShapeError(plan, lut);
  if (!error.empty()) return error;
  const size_t count_a = size_t{1} << lut.width_a;
  const size_t count_b = size_t{1} << lut.width_b;
  for (size_t a = 0; a < count_a; ++a) {
    for (size_t b = 0; b < count_b; ++b) {
      const int64_t product = PlanProduct(plan, a, b);
      const int64_t expected = lut.products[a << lut.width_b | b];
      if (product == expected) continue;
      return "product of the bit patterns " + std::to_string(a) + " and " + std::to_string(b) +
             " must be " + std::to_string(expected) + ", got " + std::to_string(product);
    }
  }
  return "";
}

}  // namespace axlut
