// SPDX-License-Identifier: MIT
#include "runtime/commands/table_choice.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "runtime/base/cli.h"
#include "runtime/base/file_io.h"
#include "runtime/table/sign_magnitude.h"
#include "runtime/table/stored_table.h"

namespace axlut {
namespace {

constexpr char kExact[] = "exact";

struct Choice {
  std::string layer;  // "" for all
  std::string table;
};

Choice ParseChoice(const std::string& text) {
  const size_t equals = text.find('=');
  std::error_code ignored;
  if (equals == std::string::npos || std::filesystem::exists(text, ignored)) return {"", text};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

// Tables by what the command line calls them, so that layers share one.
class TableCache {
 public:
  explicit TableCache(OperandEncoding encoding) : encoding_(encoding) {}

  Result<LayerTable> Get(const std::string& name) {
    const auto found = tables_.find(name);
    if (found != tables_.end()) return found->second;
    AXLUT_ASSIGN_OR_RETURN(LayerTable table, Load(name));
    tables_[name] = table;
    return table;
  }

 private:
  Result<LayerTable> Load(const std::string& name) const {
    if (name == kExact) {
      const OperandSpec code{8, Signedness::kTwosComplement};
      AXLUT_ASSIGN_OR_RETURN(TruthTable exact, ExactTable(code, code));
      AXLUT_ASSIGN_OR_RETURN(auto table, LutTable::Create(std::move(exact)));
      return LayerTable{table, kExact};
    }
    AXLUT_ASSIGN_OR_RETURN(StoredTable stored, LoadTable(name));
    const std::string title = stored.info.name.empty() ? FileStem(name) : stored.info.name;
    if (encoding_ == OperandEncoding::kSignMagnitude) {
      Result<TruthTable> with_signs = SignMagnitudeTable(stored.table);
      if (!with_signs.ok()) return std::move(with_signs).error().At({name, 0, 0});
      stored.table = *std::move(with_signs);
      stored.plan.clear();  // of the unsigned table
    }
    Result<std::shared_ptr<const LutTable>> table =
        LutTable::Create(std::move(stored.table), stored.plan);
    if (!table.ok()) return std::move(table).error().At({name, 0, 0});
    return LayerTable{*table, title};
  }

  const OperandEncoding encoding_;
  std::map<std::string, LayerTable> tables_;
};

// The operator that `layer` means.
Result<size_t> FindLayer(const Graph& graph, const std::string& layer) {
  std::optional<size_t> found;
  size_t index = 0;
  const auto [end, error] = std::from_chars(layer.data(), layer.data() + layer.size(), index);
  if (error == std::errc() && end == layer.data() + layer.size()) {
    if (index >= graph.operators.size()) {
      return Error::Usage(fmt::format("--table {}=...: the model has operators 0..{}", layer,
                                      graph.operators.size() - 1));
    }
    found = index;
  }
  std::vector<std::string> names;
  for (size_t i = 0; i < graph.operators.size() && !found; ++i) {
    const Operator& op = graph.operators[i];
    if (!UsesTable(op.kind)) continue;
    names.push_back(graph.tensors[op.output].name);
    if (names.back() == layer) found = i;
  }
  if (!found) {
    Error error = Error::Usage(fmt::format("--table {}=...: the model has no such layer", layer));
    const std::string close = cli::DidYouMean(layer, names);
    if (!close.empty()) return std::move(error).Help(fmt::format("did you mean '{}'?", close));
    return std::move(error).Help("'lutrun info MODEL.tflite' lists the layers");
  }
  if (!UsesTable(graph.operators[*found].kind)) {
    return Error::Usage(
        fmt::format("--table {}=...: operator {} is {}, which does not multiply "
                    "through a table",
                    layer, *found, ToString(graph.operators[*found].kind)));
  }
  return *found;
}

}  // namespace

Result<std::vector<LayerTable>> ChooseTables(const Graph& graph,
                                             const std::vector<std::string>& choices,
                                             OperandEncoding encoding) {
  std::vector<std::string> names(graph.operators.size());
  std::string for_all;
  for (const std::string& text : choices) {
    const Choice choice = ParseChoice(text);
    if (choice.table.empty()) {
      return Error::Usage(fmt::format("--table {} names no table", text));
    }
    if (choice.layer.empty()) {
      if (!for_all.empty()) {
        return Error::Usage(fmt::format("--table {} and --table {} are both for all layers",
                                        for_all, choice.table))
            .Help("--table LAYER=TABLE is for one layer");
      }
      for_all = choice.table;
      continue;
    }
    AXLUT_ASSIGN_OR_RETURN(const size_t layer, FindLayer(graph, choice.layer));
    if (!names[layer].empty()) {
      return Error::Usage(
          fmt::format("--table {}: the layer has table '{}' already", text, names[layer]));
    }
    names[layer] = choice.table;
  }
  if (for_all.empty()) for_all = kExact;
  TableCache cache(encoding);
  std::vector<LayerTable> tables(graph.operators.size());
  for (size_t i = 0; i < tables.size(); ++i) {
    if (!UsesTable(graph.operators[i].kind)) continue;
    AXLUT_ASSIGN_OR_RETURN(tables[i], cache.Get(names[i].empty() ? for_all : names[i]));
  }
  return tables;
}

std::vector<std::string> PlanNotes(const std::vector<LayerTable>& tables) {
  std::vector<std::string> notes;
  std::set<const LutTable*> seen;
  for (const LayerTable& table : tables) {
    if (table.table == nullptr || table.name == kExact || !seen.insert(table.table.get()).second) {
      continue;
    }
    if (!table.table->plan_error().empty()) {
      notes.push_back(fmt::format("warning: the plans of table '{}' are not used: {}", table.name,
                                  table.table->plan_error()));
    } else if (!table.table->has_stored_plans()) {
      notes.push_back(fmt::format(
          "note: table '{}' has no stored plans, quick ones are used; 'lutgen convert' to .axt "
          "stores the best",
          table.name));
    }
  }
  return notes;
}

}  // namespace axlut
