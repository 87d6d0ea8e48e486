// SPDX-License-Identifier: MIT
#include "sim/equivalence.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>

#include "frontend/port_map.h"
#include "runtime/base/cli.h"

namespace axlut {
namespace {

// Pairs per run of the simulator: long enough to hide the 3 ms of starting it, short enough for a
// progress bar.
constexpr uint64_t kPairsPerRun = uint64_t{1} << 18;

// The number that a bit pattern of up to 32 bits stands for.
int64_t ValueOf(uint32_t bits, int width, bool is_signed) {
  const bool negative = is_signed && ((bits >> (width - 1)) & 1) != 0;
  return static_cast<int64_t>(bits) - (negative ? int64_t{1} << width : 0);
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// True if `port` is called `name`, exactly or, failing that for both ports, without regard to case.
const RtlPort* PortNamed(const SimulatedPorts& ports, const std::string& name) {
  for (const RtlPort* port : {&ports.x, &ports.y}) {
    if (port->name == name) return port;
  }
  if (Lower(ports.x.name) == Lower(ports.y.name)) return nullptr;
  for (const RtlPort* port : {&ports.x, &ports.y}) {
    if (Lower(port->name) == Lower(name)) return port;
  }
  return nullptr;
}

// The table's own port names; nullopt if it has none.
Result<std::optional<OperandRoles>> RolesFromTable(const StoredTable& stored,
                                                   const std::string& top,
                                                   const SimulatedPorts& ports) {
  const PortNames& names = stored.info.ports;
  if (names.a.empty() || names.b.empty()) return std::optional<OperandRoles>();
  const RtlPort* a = PortNamed(ports, names.a);
  const RtlPort* b = PortNamed(ports, names.b);
  if (a != nullptr && b != nullptr && a != b) {
    OperandRoles roles;
    roles.a = *a;
    roles.b = *b;
    roles.source = RoleSource::kTable;
    return std::optional<OperandRoles>(roles);
  }
  // A formula's operands are called A and B because they must be called something.
  if (stored.info.source.kind == "formula") return std::optional<OperandRoles>();
  return Error::InvalidInput(fmt::format("the table was made from operands '{}' (row) and '{}' "
                                         "(column), but module '{}' has the inputs '{}' and '{}'",
                                         names.a, names.b, top, ports.x.name, ports.y.name))
      .At(ports.x.where)
      .Help(fmt::format("--a PORT --b PORT say which input is the row and which the column"));
}

Result<void> CheckWidth(const RtlPort& port, const OperandSpec& spec, const std::string& top,
                        const char* role) {
  if (port.width == spec.width) return {};
  return Error::InvalidInput(fmt::format("port '{}' of module '{}' has {} bits, but the table's {} "
                                         "operand has {}",
                                         port.name, top, port.width, role, spec.width))
      .At(port.where);
}

void AddNotes(const TruthTable& table, const SimulatedPorts& ports, OperandRoles& roles) {
  const std::pair<const RtlPort*, const OperandSpec*> operands[] = {{&roles.a, &table.a()},
                                                                    {&roles.b, &table.b()}};
  for (const auto& [port, spec] : operands) {
    if (port->is_signed && !spec->is_signed()) {
      roles.notes.push_back(fmt::format(
          "port '{}' is declared signed, but the table's operand is unsigned; bit patterns are "
          "compared",
          port->name));
    }
  }
  if (ports.product.width != table.product().width) {
    roles.notes.push_back(fmt::format(
        "port '{}' has {} bits and the table's products have {}; their values are compared",
        ports.product.name, ports.product.width, table.product().width));
  }
}

// One run's share of the answer.
struct Part {
  uint64_t differing = 0;
  uint64_t differing_if_swapped = 0;
  std::vector<CounterExample> counter_examples;
};

class Comparison {
 public:
  Comparison(const TruthTable& table, const Simulator& simulator, const OperandRoles& roles,
             size_t max_counter_examples)
      : table_(table),
        simulator_(simulator),
        outer_(roles.a.name == simulator.ports().x.name ? OuterOperand::kX : OuterOperand::kY),
        square_(table.a().width == table.b().width),
        max_counter_examples_(max_counter_examples) {}

  bool square() const { return square_; }

  Result<Part> CompareRows(uint64_t first, uint64_t last) const {
    AXLUT_ASSIGN_OR_RETURN(const std::vector<uint32_t> products,
                           simulator_.Simulate(outer_, first, last));
    const int product_width = simulator_.ports().product.width;
    const bool is_signed = table_.product().is_signed();
    const int width_b = table_.b().width;
    Part part;
    for (uint64_t i = 0; i < products.size(); ++i) {
      const uint32_t a = static_cast<uint32_t>(first + (i >> width_b));
      const uint32_t b = static_cast<uint32_t>(i) & table_.b().mask();
      const int64_t got = ValueOf(products[i], product_width, is_signed);
      if (square_ && got != table_.ProductAt(b, a)) ++part.differing_if_swapped;
      const int64_t expected = table_.ProductAt(a, b);
      if (got == expected) continue;
      if (part.differing++ < max_counter_examples_) {
        part.counter_examples.push_back({a, b, expected, products[i], got});
      }
    }
    return part;
  }

 private:
  const TruthTable& table_;
  const Simulator& simulator_;
  OuterOperand outer_;
  bool square_;
  size_t max_counter_examples_;
};

}  // namespace

Result<OperandRoles> FindRoles(const StoredTable& stored, const std::string& circuit_name,
                               const std::string& top, const SimulatedPorts& ports,
                               const RoleOptions& options) {
  OperandRoles roles;
  const bool by_options = !options.a.empty() || !options.b.empty();
  AXLUT_ASSIGN_OR_RETURN(std::optional<OperandRoles> known,
                         by_options ? Result<std::optional<OperandRoles>>(std::nullopt)
                                    : RolesFromTable(stored, top, ports));
  if (known && (!options.rows.empty() || options.like_tfapprox)) {
    return Error::Usage(fmt::format("the table says itself that its row operand is '{}': --rows "
                                    "and --like are for tables without port names",
                                    stored.info.ports.a))
        .Help("--a PORT --b PORT override what the table says");
  }
  if (known) {
    roles = *std::move(known);
  } else {
    PortMapOptions map_options;
    if (!options.a.empty()) map_options.a = options.a;
    if (!options.b.empty()) map_options.b = options.b;
    if (!options.rows.empty()) map_options.rows = options.rows;
    map_options.like_tfapprox = options.like_tfapprox;
    std::vector<DeclaredPort> declared;
    for (const RtlPort* port : {&ports.x, &ports.y, &ports.product}) {
      declared.push_back(
          {port->name, port->width, port != &ports.product, port->is_signed, port->where});
    }
    AXLUT_ASSIGN_OR_RETURN(const PortMap map,
                           ResolvePortMap(circuit_name, declared, map_options, false));
    roles.a = map.a.name == ports.x.name ? ports.x : ports.y;
    roles.b = map.a.name == ports.x.name ? ports.y : ports.x;
    const bool chosen = by_options || !options.rows.empty() || options.like_tfapprox;
    roles.source = chosen ? RoleSource::kOptions : RoleSource::kPortNames;
    if (!chosen) {
      roles.notes.push_back(
          fmt::format("the table does not name its operands; assumed: row = port "
                      "'{}', column = port '{}' (--rows B swaps them)",
                      roles.a.name, roles.b.name));
    }
  }
  AXLUT_RETURN_IF_ERROR(CheckWidth(roles.a, stored.table.a(), top, "row"));
  AXLUT_RETURN_IF_ERROR(CheckWidth(roles.b, stored.table.b(), top, "column"));
  AddNotes(stored.table, ports, roles);
  return roles;
}

Result<Verdict> CompareAll(const TruthTable& table, const Simulator& simulator,
                           const OperandRoles& roles, size_t max_counter_examples,
                           const ParallelFor& parallel_for, const Progress& progress) {
  const Comparison comparison(table, simulator, roles, max_counter_examples);
  const uint64_t rows = table.a().count();
  const uint64_t rows_per_run = std::max<uint64_t>(1, kPairsPerRun >> table.b().width);
  const uint64_t runs = (rows + rows_per_run - 1) / rows_per_run;
  std::vector<Part> parts(runs);
  std::mutex mutex;
  std::optional<Error> failure;
  std::atomic<int64_t> done{0};
  parallel_for(static_cast<int64_t>(runs), 1, [&](int64_t begin, int64_t end) {
    for (int64_t run = begin; run < end; ++run) {
      {
        const std::lock_guard<std::mutex> lock(mutex);
        if (!failure && cli::Interrupted()) failure = Error(ErrorCode::kInterrupted, "interrupted");
        if (failure) return;
      }
      const uint64_t first = static_cast<uint64_t>(run) * rows_per_run;
      Result<Part> part = comparison.CompareRows(first, std::min(rows, first + rows_per_run));
      if (part.ok()) {
        parts[static_cast<size_t>(run)] = *std::move(part);
        progress.Update(++done, static_cast<int64_t>(runs));
        continue;
      }
      const std::lock_guard<std::mutex> lock(mutex);
      if (!failure) failure = std::move(part).error();
    }
  });
  if (failure) return *failure;

  Verdict verdict;
  verdict.pairs = table.products().size();
  verdict.has_swapped = comparison.square();
  for (const Part& part : parts) {
    verdict.differing += part.differing;
    verdict.differing_if_swapped += part.differing_if_swapped;
    for (const CounterExample& example : part.counter_examples) {
      if (verdict.counter_examples.size() < max_counter_examples)
        verdict.counter_examples.push_back(example);
    }
  }
  return verdict;
}

}  // namespace axlut
