// SPDX-License-Identifier: MIT
// What every frontend delivers: something that can be evaluated for every operand pair.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <variant>

#include "frontend/netlist.h"
#include "frontend/port_map.h"
#include "runtime/base/result.h"
#include "runtime/table/stored_table.h"

namespace axlut {

// A multiplier that is called, not simulated: a C model or a formula.
class ProductFunction {
 public:
  virtual ~ProductFunction() = default;
  // Writes the products of the rows first_row .. first_row + row_count - 1 with all 2^width_b
  // columns in storage order: products[((row - first_row) << width_b) | b]. The values are numbers
  // (sign-extended). Not thread-safe. An Error if the model crashes, loops or is killed.
  virtual Result<void> EvaluateRows(uint32_t first_row, uint32_t row_count, int64_t* products) = 0;
};

struct MultiplierModel {
  std::string name;  // the circuit's: file stem, or the formula's text
  PortMap ports;
  TableSource source;
  std::map<std::string, std::string> tools;  // {"yosys": "0.23"}, {"cc": "12.2.0"}
  std::variant<Netlist, std::unique_ptr<ProductFunction>> behaviour;
};

}  // namespace axlut
