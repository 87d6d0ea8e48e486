// SPDX-License-Identifier: MIT
// Every source that must be refused, with the whole message.
#include <gmock/gmock.h>

#include "frontend/diagnostics.h"
#include "frontend/yosys/verilog_fixture.h"

namespace axlut {
namespace {

using testing::HasSubstr;

constexpr char kSub[] =
    "module sub (input [1:0] x, input y, output z); assign z = x[0] & y;\nendmodule\n";

TEST_F(VerilogTest, TwoAssignsToOneNetAreRefused) {
  EXPECT_EQ(Refusal("module top (input A, B, output O);\n"
                    "  wire t;\n"
                    "  assign t = A & B;\n"
                    "  assign t = A | B;\n"
                    "  assign O = t;\nendmodule\n"),
            "top.v:2:8: error: net 't' must have one driver, found 2 [axlut-multiple-drivers]\n"
            "note: driven here: top.v:3:14\n"
            "note: driven here: top.v:4:14");
}

TEST_F(VerilogTest, ANetBetweenTwoInstanceOutputsIsRefused) {
  // The bug of some hierarchical multipliers of ariths-gen: one carry, two adders.
  EXPECT_EQ(
      Refusal("module half_adder (input [0:0] a, b, output [0:0] s, c);\n"
              "  assign s = a ^ b;\n"
              "  assign c = a & b;\n"
              "endmodule\n"
              "module top (input [1:0] a, b, output [3:0] top_out);\n"
              "  wire [0:0] carry;\n"
              "  half_adder ha0 (.a(a[0]), .b(b[0]), .s(top_out[0]), .c(carry));\n"
              "  half_adder ha1 (.a(a[1]), .b(b[1]), .s(top_out[1]), .c(carry));\n"
              "  assign top_out[2] = carry;\n"
              "  assign top_out[3] = 1'b0;\n"
              "endmodule"),
      "top.v:6:14: error: net 'carry' must have one driver, found 2 [axlut-multiple-drivers]\n"
      "note: driven by net 'ha0.c': top.v:7:14\n"
      "note: driven by net 'ha1.c': top.v:8:14");
}

TEST_F(VerilogTest, DrivingAnInputPortIsRefused) {
  EXPECT_EQ(Refusal("module top (input A, B, output O);\n"
                    "  assign A = B;\n  assign O = A;\nendmodule\n"),
            "top.v:1:19: error: net 'A' must have one driver, found 2 [axlut-multiple-drivers]\n"
            "note: driven from outside: it is an input port\n"
            "note: driven by net 'B': top.v:1:22");
}

TEST_F(VerilogTest, ConstantBesideAGateIsRefused) {
  EXPECT_EQ(Refusal("module top (input [1:0] A, B, output [1:0] O);\n"
                    "  assign O = A & B;\n  assign O[1] = 1'b0;\nendmodule\n"),
            "top.v:1:44: error: net 'O[1]' must have one driver, found 2 [axlut-multiple-drivers]\n"
            "note: driven here: top.v:2:14\n"
            "note: driven by a constant");
}

TEST_F(VerilogTest, UndrivenBitsAreRefused) {
  EXPECT_EQ(Refusal("module top (input [3:0] A, B, output [3:0] O);\n"
                    "  wire [3:0] t;\n  assign t[0] = B[0];\n  assign O = A & t;\nendmodule\n"),
            "top.v:2:14: error: bits 1, 2, 3 of net 't' are used but not driven [axlut-undriven]\n"
            "note: used here: top.v:4:14");
}

TEST_F(VerilogTest, AnUndrivenOutputIsRefused) {
  EXPECT_EQ(Refusal("module top (input [1:0] A, B, output [3:0] O);\n"
                    "  assign O[2:0] = A + B;\nendmodule\n"),
            "top.v:1:44: error: bit 3 of net 'O' is used but not driven [axlut-undriven]");
}

TEST_F(VerilogTest, AMisspeltNetIsRefused) {
  EXPECT_EQ(Refusal("module top (input A, B, output O);\n"
                    "  wire sig_1;\n  assign sig_1 = A & B;\n  assign O = ~sig_l;\nendmodule\n"),
            "top.v:4:15: error: net 'sig_l' is used but not driven [axlut-undriven]\n"
            "note: used here: top.v:4:14");
}

TEST_F(VerilogTest, LoopsAreRefused) {
  EXPECT_EQ(Refusal("module top (input A, B, output O);\n"
                    "  wire p, q;\n  assign p = A & q;\n  assign q = B | p;\n  assign O = q;\n"
                    "endmodule\n"),
            "top.v:2:11: error: a net must not depend on itself; found a combinational loop "
            "through nets 'q', 'p' [axlut-combinational-loop]\n"
            "note: through this gate: top.v:4:14\n"
            "note: through this gate: top.v:3:14");
  EXPECT_EQ(Refusal("module top (input A, B, output O);\n"
                    "  wire p, q;\n  assign p = q;\n  assign q = p;\n  assign O = q & A & B;\n"
                    "endmodule\n"),
            "top.v:2:11: error: a net must not depend on itself; found a combinational loop "
            "through nets 'q', 'p' [axlut-combinational-loop]");
}

TEST_F(VerilogTest, ALoopThatNothingDependsOnIsRefused) {
  EXPECT_EQ(Refusal("module top (input A, B, output O);\n"
                    "  wire p, q;\n  assign p = A & q;\n  assign q = B | p;\n  assign O = A;\n"
                    "endmodule\n"),
            "top.v:2:11: error: a net must not depend on itself; found a combinational loop "
            "through nets 'q', 'p' [axlut-combinational-loop]\n"
            "note: through this gate: top.v:4:14\n"
            "note: through this gate: top.v:3:14");
}

TEST_F(VerilogTest, SyntaxErrorsAreRefusedWithTheirLine) {
  EXPECT_EQ(Refusal("module top (input A, B, output O);\n\n  assign O = A & ;\nendmodule\n"),
            "top.v:3: error: syntax error, unexpected ';' [axlut-verilog-syntax]");
  EXPECT_EQ(Refusal("module top (input logic A, B, output O); assign O = A & B; endmodule\n"),
            "top.v:1: error: syntax error, unexpected TOK_ID, expecting ',' or '=' or ')' "
            "[axlut-verilog-syntax]\n"
            "help: a file in SystemVerilog needs the extension .sv");
  EXPECT_EQ(Refusal("`include \"missing.vh\"\nmodule top (input A, B, output O); endmodule\n"),
            "top.v:1: error: Can't open include file 'missing.vh'! [axlut-verilog-error]");
  EXPECT_EQ(Refusal("module top (input A, B, output O);\n  assign O = A & X;\n"
                    "`default_nettype none\nendmodule\nmodule top (input A); endmodule\n"),
            "top.v:2: error: Identifier 'X' is implicitly declared and `default_nettype is set to "
            "none. [axlut-verilog-error]");
  EXPECT_EQ(Refusal("`default_nettype none\nmodule top (input wire A, B, output wire O);\n"
                    "  assign O = A & X;\nendmodule\n"),
            "top.v:3: error: Identifier 'X' is implicitly declared and `default_nettype is set to "
            "none. [axlut-verilog-error]");
}

TEST_F(VerilogTest, ErrorsInIncludedFilesNameThem) {
  Write("sub folder/part.vh", "\nassign O = A & ;\n");
  EXPECT_EQ(
      Refusal("module top (input A, B, output O);\n`include \"sub folder/part.vh\"\nendmodule\n"),
      "sub folder/part.vh:2: error: syntax error, unexpected ';' [axlut-verilog-syntax]");
}

TEST_F(VerilogTest, AMissingFileIsRefused) {
  const auto model = ReadVerilog(Path("no such.v"), {});
  ASSERT_FALSE(model.ok());
  EXPECT_EQ(
      WithoutFolder(model.error().ToString()),
      "no such.v: error: file cannot be opened: No such file or directory [axlut-unreadable-file]");
  EXPECT_EQ(model.error().code(), ErrorCode::kInvalidInput);
}

TEST_F(VerilogTest, WithoutATopTheSourceIsRefused) {
  EXPECT_EQ(Refusal("// nothing here\n"),
            "top.v: error: the source must define a module; found none [axlut-no-top]");
  EXPECT_EQ(Refusal("module a (input A, B, output O); assign O = A & B; endmodule\n"
                    "module b (input A, B, output O); assign O = A | B; endmodule\n"),
            "top.v: error: the top module must be named like the file ('top') or be the only one "
            "that no other instantiates; candidates: a, b [axlut-ambiguous-top]\n"
            "help: choose one with --top NAME");
  FrontendOptions options;
  options.top = "aa";
  EXPECT_EQ(Refusal("module a (input A, B, output O); assign O = A & B; endmodule\n", options),
            "top.v: error: module 'aa' (--top) is not in the source; there are: a [axlut-no-top]");
  EXPECT_EQ(Refusal("module a (input A, B, output O); b u (A, B, O); endmodule\n"
                    "module b (input A, B, output O); a u (A, B, O); endmodule\n"),
            "top.v: error: every module is instantiated by another one, so none is the top; there "
            "are: a, b [axlut-no-top]\n"
            "help: choose one with --top NAME");
}

TEST_F(VerilogTest, StateIsRefused) {
  EXPECT_EQ(Refusal("module top (input [1:0] A, B, output reg [3:0] O);\n"
                    "  always @(posedge A[0]) O <= B;\nendmodule\n"),
            "top.v:2:3: error: net 'O' is stored in a flip-flop (cell '$dff'); a truth table needs "
            "a combinational module [axlut-sequential-cell]");
  EXPECT_EQ(Refusal("module top (input [1:0] A, B, output reg [3:0] O);\n"
                    "  always @*\n    if (A[0]) O = B;\nendmodule\n"),
            "top.v:2:3: error: net 'O' is stored in a latch (cell '$dlatch'); a truth table needs "
            "a combinational module [axlut-sequential-cell]\n"
            "help: assign the net on every path through its always block");
  EXPECT_EQ(Refusal("module top (input [1:0] A, B, output [3:0] O);\n"
                    "  DFFX1 r0 (.D(A[0]), .Q(O[0]));\nendmodule\n"),
            "top.v:2:9: error: cell 'DFFX1' (instance 'r0') is sequential; a truth table needs a "
            "combinational module [axlut-sequential-cell]");
  EXPECT_EQ(Refusal("module top (input [1:0] A, B, output [3:0] O);\n"
                    "  reg [3:0] rom [0:3];\n  initial rom[0] = 5;\n  assign O = rom[A ^ B];\n"
                    "endmodule\n"),
            "top.v:2:13: error: 'rom' is a memory; a truth table needs a combinational module "
            "without one [axlut-memory]");
}

TEST_F(VerilogTest, UnknownCellsAreRefused) {
  EXPECT_EQ(Refusal("module top (input A, B, output O);\n"
                    "  NAND3X1 u1 (.A(A), .B(B), .Y(O));\nendmodule\n"),
            "top.v:2:11: error: cell 'NAND3X1' (instance 'u1') is not defined in the source "
            "[axlut-unknown-cell]\n"
            "help: add its definition to the file, or `include it");
  EXPECT_EQ(Refusal("(* blackbox *) module cell_x (input A, output Y); endmodule\n"
                    "module top (input A, B, output O);\n  cell_x u1 (.A(A), .Y(O));\nendmodule\n"),
            "top.v:3:10: error: module 'cell_x' (instance 'u1') is a black box: its function is "
            "not known [axlut-unknown-cell]\n"
            "note: declared here: top.v:1:16");
}

TEST_F(VerilogTest, WrongPortsAreRefused) {
  const std::string head = "module top (input [1:0] A, B, output O);\n";
  EXPECT_EQ(Refusal(head + "  sub u (A, B[0], O, B[1]);\nendmodule\n" + kSub),
            "top.v:2:7: error: module has 3 ports, but 4 are connected (instance 'u' of module "
            "'sub') [axlut-port-connection]\n"
            "note: the module is here: top.v:4:1");
  EXPECT_EQ(Refusal(head + "  sub u (.x(A), .w(B[0]), .z(O));\nendmodule\n" + kSub),
            "top.v:2:7: error: port 'w' does not exist (instance 'u' of module 'sub') "
            "[axlut-port-connection]\n"
            "note: the module is here: top.v:4:1");
  EXPECT_EQ(Refusal(head + "  sub u (.x(A), .z(O));\nendmodule\n" + kSub),
            "top.v:2:7: error: input 'y' is not connected (instance 'u' of module 'sub') "
            "[axlut-port-connection]\n"
            "note: the port is declared here: top.v:4:34");
  EXPECT_EQ(Refusal(head + "  sub u (.x(A), .y(), .z(O));\nendmodule\n" + kSub),
            "top.v:2:7: error: input 'y' is not connected (instance 'u' of module 'sub') "
            "[axlut-port-connection]\n"
            "note: the port is declared here: top.v:4:34");
  EXPECT_EQ(Refusal(head + "  sub u (.x(A), .y(B), .z(O));\nendmodule\n" + kSub),
            "top.v:2:7: error: port 'y' has 1 bit, but 2 are connected (instance 'u' of module "
            "'sub') [axlut-port-width-mismatch]\n"
            "note: the port is declared here: top.v:4:34");
  EXPECT_EQ(Refusal(head + "  sub u (.x(A[0]), .y(B[0]), .z(O));\nendmodule\n" + kSub),
            "top.v:2:7: error: port 'x' has 2 bits, but 1 is connected (instance 'u' of module "
            "'sub') [axlut-port-width-mismatch]\n"
            "note: the port is declared here: top.v:4:25");
  EXPECT_EQ(Refusal(head + "  sub u (.x(A), .y(2), .z(O));\nendmodule\n" + kSub),
            "top.v:2:7: error: port 'y' has 1 bit, but 32 are connected (instance 'u' of module "
            "'sub') [axlut-port-width-mismatch]\n"
            "note: the port is declared here: top.v:4:34");
}

TEST_F(VerilogTest, WrongWidthsOfParametrisedModulesAreRefused) {
  EXPECT_EQ(Refusal("module top (input [1:0] A, B, output [3:0] O);\n"
                    "  sub #(.W(4)) u (.x(A), .z(O));\nendmodule\n"
                    "module sub #(parameter W = 2) (input [W-1:0] x, output [W-1:0] z);\n"
                    "  assign z = ~x;\nendmodule\n"),
            "top.v:2:16: error: port 'x' has 4 bits, but 2 are connected (instance 'u' of module "
            "'sub') [axlut-port-width-mismatch]\n"
            "note: the port is declared here: top.v:4:46");
}

TEST_F(VerilogTest, InoutPortsAreRefused) {
  EXPECT_EQ(Refusal("module top (input A, B, inout O);\n  assign O = A & B;\nendmodule\n"),
            "top.v:1:31: error: port 'O' of module 'top' is inout; ports must be input or output "
            "[axlut-inout-port]");
}

TEST_F(VerilogTest, InoutArgumentsOfTasksAreRefused) {
  EXPECT_EQ(Refusal("module top (input A, B, output reg O);\n"
                    "  task flip; inout x; x = ~x; endtask\n"
                    "  always @* begin O = A & B; flip(O); end\nendmodule\n"),
            "top.v:2:14: error: a task's argument must be an input or an output, found an inout "
            "[axlut-inout-argument]");
}

TEST_F(VerilogTest, ReachableUndefinedValuesAreRefused) {
  EXPECT_EQ(Refusal("module top (input [1:0] A, B, output reg [3:0] O);\n"
                    "  always @* case (B)\n    0: O = 0;\n    1: O = A;\n    default: O = 4'bx;\n"
                    "  endcase\nendmodule\n"),
            "top.v: error: product 'O' must have a value for every operand pair; bit 0 is x for A "
            "= 0, B = 2 [axlut-undefined-value]");
  EXPECT_EQ(Refusal("module top (input A, B, output O);\n  assign O = A ? B : 1'bz;\nendmodule\n"),
            "top.v: error: product 'O' must have a value for every operand pair; bit 0 is x for A "
            "= 0, B = 0 [axlut-undefined-value]");
  EXPECT_EQ(Refusal("module top (input [1:0] A, B, output O);\n  assign O = A[B];\nendmodule\n"),
            "top.v: error: product 'O' must have a value for every operand pair; bit 0 is x for A "
            "= 0, B = 2 [axlut-undefined-value]");
}

TEST_F(VerilogTest, PortsThatAreNoMultiplierAreRefused) {
  EXPECT_EQ(Refusal("module top (input A, B,\n  input cin, output [1:0] O);\n"
                    "  assign O = A + B + cin;\nendmodule\n"),
            "top.v:2:9: error: a multiplier has exactly two operands, found 3 inputs: A, B, cin "
            "[axlut-operand-count]");
  EXPECT_EQ(Refusal("module top (input A, B, output O,\n  output P);\n"
                    "  assign O = A & B;\n  assign P = A;\nendmodule\n"),
            "top.v:2:10: error: exactly one output is the product, found 2 outputs: O, P "
            "[axlut-product-count]\n"
            "help: choose one with --product NAME");
  EXPECT_EQ(
      Refusal("module top (input [16:0] A,\n  input B, output O);\n"
              "  assign O = A[0] & B;\nendmodule\n"),
      "top.v:1:26: error: operand 'A' must be 1 to 16 bits wide, found 17 [axlut-port-width]");
  FrontendOptions options;
  options.ports.a = "AA";
  EXPECT_EQ(Refusal("module top (input A, B, output O); assign O = A & B; endmodule\n", options),
            "error: --a 'AA' names no input; there are: A, B [axlut-unknown-port]\n"
            "help: did you mean 'A'?");
}

TEST_F(VerilogTest, AnEndlessElaborationIsStopped) {
  FrontendOptions options;
  options.timeout_s = 0.5;
  EXPECT_EQ(Refusal("module top (input A, B, output reg O);\n  integer i;\n"
                    "  always @* begin O = 0;\n"
                    "    for (i = 0; i < 100000000; i = i + 1) O = O ^ A;\n  end\nendmodule\n",
                    options),
            "top.v: error: reading the circuit failed: yosys did not end within 0.5 s "
            "[axlut-yosys-timeout]");
}

}  // namespace
}  // namespace axlut
