// SPDX-License-Identifier: MIT
#include "runtime/table/table_info_json.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

namespace axlut {
namespace {

using nlohmann::json;

// Reads the members of one JSON object into typed fields. The first wrong type is remembered, and
// everything after it is skipped.
class ObjectReader {
 public:
  // `where` names the object in messages: "info", "info.ports".
  ObjectReader(const json& object, std::string where) : object_(object), where_(std::move(where)) {
    if (!object_.is_object()) Fail(where_, "an object", object_);
  }

  void String(const char* key, std::string* field) {
    const json* value = Find(key);
    if (value == nullptr) return;
    if (!value->is_string()) return Fail(where_ + "." + key, "a string", *value);
    *field = value->get<std::string>();
  }

  template <typename Read>
  void Object(const char* key, Read read) {
    const json* value = Find(key);
    if (value == nullptr) return;
    ObjectReader inner(*value, where_ + "." + key);
    read(inner);
    error_ = std::move(inner.error_);
  }

  void Strings(std::map<std::string, std::string>* fields) {
    Members(fields, "a string", [](const json& value) { return value.is_string(); });
  }

  void Numbers(std::map<std::string, double>* fields) {
    Members(fields, "a number", [](const json& value) { return value.is_number(); });
  }

  Result<void> Finish() && {
    if (error_) return *std::move(error_);
    return {};
  }

 private:
  const json* Find(const char* key) const {
    if (error_) return nullptr;
    const auto member = object_.find(key);
    return member == object_.end() ? nullptr : &*member;
  }

  template <typename Value, typename IsRight>
  void Members(std::map<std::string, Value>* fields, const char* wanted, IsRight is_right) {
    if (error_) return;
    for (const auto& member : object_.items()) {
      if (!is_right(member.value())) {
        return Fail(where_ + "." + member.key(), wanted, member.value());
      }
      (*fields)[member.key()] = member.value().template get<Value>();
    }
  }

  void Fail(const std::string& what, const char* wanted, const json& found) {
    error_ = Error::InvalidInput(
        fmt::format("{} of a table must be {}, got {}", what, wanted, found.type_name()));
  }

  const json& object_;
  std::string where_;
  std::optional<Error> error_;
};

Result<void> CheckFinite(const std::map<std::string, double>& figures, const char* what) {
  for (const auto& [key, value] : figures) {
    if (!std::isfinite(value)) {
      return Error::InvalidInput(
          fmt::format("{}.{} of a table must be a finite number, got {}", what, key, value));
    }
  }
  return {};
}

}  // namespace

Result<std::string> TableInfoToJson(const TableInfo& info) {
  AXLUT_RETURN_IF_ERROR(CheckFinite(info.metrics, "info.metrics"));
  AXLUT_RETURN_IF_ERROR(CheckFinite(info.hardware, "info.hardware"));
  json root;
  root["name"] = info.name;
  root["ports"] = {{"a", info.ports.a}, {"b", info.ports.b}, {"product", info.ports.product}};
  root["source"] = {{"file", info.source.file},
                    {"sha256", info.source.sha256},
                    {"kind", info.source.kind},
                    {"top", info.source.top}};
  root["tools"] = json(json::object_t(info.tools.begin(), info.tools.end()));
  root["metrics"] = json(json::object_t(info.metrics.begin(), info.metrics.end()));
  root["hardware"] = json(json::object_t(info.hardware.begin(), info.hardware.end()));
  return root.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<TableInfo> TableInfoFromJson(std::string_view text) {
  const json root = json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  // The parser takes a zero byte for the end of its input.
  if (root.is_discarded() || text.find('\0') != std::string_view::npos) {
    return Error::InvalidInput("info of a table must be valid JSON in UTF-8");
  }
  TableInfo info;
  ObjectReader reader(root, "info");
  reader.String("name", &info.name);
  reader.Object("ports", [&](ObjectReader& ports) {
    ports.String("a", &info.ports.a);
    ports.String("b", &info.ports.b);
    ports.String("product", &info.ports.product);
  });
  reader.Object("source", [&](ObjectReader& source) {
    source.String("file", &info.source.file);
    source.String("sha256", &info.source.sha256);
    source.String("kind", &info.source.kind);
    source.String("top", &info.source.top);
  });
  reader.Object("tools", [&](ObjectReader& tools) { tools.Strings(&info.tools); });
  reader.Object("metrics", [&](ObjectReader& metrics) { metrics.Numbers(&info.metrics); });
  reader.Object("hardware", [&](ObjectReader& hardware) { hardware.Numbers(&info.hardware); });
  AXLUT_RETURN_IF_ERROR(std::move(reader).Finish());
  return info;
}

}  // namespace axlut
