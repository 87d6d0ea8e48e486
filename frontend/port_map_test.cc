// SPDX-License-Identifier: MIT
#include "frontend/port_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace axlut {
namespace {

using testing::HasSubstr;

DeclaredPort In(const std::string& name, int width = 8, bool is_signed = false) {
  return {name, width, true, is_signed, {"x.v", 1, 2}};
}
DeclaredPort Out(const std::string& name, int width = 16, bool is_signed = false) {
  return {name, width, false, is_signed, {"x.v", 3, 4}};
}

PortMap Netlist(const std::vector<DeclaredPort>& declared, const PortMapOptions& options = {},
                const std::string& name = "x") {
  return ResolvePortMap(name, declared, options, false).value();
}
PortMap CModel(const std::vector<DeclaredPort>& declared, const PortMapOptions& options = {},
               const std::string& name = "x") {
  return ResolvePortMap(name, declared, options, true).value();
}
std::string Rows(const PortMap& map) { return map.a.name + " x " + map.b.name; }

std::string Refusal(const std::vector<DeclaredPort>& declared, const PortMapOptions& options = {}) {
  const Result<PortMap> map = ResolvePortMap("x", declared, options, false);
  return map.ok() ? "(accepted)" : map.error().ToString();
}

constexpr OperandSpec kUnsigned8{8, Signedness::kUnsigned};
constexpr OperandSpec kSigned8{8, Signedness::kTwosComplement};

TEST(PortMap, OperandsAreFoundByNameInAnyCaseAndOrder) {
  EXPECT_EQ(Rows(Netlist({In("A"), In("B"), Out("O")})), "A x B");
  EXPECT_EQ(Rows(Netlist({In("b"), In("a"), Out("O")})), "a x b");
  EXPECT_EQ(Rows(Netlist({In("b"), In("A"), Out("O")})), "A x b");
  EXPECT_EQ(Rows(CModel({In("B", 64), In("A", 64), Out("O", 64)}, {}, "mul8u_x")), "A x B");
}

TEST(PortMap, OneKnownNameDecidesBoth) {
  EXPECT_EQ(Rows(Netlist({In("w"), In("A"), Out("O")})), "A x w");
  EXPECT_EQ(Rows(Netlist({In("b"), In("x"), Out("O")})), "x x b");
}

TEST(PortMap, OtherNamesGoByDeclarationOrder) {
  EXPECT_EQ(Rows(Netlist({In("y"), In("x"), Out("O")})), "y x x");
  EXPECT_EQ(Rows(Netlist({In("a"), In("A"), Out("O")})), "a x A");
}

TEST(PortMap, OptionsNameTheOperands) {
  PortMapOptions options;
  options.a = "B";
  EXPECT_EQ(Rows(Netlist({In("A"), In("B"), Out("O")}, options)), "B x A");
  options.b = "A";
  EXPECT_EQ(Rows(Netlist({In("A"), In("B"), Out("O")}, options)), "B x A");
  options.a.reset();
  options.b = "x";
  EXPECT_EQ(Rows(Netlist({In("x"), In("y"), Out("O")}, options)), "y x x");
}

TEST(PortMap, ProductOptionChoosesAmongOutputs) {
  PortMapOptions options;
  options.product = "p";
  EXPECT_EQ(Netlist({In("A"), In("B"), Out("q"), Out("P", 12)}, options).product.name, "P");
}

TEST(PortMap, RowsBSwapsNamesAndSpecs) {
  PortMapOptions options;
  options.rows = "B";
  const PortMap map = Netlist({In("A", 8), In("B", 4), Out("O", 12)}, options);
  EXPECT_EQ(Rows(map), "B x A");
  EXPECT_EQ(map.a.spec.width, 4);
  EXPECT_EQ(map.b.spec.width, 8);
  options.rows = "a";
  EXPECT_EQ(Rows(Netlist({In("A"), In("B"), Out("O")}, options)), "A x B");
}

TEST(PortMap, LikeTfapproxRowsAreTheFirstCParameter) {
  PortMapOptions options;
  options.like_tfapprox = true;
  EXPECT_EQ(Rows(CModel({In("B", 64), In("A", 64), Out("O", 64)}, options, "mul8u_x")), "B x A");
  EXPECT_EQ(Rows(CModel({In("a", 8), In("b", 8), Out("O")}, options, "mul8u_x")), "a x b");
}

TEST(PortMap, LikeTfapproxRowsOfNetlistsAreBForUnsigned8x8Only) {
  PortMapOptions options;
  options.like_tfapprox = true;
  EXPECT_EQ(Rows(Netlist({In("A"), In("B"), Out("O")}, options)), "B x A");
  EXPECT_EQ(Rows(Netlist({In("a"), In("b"), Out("O")}, options)), "b x a");
  EXPECT_EQ(Rows(Netlist({In("A"), In("B", 4), Out("O")}, options)), "A x B");
  EXPECT_EQ(Rows(Netlist({In("x"), In("y"), Out("O")}, options)), "x x y");
  // The C models of the signed circuits say A first.
  EXPECT_EQ(Rows(Netlist({In("A"), In("B"), Out("O")}, options, "mul8s_1KV8")), "A x B");
}

TEST(PortMap, SignednessOfANetlistIsOptionThenDeclarationThenName) {
  EXPECT_EQ(Netlist({In("A"), In("B"), Out("O")}).a.spec, kUnsigned8);
  EXPECT_EQ(Netlist({In("A"), In("B"), Out("O")}, {}, "mul8s_x").a.spec, kSigned8);
  EXPECT_EQ(Netlist({In("A", 8, true), In("B"), Out("O")}).a.spec, kSigned8);
  EXPECT_EQ(Netlist({In("A", 8, true), In("B"), Out("O")}).b.spec, kUnsigned8);
  EXPECT_EQ(Netlist({In("A", 8, true), In("B", 8, true), Out("O")}, {}, "mul8u_x").a.spec,
            kSigned8);
  PortMapOptions options;
  options.signedness = Signedness::kUnsigned;
  EXPECT_EQ(Netlist({In("A", 8, true), In("B", 8, true), Out("O")}, options).a.spec, kUnsigned8);
  options.signedness = Signedness::kTwosComplement;
  EXPECT_EQ(Netlist({In("A"), In("B"), Out("O")}, options, "mul8u_x").b.spec, kSigned8);
}

TEST(PortMap, AProductIsSignedIfAnOperandIs) {
  EXPECT_FALSE(Netlist({In("A"), In("B"), Out("O")}).product.spec.is_signed());
  EXPECT_TRUE(Netlist({In("A"), In("B", 8, true), Out("O")}).product.spec.is_signed());
  EXPECT_TRUE(Netlist({In("A"), In("B"), Out("O", 16, true)}).product.spec.is_signed());
  // uint8_t * uint8_t is an int in C.
  EXPECT_FALSE(CModel({In("A"), In("B"), Out("O", 32, true)}).product.spec.is_signed());
}

TEST(PortMap, WidthsOfANetlistAreDeclared) {
  const PortMap map = Netlist({In("A", 7), In("B", 5), Out("O", 11)}, {}, "mul8x4u_x");
  EXPECT_EQ(map.a.spec.width, 7);
  EXPECT_EQ(map.b.spec.width, 5);
  EXPECT_EQ(map.product.spec.width, 11);
}

TEST(PortMap, WidthsOfACModelAreOptionThenNameThenTypes) {
  const std::vector<DeclaredPort> wide{In("B", 64), In("A", 64), Out("O", 64)};
  PortMap map = CModel(wide, {}, "mul8x4u_x");
  EXPECT_EQ(map.a.spec.width, 8);
  EXPECT_EQ(map.b.spec.width, 4);
  EXPECT_EQ(map.product.spec.width, 12);
  PortMapOptions options;
  options.width_a = 3;
  options.width_b = 6;
  map = CModel(wide, options, "mul8x4u_x");
  EXPECT_EQ(map.a.spec.width, 3);
  EXPECT_EQ(map.b.spec.width, 6);
  map = CModel({In("A", 8), In("B", 8), Out("O", 8)});
  EXPECT_EQ(map.a.spec.width, 8);
  EXPECT_EQ(map.product.spec.width, 8);
}

TEST(PortMap, SignednessOfACModelIsTheNamesBeforeTheTypes) {
  EXPECT_EQ(CModel({In("A"), In("B"), Out("O")}, {}, "mul8s_x").a.spec, kSigned8);
  EXPECT_EQ(
      CModel({In("A", 32, true), In("B", 32, true), Out("O", 32, true)}, {}, "mul8u_x").a.spec,
      kUnsigned8);
  EXPECT_EQ(CModel({In("A", 8, true), In("B", 8, true), Out("O", 16, true)}).a.spec, kSigned8);
}

TEST(PortMap, WrongPortsAreRefused) {
  EXPECT_EQ(
      Refusal({In("A"), Out("O")}),
      "error: a multiplier has exactly two operands, found 1 inputs: A [axlut-operand-count]");
  EXPECT_EQ(Refusal({In("A"), In("B"), In("c"), Out("O")}),
            "x.v:1:2: error: a multiplier has exactly two operands, found 3 inputs: A, B, c "
            "[axlut-operand-count]");
  EXPECT_EQ(
      Refusal({In("A"), In("B")}),
      "error: exactly one output is the product, found 0 outputs: none [axlut-product-count]");
  EXPECT_EQ(Refusal({In("A"), In("B"), Out("O"), Out("P")}),
            "x.v:3:4: error: exactly one output is the product, found 2 outputs: O, P "
            "[axlut-product-count]\nhelp: choose one with --product NAME");
  EXPECT_EQ(Refusal({In("A", 17), In("B"), Out("O")}),
            "x.v:1:2: error: operand 'A' must be 1 to 16 bits wide, found 17 [axlut-port-width]");
  EXPECT_EQ(Refusal({In("A"), In("B"), Out("O", 33)}),
            "x.v:3:4: error: product 'O' must be 1 to 32 bits wide, found 33 [axlut-port-width]");
}

TEST(PortMap, WrongOptionsAreUsageErrors) {
  const std::vector<DeclaredPort> ports{In("lhs"), In("rhs"), Out("O")};
  PortMapOptions options;
  options.a = "lhz";
  EXPECT_EQ(Refusal(ports, options),
            "error: --a 'lhz' names no input; there are: lhs, rhs [axlut-unknown-port]\n"
            "help: did you mean 'lhs'?");
  EXPECT_EQ(ResolvePortMap("x", ports, options, false).error().code(), ErrorCode::kUsage);
  options.a = "lhs";
  options.b = "LHS";
  EXPECT_THAT(Refusal(ports, options), HasSubstr("--a and --b must name different inputs"));
  options = {};
  options.product = "lhs";
  EXPECT_THAT(Refusal(ports, options), HasSubstr("--product 'lhs' names no output; there are: O"));
  options = {};
  options.rows = "C";
  EXPECT_THAT(Refusal(ports, options), HasSubstr("--rows must be A or B, got 'C'"));
  options.rows = "A";
  options.like_tfapprox = true;
  EXPECT_THAT(Refusal(ports, options), HasSubstr("--rows and --like tfapprox both choose"));
}

}  // namespace
}  // namespace axlut
