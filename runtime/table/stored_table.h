// SPDX-License-Identifier: MIT
// A truth table with everything that is known about it, and the one way to load and save it in
// any of our file formats.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/table/truth_table.h"

namespace axlut {

// Which port of the circuit (or parameter of the C model) plays which role. Empty: not known, as
// for a raw .bin. docs/operands.md explains why this is stored at all.
struct PortNames {
  std::string a;  // the row operand's port
  std::string b;  // the column operand's port
  std::string product;
};

// Where a table comes from.
struct TableSource {
  std::string file;    // as given on the command line; "" for a formula
  std::string sha256;  // of the file's bytes, 64 hexadecimal digits; "" for a formula
  std::string kind;    // "verilog", "c", "formula", "raw", "npy"
  std::string top;     // module or function; the formula's text
};

struct TableInfo {
  std::string name;  // "mul8u_2AC"
  PortNames ports;
  TableSource source;
  // Versions of the tools that took part: {"axlut": "0.1.0", "yosys": "0.23"}.
  std::map<std::string, std::string> tools;
  // Error metrics by their JSON keys (mae, wce, ...), when they have been computed.
  std::map<std::string, double> metrics;
  // Hardware figures when known: power_mw, area_um2, delay_ns, energy_fj.
  std::map<std::string, double> hardware;
};

struct StoredTable {
  TruthTable table;
  TableInfo info;
  // The plan section of an .axt file: opaque here, kept when a table is loaded and saved again.
  // Empty: none.
  std::vector<uint8_t> plan = {};
};

// What a headerless file (.bin, .npy) leaves open; on a command line --width-a, --width-b and
// --signed or --unsigned. Unset fields come from the file's name (mul8s_..., mul8x4u_...), then
// from the file itself where that is certain (docs/container-format.md); otherwise the message says
// which option to give.
struct RawFormatHints {
  std::optional<int> width_a;
  std::optional<int> width_b;
  std::optional<Signedness> signedness;
};

// Reads .axt, .bin or .npy by extension. Errors name the file and what is wrong with it. A
// headerless file's info gets the file's stem as name, and the file itself as source.
Result<StoredTable> LoadTable(const std::string& path, const RawFormatHints& hints = {});

// Writes .axt, .bin or .npy by extension, or as `format` ("axt", "bin", "npy") says; path "-" is
// standard output and needs a format. Atomic. Headerless formats drop info and plan. An existing
// file of another kind is not replaced: kInvalidInput.
Result<void> SaveTable(const std::string& path, const StoredTable& stored,
                       const std::string& format = "");

// Whether LoadTable will give `table` back, without hints, from a file of this path that SaveTable
// wrote: a headerless file's name must say what its entries leave open. The Error says what is
// missing.
Result<void> CheckReadsBack(const std::string& path, const TruthTable& table);

}  // namespace axlut
