// SPDX-License-Identifier: MIT
// Is this table what the RTL computes? Every operand pair is compared, so the answer is a proof.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/base/parallel_for.h"
#include "runtime/base/progress.h"
#include "runtime/base/result.h"
#include "runtime/table/stored_table.h"
#include "sim/simulator.h"

namespace axlut {

// Where it is known from which port of the RTL drives the table's row operand.
enum class RoleSource : uint8_t {
  kTable,     // the container names its ports, and the RTL has them
  kOptions,   // --a, --b, --rows or --like
  kPortNames  // row = A, column = B by name, else in declaration order
};

// The ports that play the table's operands.
struct OperandRoles {
  RtlPort a;  // row
  RtlPort b;  // column
  RoleSource source = RoleSource::kPortNames;
  // What a user should know: an assumption that was made, a declaration that the table contradicts.
  std::vector<std::string> notes;
};

// What the command line says about the ports; empty = nothing.
struct RoleOptions {
  std::string a;     // --a: the port that drives the row operand (with --rows B: the column)
  std::string b;     // --b
  std::string rows;  // --rows A|B
  bool like_tfapprox = false;
};

// kUsage for options that contradict the table or name no port, kInvalidInput if an operand's width
// is not the port's or the table's port names are not in the RTL.
Result<OperandRoles> FindRoles(const StoredTable& stored, const std::string& circuit_name,
                               const std::string& top, const SimulatedPorts& ports,
                               const RoleOptions& options);

struct CounterExample {
  uint32_t a = 0;  // bit patterns
  uint32_t b = 0;
  int64_t expected = 0;  // the table's product
  uint32_t got_bits = 0;
  int64_t got = 0;  // the RTL's, read with the table's signedness
};

struct Verdict {
  uint64_t pairs = 0;
  uint64_t differing = 0;
  std::vector<CounterExample> counter_examples;  // the first, in the table's order
  // How many pairs would differ if the operands were swapped; only if the table is square.
  bool has_swapped = false;
  uint64_t differing_if_swapped = 0;

  bool equal() const { return differing == 0; }
};

// Simulates all pairs and compares products as numbers. `simulator` has been built. Stops with
// kInterrupted after Ctrl-C.
Result<Verdict> CompareAll(const TruthTable& table, const Simulator& simulator,
                           const OperandRoles& roles, size_t max_counter_examples,
                           const ParallelFor& parallel_for, const Progress& progress);

}  // namespace axlut
