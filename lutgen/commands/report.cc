// SPDX-License-Identifier: MIT
#include "lutgen/commands/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>
#include <vector>

namespace axlut {
namespace {

using nlohmann::ordered_json;

struct MetricLabel {
  const char* key;
  const char* label;
  const char* unit;
};

constexpr MetricLabel kMetricLabels[] = {
    {"mae", "MAE", ""},        {"mae_pct", "MAE%", " %"},   {"wce", "WCE", ""},
    {"wce_pct", "WCE%", " %"}, {"wcre_pct", "WCRE%", " %"}, {"ep_pct", "EP%", " %"},
    {"mre_pct", "MRE%", " %"}, {"mse", "MSE", ""},          {"bias", "bias", ""},
};

bool IsKnownMetric(const std::string& key) {
  return std::any_of(std::begin(kMetricLabels), std::end(kMetricLabels),
                     [&](const MetricLabel& metric) { return key == metric.key; });
}

ordered_json OperandJson(const std::string& port, const OperandSpec& spec) {
  return {{"port", port}, {"width", spec.width}, {"signed", spec.is_signed()}};
}

ordered_json SourceJson(const TableSource& source) {
  return {
      {"kind", source.kind}, {"file", source.file}, {"sha256", source.sha256}, {"top", source.top}};
}

std::string SourceText(const TableSource& source) {
  if (source.kind.empty()) return "unknown";
  if (source.kind == "formula") return "formula " + source.top;
  const char* what = source.kind == "c" ? "function" : "module";
  const std::string top = source.top.empty() ? "" : fmt::format(", {} {}", what, source.top);
  return fmt::format("{} ({}{})", source.file, source.kind, top);
}

std::string ToolsText(const std::map<std::string, std::string>& tools) {
  std::vector<std::string> names;
  for (const auto& [tool, version] : tools) names.push_back(tool + " " + version);
  return names.empty() ? "unknown" : fmt::format("{}", fmt::join(names, ", "));
}

std::string OrUnknown(const std::string& text) { return text.empty() ? "unknown" : text; }

}  // namespace

ordered_json NewAnswer() { return {{"schema", kJsonSchema}}; }

std::string Serialize(const ordered_json& answer) {
  return answer.dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

ordered_json MetricsJson(const std::map<std::string, double>& metrics) {
  ordered_json json = ordered_json::object();
  for (const MetricLabel& metric : kMetricLabels) {
    const auto found = metrics.find(metric.key);
    if (found == metrics.end()) continue;
    // WCE is an integer; a limit for it need not be.
    const double value = found->second;
    const bool is_integer =
        found->first == "wce" && value >= 0 && value < 1e15 && value == std::floor(value);
    if (is_integer) {
      json[metric.key] = static_cast<int64_t>(value);
    } else {
      json[metric.key] = value;
    }
  }
  for (const auto& [key, value] : metrics) {
    if (!IsKnownMetric(key)) json[key] = value;
  }
  return json;
}

ordered_json TableJson(const StoredTable& stored) {
  const TruthTable& table = stored.table;
  const TableInfo& info = stored.info;
  const auto [least, most] = std::minmax_element(table.products().begin(), table.products().end());
  ordered_json json;
  json["name"] = info.name;
  json["a"] = OperandJson(info.ports.a, table.a());
  json["b"] = OperandJson(info.ports.b, table.b());
  json["product"] = OperandJson(info.ports.product, table.product());
  json["entries"] = table.products().size();
  json["commutative"] = table.IsCommutative();
  json["smallest_product"] = *least;
  json["largest_product"] = *most;
  json["source"] = SourceJson(info.source);
  json["tools"] = info.tools;
  json["metrics"] = MetricsJson(info.metrics);
  json["hardware"] = info.hardware;
  return json;
}

std::string DescribeOperands(const OperandSpec& a, const OperandSpec& b,
                             const OperandSpec& product) {
  return fmt::format("{} x {} -> {}", ToString(a), ToString(b), ToString(product));
}

std::string MetricsText(const std::map<std::string, double>& metrics) {
  std::string text;
  for (const MetricLabel& metric : kMetricLabels) {
    const auto found = metrics.find(metric.key);
    if (found == metrics.end()) continue;
    text += fmt::format("{:<6} {:.10g}{}\n", metric.label, found->second, metric.unit);
  }
  return text;
}

Result<void> WriteTable(const TableOutput& output, const StoredTable& stored,
                        const std::string& what, const cli::Context& context) {
  AXLUT_RETURN_IF_ERROR(SaveTable(output.path, stored, output.format));
  const TruthTable& table = stored.table;
  context.Note(fmt::format("{}: {}, {} entries -> {}", what,
                           DescribeOperands(table.a(), table.b(), table.product()),
                           table.products().size(), output.path));
  if (!context.json()) return {};
  nlohmann::ordered_json answer = NewAnswer();
  answer["output"] = output.path;
  answer["format"] = output.format;
  answer["table"] = TableJson(stored);
  return context.WriteJson(Serialize(answer));
}

std::string OperandOrderText(const PortNames& ports) {
  const auto quoted = [](const std::string& name) {
    return name.empty() ? std::string("not known by name") : "'" + name + "'";
  };
  return fmt::format("row operand (activation): {}; column operand (weight): {}", quoted(ports.a),
                     quoted(ports.b));
}

std::string TableText(const StoredTable& stored) {
  const TruthTable& table = stored.table;
  const TableInfo& info = stored.info;
  const auto [least, most] = std::minmax_element(table.products().begin(), table.products().end());
  std::string text;
  const auto line = [&](const char* label, const std::string& value) {
    text += fmt::format("{:<15} {}\n", label, value);
  };
  line("name", OrUnknown(info.name));
  line("operands", DescribeOperands(table.a(), table.b(), table.product()));
  line("row operand", OrUnknown(info.ports.a) + " (activation)");
  line("column operand", OrUnknown(info.ports.b) + " (weight)");
  line("product", OrUnknown(info.ports.product));
  line("entries", fmt::format("{}, products {} .. {}", table.products().size(), *least, *most));
  line("commutative", table.IsCommutative() ? "yes" : "no");
  line("source", SourceText(info.source));
  if (!info.source.sha256.empty()) line("sha256", info.source.sha256);
  line("tools", ToolsText(info.tools));
  for (const auto& [key, value] : info.hardware) line(key.c_str(), fmt::format("{:g}", value));
  if (!info.metrics.empty()) text += "\n" + MetricsText(info.metrics);
  return text;
}

}  // namespace axlut
