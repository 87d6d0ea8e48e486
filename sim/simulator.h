// SPDX-License-Identifier: MIT
// An executable made of somebody's RTL that says the product of every operand pair.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "sim/rtl_interface.h"
#include "sim/rtl_source.h"
#include "sim/simulator_source.h"

namespace axlut {

struct SimulatorOptions {
  RtlFiles rtl;
  std::string top;                // --top; "" = found (ChooseTop)
  std::string product;            // --product; "" = the only output, or
  std::string preferred_product;  // if there are several: this one, if it is there
  bool use_cache = true;
  double timeout_s = 300;  // of each run of verilator, of the compiler, of the simulator
};

// Which operand's bit patterns form the rows of a range.
enum class OuterOperand : uint8_t { kX, kY };

class Simulator {
 public:
  // Reads the RTL, finds its top and its ports. Refuses what is no combinational multiplier of two
  // operands (kUnsupported), at its place in the user's file.
  static Result<Simulator> Read(const SimulatorOptions& options);

  // Makes the executable, unless the cache has it. Refuses designs with a doubly driven bit or a
  // latch (kInvalidInput).
  Result<void> Build();

  ~Simulator();
  Simulator(Simulator&&) noexcept;
  Simulator& operator=(Simulator&&) = delete;

  const std::string& circuit_name() const;
  const std::string& top() const;
  const SimulatedPorts& ports() const;
  bool was_cached() const;                        // of Build()
  const std::string& verilator_version() const;   // "Verilator 5.006 ..."
  const std::vector<std::string>& notes() const;  // what a user should know, but is no error

  // All products of rows first .. last - 1 as the RTL's bit patterns, the inner operand running
  // fastest. May be called from several threads. kInvalidInput if the product depends on more than
  // the operands (memory, or a net without driver) or does not settle.
  Result<std::vector<uint32_t>> Simulate(OuterOperand outer, uint64_t first, uint64_t last) const;

 private:
  struct State;
  explicit Simulator(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace axlut
