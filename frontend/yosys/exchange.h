// SPDX-License-Identifier: MIT
// What the plugin inside Yosys and the reader outside tell each other: two JSON files in a
// temporary folder that is the child's working directory.
//
// job.json, to the plugin:
//   {"version": 1, "file": "main.v", "systemverilog": false, "include_dirs": ["include_0"],
//    "defines": ["N=3"], "top": "", "stem": "mul8u_2AC"}
// All names in it are ours, so that no character of a user's path meets Yosys' own parsers.
//
// netlist.json, from the plugin: what is wrong, ...
//   {"version": 1, "problem": {"id": "axlut-...", "message": "...", "src": "main.v:3.8-3.20",
//    "notes": [{"text": "...", "src": "..."}], "help": "..."}}
// ... or the circuit:
//   {"version": 1, "yosys": "0.23", "top": "mul8u_2AC",
//    "ports": [{"name": "A", "input": true, "width": 8, "signed": false, "src": "main.v:1.2-1.3"},
//              ..., {"name": "O", "input": false, ..., "nets": [20, 23, ...]}],
//    "gates": [["and", 2, 10], ["mux", 3, 4, 5], ...]}
// Nets are numbered as in netlist.h: 0, 1, then the bits of the input ports in the order of
// "ports", least significant first; then one net that stands for every x and z constant of the
// source; then one per gate.
#pragma once

#include <string>
#include <vector>

#include "frontend/netlist.h"

namespace axlut {

inline constexpr int kExchangeVersion = 1;
inline constexpr char kJobFile[] = "job.json";
inline constexpr char kNetlistFile[] = "netlist.json";
inline constexpr char kPluginPass[] = "axlut_netlist";

struct ExchangedPort {
  std::string name;
  bool is_input = false;
  bool is_signed = false;
  int width = 0;
  std::string src;
  std::vector<NetId> nets = {};  // of an output: least significant bit first
};

struct ExchangedCircuit {
  std::string yosys_version;
  std::string top;
  std::vector<ExchangedPort> ports;
  std::vector<Gate> gates;
};

}  // namespace axlut
