// SPDX-License-Identifier: MIT
#include "frontend/yosys/exchange_reader.h"

#include <nlohmann/json.hpp>
#include <optional>

namespace axlut {
namespace {

using nlohmann::json;

constexpr int kMaxPortWidth = 1 << 20;  // wider ones are refused with a better message later

Error Malformed(const std::string& what) {
  return Error::Tool("the Yosys plugin's answer is malformed: " + what);
}

const json* Member(const json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

Result<std::string> StringMember(const json& object, const char* key) {
  const json* value = Member(object, key);
  if (value == nullptr || !value->is_string()) {
    return Malformed(std::string("'") + key + "' must be a string");
  }
  return value->get<std::string>();
}

Result<bool> BoolMember(const json& object, const char* key) {
  const json* value = Member(object, key);
  if (value == nullptr || !value->is_boolean()) {
    return Malformed(std::string("'") + key + "' must be true or false");
  }
  return value->get<bool>();
}

Result<const json*> ArrayMember(const json& object, const char* key) {
  const json* value = Member(object, key);
  if (value == nullptr || !value->is_array()) {
    return Malformed(std::string("'") + key + "' must be an array");
  }
  return value;
}

// A whole number below `limit`.
std::optional<uint32_t> Number(const json& value, uint64_t limit) {
  if (!value.is_number_unsigned() || value.get<uint64_t>() >= limit) return std::nullopt;
  return static_cast<uint32_t>(value.get<uint64_t>());
}

Result<Problem> ParseProblem(const json& object) {
  if (!object.is_object()) return Malformed("'problem' must be an object");
  Problem problem;
  AXLUT_ASSIGN_OR_RETURN(problem.id, StringMember(object, "id"));
  AXLUT_ASSIGN_OR_RETURN(problem.message, StringMember(object, "message"));
  AXLUT_ASSIGN_OR_RETURN(problem.src, StringMember(object, "src"));
  AXLUT_ASSIGN_OR_RETURN(problem.help, StringMember(object, "help"));
  AXLUT_ASSIGN_OR_RETURN(const json* notes, ArrayMember(object, "notes"));
  for (const json& entry : *notes) {
    if (!entry.is_object()) return Malformed("a note must be an object");
    ProblemNote note;
    AXLUT_ASSIGN_OR_RETURN(note.text, StringMember(entry, "text"));
    AXLUT_ASSIGN_OR_RETURN(note.src, StringMember(entry, "src"));
    problem.notes.push_back(std::move(note));
  }
  return problem;
}

Result<ExchangedPort> ParsePort(const json& object) {
  if (!object.is_object()) return Malformed("a port must be an object");
  ExchangedPort port;
  AXLUT_ASSIGN_OR_RETURN(port.name, StringMember(object, "name"));
  AXLUT_ASSIGN_OR_RETURN(port.is_input, BoolMember(object, "input"));
  AXLUT_ASSIGN_OR_RETURN(port.is_signed, BoolMember(object, "signed"));
  AXLUT_ASSIGN_OR_RETURN(port.src, StringMember(object, "src"));
  const json* width = Member(object, "width");
  const std::optional<uint32_t> number =
      width != nullptr ? Number(*width, kMaxPortWidth) : std::nullopt;
  if (!number || *number == 0) {
    return Malformed("the width of port '" + port.name + "' must be 1 to " +
                     std::to_string(kMaxPortWidth - 1));
  }
  port.width = static_cast<int>(*number);
  return port;
}

// `net_count` is the number of nets that are defined before the gate.
Result<Gate> ParseGate(const json& entry, uint64_t net_count) {
  if (!entry.is_array() || entry.empty() || !entry[0].is_string()) {
    return Malformed("a gate must be an array that starts with its function");
  }
  const std::optional<CellFunction> function = CellFunctionNamed(entry[0].get<std::string>());
  if (!function || entry.size() != 1 + static_cast<size_t>(InputCount(*function))) {
    return Malformed("gate " + entry.dump(-1, ' ', true, json::error_handler_t::replace) +
                     " is unknown or has a wrong number of inputs");
  }
  Gate gate{*function};
  for (size_t pin = 1; pin < entry.size(); ++pin) {
    const std::optional<uint32_t> net = Number(entry[pin], net_count);
    if (!net) {
      return Malformed("a gate reads a net that is not defined before it (" +
                       std::to_string(net_count) + " are)");
    }
    gate.in[pin - 1] = *net;
  }
  return gate;
}

Result<void> ParseOutputNets(const json& object, uint64_t net_count, ExchangedPort& port) {
  AXLUT_ASSIGN_OR_RETURN(const json* nets, ArrayMember(object, "nets"));
  for (const json& entry : *nets) {
    const std::optional<uint32_t> net = Number(entry, net_count);
    if (!net) return Malformed("output '" + port.name + "' has a net that does not exist");
    port.nets.push_back(*net);
  }
  if (port.nets.size() == static_cast<size_t>(port.width)) return {};
  return Malformed("output '" + port.name + "' must have " + std::to_string(port.width) +
                   " nets, got " + std::to_string(port.nets.size()));
}

Result<ExchangedCircuit> ParseCircuit(const json& root) {
  ExchangedCircuit circuit;
  AXLUT_ASSIGN_OR_RETURN(circuit.yosys_version, StringMember(root, "yosys"));
  AXLUT_ASSIGN_OR_RETURN(circuit.top, StringMember(root, "top"));
  AXLUT_ASSIGN_OR_RETURN(const json* ports, ArrayMember(root, "ports"));
  AXLUT_ASSIGN_OR_RETURN(const json* gates, ArrayMember(root, "gates"));
  uint64_t net_count = 3;  // 0, 1 and the undefined net
  for (const json& entry : *ports) {
    AXLUT_ASSIGN_OR_RETURN(ExchangedPort port, ParsePort(entry));
    if (port.is_input) net_count += static_cast<uint64_t>(port.width);
    circuit.ports.push_back(std::move(port));
  }
  for (const json& entry : *gates) {
    AXLUT_ASSIGN_OR_RETURN(const Gate gate, ParseGate(entry, net_count));
    circuit.gates.push_back(gate);
    ++net_count;
  }
  for (size_t i = 0; i < circuit.ports.size(); ++i) {
    if (circuit.ports[i].is_input) continue;
    AXLUT_RETURN_IF_ERROR(ParseOutputNets((*ports)[i], net_count, circuit.ports[i]));
  }
  return circuit;
}

}  // namespace

Result<std::variant<ExchangedCircuit, Problem>> ParseExchange(const std::string& text) {
  using Answer = std::variant<ExchangedCircuit, Problem>;
  const json root = json::parse(text, nullptr, false);
  if (!root.is_object()) return Malformed("it is not a JSON object");
  const json* version = Member(root, "version");
  if (version == nullptr || *version != kExchangeVersion) {
    return Error::Tool(
        "the Yosys plugin speaks another version of the exchange format than this "
        "AxLUT; build both from the same source");
  }
  if (const json* problem = Member(root, "problem")) {
    AXLUT_ASSIGN_OR_RETURN(Problem parsed, ParseProblem(*problem));
    return Answer(std::move(parsed));
  }
  AXLUT_ASSIGN_OR_RETURN(ExchangedCircuit circuit, ParseCircuit(root));
  return Answer(std::move(circuit));
}

}  // namespace axlut
