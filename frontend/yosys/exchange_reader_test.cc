// SPDX-License-Identifier: MIT
#include "frontend/yosys/exchange_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace axlut {
namespace {

using nlohmann::json;
using testing::HasSubstr;

json Circuit() {
  return json::parse(R"({"version": 1, "yosys": "0.23", "top": "t", "ports": [
    {"name": "A", "input": true, "width": 2, "signed": true, "src": "main.v:1.2-1.3"},
    {"name": "B", "input": true, "width": 1, "signed": false, "src": ""},
    {"name": "O", "input": false, "width": 2, "signed": false, "src": "", "nets": [7, 1]}],
    "gates": [["and", 2, 4], ["mux", 6, 3, 5]]})");
}

std::string Refusal(const json& value) {
  const auto parsed = ParseExchange(value.dump());
  if (parsed.ok()) return "(accepted)";
  EXPECT_EQ(parsed.error().code(), ErrorCode::kTool);
  return parsed.error().message();
}

TEST(ExchangeReader, ReadsACircuit) {
  const auto parsed = ParseExchange(Circuit().dump());
  ASSERT_TRUE(parsed.ok()) << parsed.error().ToString();
  const auto& circuit = std::get<ExchangedCircuit>(*parsed);
  EXPECT_EQ(circuit.top, "t");
  ASSERT_EQ(circuit.ports.size(), 3u);
  EXPECT_TRUE(circuit.ports[0].is_signed);
  EXPECT_EQ(circuit.ports[0].width, 2);
  EXPECT_EQ(circuit.ports[0].src, "main.v:1.2-1.3");
  EXPECT_EQ(circuit.ports[2].nets, (std::vector<NetId>{7, 1}));
  ASSERT_EQ(circuit.gates.size(), 2u);
  EXPECT_EQ(circuit.gates[1].function, CellFunction::kMux);
  EXPECT_EQ(circuit.gates[1].in[2], 5u);
}

TEST(ExchangeReader, ReadsAProblem) {
  const auto parsed = ParseExchange(
      R"({"version": 1, "problem": {"id": "axlut-x", "message": "m", "src": "main.v:1.2-1.3",
          "notes": [{"text": "n", "src": "s"}], "help": "h"}})");
  ASSERT_TRUE(parsed.ok()) << parsed.error().ToString();
  const auto& problem = std::get<Problem>(*parsed);
  EXPECT_EQ(problem.id, "axlut-x");
  EXPECT_EQ(problem.message, "m");
  ASSERT_EQ(problem.notes.size(), 1u);
  EXPECT_EQ(problem.notes[0].src, "s");
  EXPECT_EQ(problem.help, "h");
}

TEST(ExchangeReader, EveryTruncationIsRefused) {
  const std::string text = Circuit().dump();
  for (size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(ParseExchange(text.substr(0, size)).ok()) << size;
  }
}

TEST(ExchangeReader, AnotherVersionIsRefused) {
  json circuit = Circuit();
  circuit["version"] = 2;
  EXPECT_THAT(Refusal(circuit), HasSubstr("another version of the exchange format"));
  circuit.erase("version");
  EXPECT_THAT(Refusal(circuit), HasSubstr("another version of the exchange format"));
}

TEST(ExchangeReader, MissingAndMistypedMembersAreRefused) {
  for (const char* key : {"yosys", "top", "ports", "gates"}) {
    json circuit = Circuit();
    circuit.erase(key);
    EXPECT_THAT(Refusal(circuit), HasSubstr("'" + std::string(key) + "' must be")) << key;
    circuit[key] = 3;
    EXPECT_THAT(Refusal(circuit), HasSubstr("'" + std::string(key) + "' must be")) << key;
  }
  for (const char* key : {"name", "input", "signed", "src"}) {
    json circuit = Circuit();
    circuit["ports"][1].erase(key);
    EXPECT_THAT(Refusal(circuit), HasSubstr("'" + std::string(key) + "' must be")) << key;
  }
}

TEST(ExchangeReader, NumbersOutOfRangeAreRefused) {
  for (const json& width : {json(0), json(-1), json(1 << 20), json(1.5), json("2"), json()}) {
    json circuit = Circuit();
    circuit["ports"][0]["width"] = width;
    EXPECT_THAT(Refusal(circuit), HasSubstr("the width of port 'A' must be")) << width;
  }
  for (const json& net : {json(6), json(-1), json(1.0), json("2"), json(1ULL << 40)}) {
    json circuit = Circuit();
    circuit["gates"][0][1] = net;
    EXPECT_THAT(Refusal(circuit), HasSubstr("not defined before it (6 are)")) << net;
  }
  for (const json& net : {json(8), json(-1), json(true)}) {
    json circuit = Circuit();
    circuit["ports"][2]["nets"][0] = net;
    EXPECT_THAT(Refusal(circuit), HasSubstr("output 'O' has a net that does not exist")) << net;
  }
}

TEST(ExchangeReader, WrongGatesAndNetCountsAreRefused) {
  for (const char* gate :
       {R"(["dff", 2])", R"(["and", 2])", R"(["not", 2, 3])", "[]", "3", "[1]"}) {
    json circuit = Circuit();
    circuit["gates"][0] = json::parse(gate);
    EXPECT_THAT(Refusal(circuit), HasSubstr("malformed")) << gate;
  }
  json circuit = Circuit();
  circuit["ports"][2]["nets"].push_back(0);
  EXPECT_THAT(Refusal(circuit), HasSubstr("output 'O' must have 2 nets, got 3"));
}

}  // namespace
}  // namespace axlut
