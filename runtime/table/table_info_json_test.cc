// SPDX-License-Identifier: MIT
#include "runtime/table/table_info_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace axlut {
namespace {

using ::testing::HasSubstr;

TableInfo FullInfo() {
  TableInfo info;
  info.name = "mul8u_2AC";
  info.ports = {"B", "A", "O"};
  info.source = {"dir/mul8u_2AC.v", std::string(64, 'a'), "verilog", "mul8u_2AC"};
  info.tools = {{"axlut", "0.1.0"}, {"yosys", "0.23"}};
  info.metrics = {{"mae", 24.5}, {"mre_pct", 0.1}, {"mse", 15608.397e3}, {"bias", -1e-9}};
  info.hardware = {{"power_mw", 0.311}};
  return info;
}

void ExpectEqual(const TableInfo& l, const TableInfo& r) {
  EXPECT_EQ(l.name, r.name);
  EXPECT_EQ(l.ports.a, r.ports.a);
  EXPECT_EQ(l.ports.b, r.ports.b);
  EXPECT_EQ(l.ports.product, r.ports.product);
  EXPECT_EQ(l.source.file, r.source.file);
  EXPECT_EQ(l.source.sha256, r.source.sha256);
  EXPECT_EQ(l.source.kind, r.source.kind);
  EXPECT_EQ(l.source.top, r.source.top);
  EXPECT_EQ(l.tools, r.tools);
  EXPECT_EQ(l.metrics, r.metrics);
  EXPECT_EQ(l.hardware, r.hardware);
}

TEST(TableInfoJson, EveryFieldComesBackExactly) {
  ExpectEqual(TableInfoFromJson(TableInfoToJson(FullInfo()).value()).value(), FullInfo());
  ExpectEqual(TableInfoFromJson(TableInfoToJson({}).value()).value(), {});
}

TEST(TableInfoJson, AnyTextIsEscaped) {
  TableInfo info;
  info.name = "quote \" backslash \\ newline \n zero " + std::string(1, '\0') + " \xC3\xA4";
  info.tools["\"key\""] = "}{";
  const std::string json = TableInfoToJson(info).value();
  EXPECT_EQ(json.find('\0'), std::string::npos);
  ExpectEqual(TableInfoFromJson(json).value(), info);
}

TEST(TableInfoJson, BytesThatAreNotUtf8BecomeTheReplacementCharacter) {
  TableInfo info;
  info.source.file = "caf\xE9.v";  // Latin-1
  EXPECT_EQ(TableInfoFromJson(TableInfoToJson(info).value()).value().source.file,
            "caf\xEF\xBF\xBD.v");
}

TEST(TableInfoJson, FiguresThatJsonCannotHoldAreRefused) {
  for (const double value :
       {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    TableInfo info;
    info.hardware["power_mw"] = value;
    const auto json = TableInfoToJson(info);
    ASSERT_FALSE(json.ok());
    EXPECT_THAT(json.error().message(), HasSubstr("info.hardware.power_mw"));
  }
}

TEST(TableInfoJson, MissingKeysAreEmptyAndUnknownOnesSkipped) {
  const TableInfo info =
      TableInfoFromJson(R"({"future": [1, {"x": null}], "ports": {"b": "w"}})").value();
  TableInfo expected;
  expected.ports.b = "w";
  ExpectEqual(info, expected);
}

TEST(TableInfoJson, WrongTypesAreNamed) {
  const struct {
    const char* json;
    const char* message;
  } cases[] = {
      {"", "must be valid JSON"},
      {"{", "must be valid JSON"},
      {"{} {}", "must be valid JSON"},
      {"{\"name\": \"\xFF\"}", "must be valid JSON"},
      {R"({"metrics": {"mae": 1e999}})", "must be valid JSON"},
      {"[]", "info of a table must be an object, got array"},
      {"null", "info of a table must be an object, got null"},
      {R"({"name": 1})", "info.name of a table must be a string, got number"},
      {R"({"name": null})", "info.name of a table must be a string, got null"},
      {R"({"ports": "A"})", "info.ports of a table must be an object, got string"},
      {R"({"ports": {"a": []}})", "info.ports.a of a table must be a string, got array"},
      {R"({"source": {"sha256": {}}})", "info.source.sha256 of a table must be a string"},
      {R"({"tools": {"yosys": 0.23}})", "info.tools.yosys of a table must be a string, got number"},
      {R"({"tools": []})", "info.tools of a table must be an object, got array"},
      {R"({"metrics": {"mae": "0"}})", "info.metrics.mae of a table must be a number, got string"},
      {R"({"hardware": {"x": true}})", "info.hardware.x of a table must be a number, got boolean"},
  };
  for (const auto& c : cases) {
    const auto info = TableInfoFromJson(c.json);
    ASSERT_FALSE(info.ok()) << c.json;
    EXPECT_EQ(info.error().code(), ErrorCode::kInvalidInput);
    EXPECT_THAT(info.error().message(), HasSubstr(c.message)) << c.json;
  }
  EXPECT_FALSE(TableInfoFromJson(std::string_view("{}\0{", 4)).ok());
}

// A recursive parser or destructor would overflow the stack.
TEST(TableInfoJson, DeepNestingIsHarmless) {
  const std::string deep = "{\"x\":" + std::string(500000, '[') + std::string(500000, ']') + "}";
  EXPECT_TRUE(TableInfoFromJson(deep).ok());
  EXPECT_FALSE(TableInfoFromJson(std::string(1000000, '[')).ok());
}

}  // namespace
}  // namespace axlut
