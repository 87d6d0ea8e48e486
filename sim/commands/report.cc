// SPDX-License-Identifier: MIT
#include "sim/commands/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace axlut {
namespace {

using nlohmann::ordered_json;

constexpr int kJsonSchema = 1;

const char* SourceName(RoleSource source) {
  switch (source) {
    case RoleSource::kTable:
      return "table";
    case RoleSource::kOptions:
      return "options";
    case RoleSource::kPortNames:
      break;
  }
  return "port names";
}

std::string Bits(uint64_t pattern, int width) {
  return fmt::format("{:0{}b}", pattern & ((uint64_t{1} << width) - 1), width);
}

// One line of the list of counter-examples: numbers and, behind each, its bits.
struct Row {
  std::string cells[4];
};

std::vector<Row> CounterExampleRows(const VerifyReport& report) {
  const TruthTable& table = report.stored.table;
  const int product_width = report.simulator.ports().product.width;
  std::vector<Row> rows;
  rows.push_back(
      {{fmt::format("row {}", report.roles.a.name), fmt::format("column {}", report.roles.b.name),
        "expected (table)", "got (RTL)"}});
  for (const CounterExample& example : report.verdict.counter_examples) {
    const auto cell = [](int64_t value, uint64_t pattern, int width) {
      return fmt::format("{} ({})", value, Bits(pattern, width));
    };
    rows.push_back(
        {{cell(table.a().ValueOf(example.a), example.a, table.a().width),
          cell(table.b().ValueOf(example.b), example.b, table.b().width),
          cell(example.expected, static_cast<uint64_t>(example.expected), table.product().width),
          cell(example.got, example.got_bits, product_width)}});
  }
  return rows;
}

std::string CounterExampleText(const VerifyReport& report) {
  const std::vector<Row> rows = CounterExampleRows(report);
  std::string text;
  for (const Row& row : rows) {
    for (size_t column = 0; column < 4; ++column) {
      size_t width = 0;
      for (const Row& other : rows) width = std::max(width, other.cells[column].size());
      text += fmt::format("  {:>{}}", row.cells[column], width);
    }
    text += "\n";
  }
  return text;
}

ordered_json PortJson(const RtlPort& port, const OperandSpec& spec) {
  return {{"port", port.name}, {"width", port.width}, {"signed", spec.is_signed()}};
}

ordered_json CounterExampleJson(const VerifyReport& report, const CounterExample& example) {
  const TruthTable& table = report.stored.table;
  return {{"a", table.a().ValueOf(example.a)},
          {"a_bits", Bits(example.a, table.a().width)},
          {"b", table.b().ValueOf(example.b)},
          {"b_bits", Bits(example.b, table.b().width)},
          {"expected", example.expected},
          {"expected_bits", Bits(static_cast<uint64_t>(example.expected), table.product().width)},
          {"got", example.got},
          {"got_bits", Bits(example.got_bits, report.simulator.ports().product.width)}};
}

// Differs only because the operands are the other way round.
bool AgreesIfSwapped(const Verdict& verdict) {
  return !verdict.equal() && verdict.has_swapped && verdict.differing_if_swapped == 0;
}

}  // namespace

std::string ReportText(const VerifyReport& report) {
  const Verdict& verdict = report.verdict;
  std::string text = fmt::format("{} {} {} (module {}): ", report.table_path,
                                 verdict.equal() ? "equals" : "differs from", report.rtl_path,
                                 report.simulator.top());
  if (verdict.equal()) {
    text += fmt::format("all {} operand pairs agree\n", verdict.pairs);
  } else {
    text += fmt::format("{} of {} operand pairs differ\n", verdict.differing, verdict.pairs);
  }
  text +=
      fmt::format("operands: row = port {}, column = port {} (from the {}); product = port {}\n",
                  report.roles.a.name, report.roles.b.name, SourceName(report.roles.source),
                  report.simulator.ports().product.name);
  if (!verdict.counter_examples.empty()) text += CounterExampleText(report);
  const uint64_t listed = verdict.counter_examples.size();
  if (listed < verdict.differing) {
    text += fmt::format("  ... and {} more (--max-counterexamples N lists more)\n",
                        verdict.differing - listed);
  }
  if (AgreesIfSwapped(verdict)) {
    text += fmt::format(
        "help: with the operands swapped (row = port {}, column = port {}) all pairs agree\n",
        report.roles.b.name, report.roles.a.name);
  }
  return text;
}

std::string ReportJson(const VerifyReport& report) {
  const Verdict& verdict = report.verdict;
  const SimulatedPorts& ports = report.simulator.ports();
  ordered_json answer = {{"schema", kJsonSchema},
                         {"table", report.table_path},
                         {"rtl", report.rtl_path},
                         {"top", report.simulator.top()},
                         {"equal", verdict.equal()},
                         {"pairs", verdict.pairs},
                         {"differing", verdict.differing},
                         {"a", PortJson(report.roles.a, report.stored.table.a())},
                         {"b", PortJson(report.roles.b, report.stored.table.b())},
                         {"product", PortJson(ports.product, report.stored.table.product())},
                         {"operands_from", SourceName(report.roles.source)},
                         {"agrees_if_swapped", AgreesIfSwapped(verdict)},
                         {"counterexamples", ordered_json::array()},
                         {"simulator", report.simulator.verilator_version()},
                         {"cached", report.simulator.was_cached()},
                         {"notes", report.roles.notes}};
  for (const CounterExample& example : verdict.counter_examples) {
    answer["counterexamples"].push_back(CounterExampleJson(report, example));
  }
  return answer.dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace axlut
