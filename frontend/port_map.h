// SPDX-License-Identifier: MIT
// Which ports of a circuit (or parameters of a C model) are the row operand, the column operand
// and the product, and how their bits are read.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/table/name_convention.h"
#include "runtime/table/operand_spec.h"

namespace axlut {

// One resolved role.
struct Port {
  std::string name;
  OperandSpec spec;
};

struct PortMap {
  Port a;  // row operand (activation)
  Port b;  // column operand (weight)
  Port product;
};

// A candidate as the circuit declares it.
struct DeclaredPort {
  std::string name;
  int width = 0;
  bool is_input = false;
  bool declared_signed = false;  // `input signed`, int8_t
  SourceLocation where;
};

// What the command line says about ports. Unset: guessed by the rules of docs/operands.md.
struct PortMapOptions {
  std::optional<std::string> a;          // --a NAME: the operand that plays A
  std::optional<std::string> b;          // --b NAME
  std::optional<std::string> product;    // --product NAME
  std::optional<std::string> rows;       // --rows A|B: which of the two is the row operand (A)
  std::optional<Signedness> signedness;  // --signed / --unsigned
  // Bits of the operands A and B of a C model whose types do not say them (uint64_t); a netlist
  // declares its own.
  std::optional<int> width_a;
  std::optional<int> width_b;
  bool like_tfapprox = false;  // --like tfapprox
};

// Resolves roles by NAME (a, b case-insensitively; else declaration order), then swaps them as
// `rows` or `like_tfapprox` asks. `name` is the circuit's name.
// - Signedness of a netlist: the option, the declaration, the circuit's name (mul8s_...,
//   mul8x4u_...), unsigned. Of a C model: the option, the name, the types. A product is signed if
//   an operand is, a netlist's also if it is declared so.
// - Widths of a netlist: as declared. Of a C model: the option, the name, the types; its product
//   has the bits of both operands together, unless its type has fewer.
// - Under like_tfapprox a C model's row is its first parameter; a netlist's is B when both operands
//   are 8-bit unsigned and named A and B (as in EvoApproxLib, whose C models say B first there and
//   A first everywhere else), and A otherwise.
// kUnsupported unless there are exactly two inputs and one output (after the options have named
// them) of 1..16 and 1..32 bits; kUsage for an option that names no port.
Result<PortMap> ResolvePortMap(const std::string& name, const std::vector<DeclaredPort>& declared,
                               const PortMapOptions& options, bool is_c_model);

}  // namespace axlut
