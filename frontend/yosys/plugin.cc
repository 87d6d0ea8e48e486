// SPDX-License-Identifier: MIT
// The pass `axlut_netlist`, which runs inside Yosys and answers through netlist.json (exchange.h).
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "frontend/yosys/elaborate.h"
#include "frontend/yosys/exchange.h"
#include "frontend/yosys/gate_netlist.h"
#include "kernel/yosys.h"

namespace axlut {
namespace {

using namespace Yosys;  // NOLINT: Yosys' macros (ID, log_id) need its names
using nlohmann::json;

// Bytes that are no UTF-8 (an escaped identifier can hold any) must not stop the answer.
std::string Dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// "Yosys 0.23 (git sha1 ...)" -> "0.23"
std::string Version() {
  const std::string version = yosys_version_str;
  const size_t start = version.find(' ') + 1;
  return version.substr(start, version.find(' ', start) - start);
}

Job ReadJob() {
  std::ifstream file(kJobFile);
  const json parsed = json::parse(file, nullptr, false);
  if (!parsed.is_object() || parsed.value("version", 0) != kExchangeVersion) {
    log_error("%s is missing or not of version %d\n", kJobFile, kExchangeVersion);
  }
  Job job;
  job.file = parsed.at("file").get<std::string>();
  job.systemverilog = parsed.at("systemverilog").get<bool>();
  job.include_dirs = parsed.at("include_dirs").get<std::vector<std::string>>();
  job.defines = parsed.at("defines").get<std::vector<std::string>>();
  job.top = parsed.at("top").get<std::string>();
  job.stem = parsed.at("stem").get<std::string>();
  return job;
}

json ToJson(const Problem& problem) {
  json notes = json::array();
  for (const ProblemNote& note : problem.notes) {
    notes.push_back({{"text", note.text}, {"src", note.src}});
  }
  return {{"id", problem.id},
          {"message", problem.message},
          {"src", problem.src},
          {"notes", notes},
          {"help", problem.help}};
}

json ToJson(const ExchangedPort& port) {
  json value = {{"name", port.name},
                {"input", port.is_input},
                {"width", port.width},
                {"signed", port.is_signed},
                {"src", port.src}};
  if (!port.is_input) value["nets"] = port.nets;
  return value;
}

json ToJson(const ExchangedCircuit& circuit) {
  json ports = json::array();
  for (const ExchangedPort& port : circuit.ports) ports.push_back(ToJson(port));
  json gates = json::array();
  for (const Gate& gate : circuit.gates) {
    json entry = json::array({Name(gate.function)});
    for (int pin = 0; pin < InputCount(gate.function); ++pin) entry.push_back(gate.in[pin]);
    gates.push_back(std::move(entry));
  }
  return {{"version", kExchangeVersion},
          {"yosys", circuit.yosys_version},
          {"top", circuit.top},
          {"ports", ports},
          {"gates", gates}};
}

struct AxlutNetlistPass : public Pass {
  AxlutNetlistPass()
      : Pass(kPluginPass, "elaborate the circuit of job.json and write its gates as netlist.json") {
  }

  void help() override {
    log("\n    %s\n\n", kPluginPass);
    log("Reads job.json in the working directory, elaborates and checks the Verilog file\n");
    log("that it names, maps it to gates, and writes them, or what is wrong, as netlist.json.\n\n");
  }

  void execute(std::vector<std::string> args, RTLIL::Design* design) override {
    extra_args(args, 1, design, false);
    const Job job = ReadJob();
    ExchangedCircuit circuit;
    Check problem = Elaborate(*design, job);
    if (!problem) problem = MakeGateNetlist(*design, circuit);
    json answer = {{"version", kExchangeVersion}};
    if (problem) {
      answer["problem"] = ToJson(*problem);
    } else {
      circuit.yosys_version = Version();
      circuit.top = RTLIL::unescape_id(design->top_module()->name);
      answer = ToJson(circuit);
    }
    std::ofstream file(kNetlistFile);
    file << Dump(answer) << '\n';
    if (!file.flush()) log_error("cannot write %s\n", kNetlistFile);
  }
} axlut_circuit_pass;

}  // namespace
}  // namespace axlut
