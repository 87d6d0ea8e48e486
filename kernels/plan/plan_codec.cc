// SPDX-License-Identifier: MIT
#include "kernels/plan/plan_codec.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

namespace axlut {
namespace {

constexpr uint32_t kVersion = 1;

// --- writing ---------------------------------------------------------------------------------

template <typename T>
void Put(std::vector<uint8_t>* bytes, T value, size_t size = sizeof(T)) {
  const auto pattern = static_cast<uint64_t>(value);
  for (size_t i = 0; i < size; ++i) bytes->push_back(static_cast<uint8_t>(pattern >> (8 * i)));
}

template <typename T>
void PutAll(std::vector<uint8_t>* bytes, const std::vector<T>& values, size_t size = sizeof(T)) {
  for (T value : values) Put(bytes, value, size);
}

// Bytes that hold each offset: 0 (all are 0), 1, 2 or 4.
size_t OffsetSize(const std::vector<int32_t>& offsets) {
  const auto [min, max] = std::minmax_element(offsets.begin(), offsets.end());
  if (*min == 0 && *max == 0) return 0;
  if (*min >= std::numeric_limits<int8_t>::min() && *max <= std::numeric_limits<int8_t>::max()) {
    return 1;
  }
  if (*min >= std::numeric_limits<int16_t>::min() && *max <= std::numeric_limits<int16_t>::max()) {
    return 2;
  }
  return 4;
}

size_t EntrySize(const PlanResidual& residual) {
  return *std::max_element(residual.entries.begin(), residual.entries.end()) > 255 ? 2 : 1;
}

void PutPlan(std::vector<uint8_t>* bytes, const KernelPlan& plan) {
  const size_t size_a = OffsetSize(plan.offset_a);
  const size_t size_b = OffsetSize(plan.offset_b);
  const size_t entry_size = plan.residual ? EntrySize(*plan.residual) : 0;
  Put(bytes, plan.width_a, 1);
  Put(bytes, plan.width_b, 1);
  Put(bytes, plan.terms.size(), 2);
  Put(bytes, size_a, 1);
  Put(bytes, size_b, 1);
  Put(bytes, entry_size, 1);
  Put(bytes, 0, 1);
  PutAll(bytes, plan.offset_a, size_a);
  PutAll(bytes, plan.offset_b, size_b);
  for (const PlanTerm& term : plan.terms) {
    Put(bytes, term.scale);
    PutAll(bytes, term.u);
    PutAll(bytes, term.v);
  }
  if (!plan.residual) return;
  const PlanResidual& residual = *plan.residual;
  Put(bytes, residual.scale);
  Put(bytes, residual.count_a, 2);
  Put(bytes, residual.count_b, 2);
  PutAll(bytes, residual.class_a);
  PutAll(bytes, residual.class_b);
  PutAll(bytes, residual.entries, entry_size);
}

// --- reading ---------------------------------------------------------------------------------

// Takes numbers off the front of the bytes. After the first failure every call fails and changes
// nothing.
class Reader {
 public:
  Reader(const uint8_t* bytes, size_t size) : next_(bytes), left_(size) {}

  const std::string& error() const { return error_; }
  bool ok() const { return error_.empty(); }
  size_t left() const { return left_; }

  void Fail(const std::string& error) {
    if (ok()) error_ = error;
  }

  // One number of `size` bytes; T says whether it is signed. 0 on failure.
  template <typename T>
  T Take(const char* what, size_t size = sizeof(T)) {
    const std::vector<T> one = TakeAll<T>(what, 1, size);
    return one.empty() ? T{0} : one[0];
  }

  template <typename T>
  std::vector<T> TakeAll(const std::string& what, size_t count, size_t size = sizeof(T)) {
    if (ok() && left_ < count * size) Fail(what + " is truncated");
    if (!ok()) return {};
    std::vector<T> values(count);
    for (T& value : values) value = static_cast<T>(Next(size));
    left_ -= count * size;
    return values;
  }

 private:
  // Sign-extended, which conversion to an unsigned type of that size undoes.
  int64_t Next(size_t size) {
    uint64_t pattern = 0;
    for (size_t i = 0; i < size; ++i) pattern |= uint64_t{*next_++} << (8 * i);
    const uint64_t sign = size == 0 ? 0 : uint64_t{1} << (8 * size - 1);
    return static_cast<int64_t>((pattern ^ sign) - sign);
  }

  const uint8_t* next_;
  size_t left_;
  std::string error_;
};

std::string Demand(const std::string& what, const std::string& rule, size_t found) {
  return what + " must be " + rule + ", got " + std::to_string(found);
}

// "class_a of plan ...": classes, each below `count`.
std::vector<uint8_t> TakeClasses(Reader* reader, const char* what, size_t length, int32_t count) {
  std::vector<uint8_t> classes = reader->TakeAll<uint8_t>(what, length);
  for (uint8_t value : classes) {
    if (value >= count) reader->Fail(Demand(what, "below " + std::to_string(count), value));
  }
  return classes;
}

PlanResidual TakeResidual(Reader* reader, size_t count_a, size_t count_b, size_t entry_size) {
  PlanResidual residual;
  residual.scale = reader->Take<int32_t>("scale of the residual");
  residual.count_a = reader->Take<uint16_t>("number of classes of a");
  residual.count_b = reader->Take<uint16_t>("number of classes of b");
  for (const int32_t count : {residual.count_a, residual.count_b}) {
    if (count < 1 || count > 256) {
      reader->Fail(Demand("number of classes", "1..256", static_cast<size_t>(count)));
    }
  }
  residual.class_a = TakeClasses(reader, "class_a", count_a, residual.count_a);
  residual.class_b = TakeClasses(reader, "class_b", count_b, residual.count_b);
  const size_t entries =
      static_cast<size_t>(residual.count_a) * static_cast<size_t>(residual.count_b);
  if (entry_size == 1) {
    const std::vector<uint8_t> bytes = reader->TakeAll<uint8_t>("entries of the residual", entries);
    residual.entries.assign(bytes.begin(), bytes.end());
  } else {
    residual.entries = reader->TakeAll<uint16_t>("entries of the residual", entries);
  }
  return residual;
}

KernelPlan TakePlan(Reader* reader) {
  KernelPlan plan;
  plan.width_a = reader->Take<uint8_t>("width of a");
  plan.width_b = reader->Take<uint8_t>("width of b");
  for (const int width : {plan.width_a, plan.width_b}) {
    if (width < 1 || width > 8) {
      reader->Fail(Demand("width of an operand", "1..8 bits", static_cast<size_t>(width)));
    }
  }
  const size_t term_count = reader->Take<uint16_t>("number of terms");
  const size_t size_a = reader->Take<uint8_t>("size of offset_a");
  const size_t size_b = reader->Take<uint8_t>("size of offset_b");
  const size_t entry_size = reader->Take<uint8_t>("size of an entry");
  const size_t reserved = reader->Take<uint8_t>("reserved byte");
  for (const size_t size : {size_a, size_b}) {
    if (size == 3 || size > 4) reader->Fail(Demand("size of an offset", "0, 1, 2 or 4", size));
  }
  if (entry_size > 2) reader->Fail(Demand("size of an entry", "0, 1 or 2", entry_size));
  if (reserved != 0) reader->Fail(Demand("reserved byte", "0", reserved));
  if (!reader->ok()) return plan;
  const size_t count_a = size_t{1} << plan.width_a;
  const size_t count_b = size_t{1} << plan.width_b;
  plan.offset_a = reader->TakeAll<int32_t>("offset_a", count_a, size_a);
  plan.offset_b = reader->TakeAll<int32_t>("offset_b", count_b, size_b);
  for (size_t i = 0; i < term_count && reader->ok(); ++i) {
    const std::string of_term = " of term " + std::to_string(i);
    PlanTerm term;
    term.scale = reader->Take<int32_t>("scale of a term");
    term.u = reader->TakeAll<uint8_t>("u" + of_term, count_a);
    term.v = reader->TakeAll<int8_t>("v" + of_term, count_b);
    plan.terms.push_back(std::move(term));
  }
  if (entry_size != 0 && reader->ok()) {
    plan.residual = TakeResidual(reader, count_a, count_b, entry_size);
  }
  return plan;
}

}  // namespace

std::vector<uint8_t> EncodePlans(const std::vector<KernelPlan>& plans) {
  std::vector<uint8_t> bytes;
  Put(&bytes, kVersion, 2);
  Put(&bytes, plans.size(), 2);
  for (const KernelPlan& plan : plans) PutPlan(&bytes, plan);
  return bytes;
}

std::string DecodePlans(const uint8_t* bytes, size_t size, std::vector<KernelPlan>* plans) {
  plans->clear();
  Reader reader(bytes, size);
  const uint32_t version = reader.Take<uint16_t>("version");
  const size_t count = reader.Take<uint16_t>("number of plans");
  if (!reader.ok()) return reader.error();
  if (version != kVersion) return Demand("version", std::to_string(kVersion), version);
  if (count > kMaxStoredPlans) {
    return Demand("number of plans", "at most " + std::to_string(kMaxStoredPlans), count);
  }
  std::vector<KernelPlan> read;
  for (size_t i = 0; i < count; ++i) {
    read.push_back(TakePlan(&reader));
    if (!reader.ok()) return "plan " + std::to_string(i) + ": " + reader.error();
  }
  if (reader.left() > 0) {
    return std::to_string(reader.left()) + " bytes follow the last plan, which must be the end";
  }
  *plans = std::move(read);
  return "";
}

std::string ReadPlans(const uint8_t* bytes, size_t size, const LutView& lut,
                      std::vector<KernelPlan>* plans) {
  std::string error = DecodePlans(bytes, size, plans);
  for (size_t i = 0; i < plans->size() && error.empty(); ++i) {
    error = FindPlanError((*plans)[i], lut);
    if (!error.empty()) error = "plan " + std::to_string(i) + ": " + error;
  }
  if (!error.empty()) {
    plans->clear();
    return error;
  }
  const bool has_table = std::any_of(plans->begin(), plans->end(),
                                     [](const KernelPlan& plan) { return plan.terms.empty(); });
  std::optional<KernelPlan> table = has_table ? std::nullopt : TablePlan(lut);
  if (table) plans->push_back(*std::move(table));
  return "";
}

std::vector<KernelPlan> PlansToStore(const std::vector<KernelPlan>& plans) {
  std::vector<KernelPlan> kept;
  std::copy_if(plans.begin(), plans.end(), std::back_inserter(kept), [](const KernelPlan& plan) {
    const auto is_constant = [](const std::vector<int32_t>& offsets) {
      return std::adjacent_find(offsets.begin(), offsets.end(), std::not_equal_to<>()) ==
             offsets.end();
    };
    return !plan.terms.empty() || !is_constant(plan.offset_a) || !is_constant(plan.offset_b);
  });
  return kept;
}

}  // namespace axlut
