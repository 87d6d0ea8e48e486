// SPDX-License-Identifier: MIT
// Every style of source that must be read, by structure and by function.
#include <gmock/gmock.h>

#include <chrono>
#include <cstdlib>

#include "frontend/yosys/verilog_fixture.h"

namespace axlut {
namespace {

using testing::HasSubstr;

int64_t Exact(int64_t a, int64_t b) { return a * b; }

TEST_F(VerilogTest, AssignsAreGates) {
  const auto model = Read(
      "module top (A, B, O); input A, B; output [1:0] O;\n"
      "assign O[0] = A & B; assign O[1] = ~(A ^ B); endmodule\n");
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  const Netlist& netlist = std::get<Netlist>(model->behaviour);
  EXPECT_EQ(netlist.Validate(), "");
  EXPECT_EQ(netlist.input_count, 2u);
  EXPECT_EQ(netlist.outputs.size(), 2u);
  EXPECT_LE(netlist.gates.size(), 3u);
  ExpectProducts(*model, [](int64_t a, int64_t b) { return (a & b) | (a == b ? 2 : 0); });
}

TEST_F(VerilogTest, PrimitivesAreGates) {
  const auto model = Read(
      "module top (input A, B, output [7:0] O);\n"
      "and (O[0], A, B); or (O[1], A, B); xor (O[2], A, B); nand (O[3], A, B);\n"
      "nor (O[4], A, B); xnor (O[5], A, B); not (O[6], A); buf (O[7], B);\nendmodule\n");
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  ExpectProducts(*model, [](int64_t a, int64_t b) {
    return (a & b) | (a | b) << 1 | (a ^ b) << 2 | (1 - (a & b)) << 3 | (1 - (a | b)) << 4 |
           (1 - (a ^ b)) << 5 | (1 - a) << 6 | b << 7;
  });
}

TEST_F(VerilogTest, BehaviouralProductsAreMapped) {
  const auto model =
      Read("module top (input [3:0] A, B, output [7:0] O); assign O = A * B;\nendmodule");
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  ExpectProducts(*model, Exact);
}

TEST_F(VerilogTest, SignedPortsAreTwosComplement) {
  const auto model = Read(
      "module top (input signed [3:0] A, B, output signed [7:0] O);\n"
      "assign O = A * B; endmodule\n");
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  EXPECT_TRUE(model->ports.a.spec.is_signed());
  EXPECT_TRUE(model->ports.b.spec.is_signed());
  EXPECT_TRUE(model->ports.product.spec.is_signed());
  ExpectProducts(*model, Exact);
}

TEST_F(VerilogTest, NameSaysSignedWherePortsDoNot) {
  const auto model = Read(
      "module mul4s_x (input [3:0] A, B, output [7:0] O);\n"
      "assign O = $signed(A) * $signed(B); endmodule\n",
      {}, "mul4s_x.v");
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  ExpectProducts(*model, Exact);
}

TEST_F(VerilogTest, HelperModulesMayStandBeforeOrAfterTheTop) {
  const std::string top =
      "module mul2u_x (input [1:0] A, input [1:0] B, output [3:0] O);\n"
      "helper h (.x(A), .y(B), .p(O)); endmodule\n";
  const std::string helper =
      "module helper (input [1:0] x, y, output [3:0] p);\n"
      "assign p = x * y; endmodule\n";
  const std::string last = "module unused (input x, output y); assign y = x; endmodule\n";
  for (const std::string& text : {top + helper, helper + top, helper + top + last}) {
    const auto model = Read(text, {}, "mul2u_x.v");
    ASSERT_TRUE(model.ok()) << model.error().ToString();
    EXPECT_EQ(model->source.top, "mul2u_x");
    ExpectProducts(*model, Exact);
  }
}

TEST_F(VerilogTest, WithoutAMatchingNameTheUninstantiatedModuleIsTheTop) {
  const auto model = Read(
      "module inner (input A, B, output O); assign O = A & B; endmodule\n"
      "module outer (input A, B, output O); inner i (A, B, O); endmodule\n");
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  EXPECT_EQ(model->source.top, "outer");
}

TEST_F(VerilogTest, TopOptionChoosesAmongModules) {
  FrontendOptions options;
  options.top = "second";
  const auto model = Read(
      "module first (input A, B, output O); assign O = A | B; endmodule\n"
      "module second (input A, B, output O); assign O = A & B; endmodule\n",
      options);
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  ExpectProducts(*model, Exact);
}

TEST_F(VerilogTest, ConstantExpressionsAndAnyOutputName) {
  const auto model = Read(
      "module top (A, B, Result); input [4-1:0] A; input [2-1:0] B;\n"
      "output [4+2-1:0] Result; assign Result = A * B; endmodule\n");
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  EXPECT_EQ(model->ports.a.spec.width, 4);
  EXPECT_EQ(model->ports.b.spec.width, 2);
  EXPECT_EQ(model->ports.product.name, "Result");
  ExpectProducts(*model, Exact);
}

TEST_F(VerilogTest, DescendingAndOffsetRangesKeepTheirLeastSignificantBit) {
  const auto model = Read(
      "module top (input [0:3] A, input [5:2] B, output [0:7] O);\n"
      "assign O = A * B; endmodule\n");
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  ExpectProducts(*model, Exact);
}

TEST_F(VerilogTest, OperandsAreIdentifiedByNameNotByPosition) {
  // B is declared first, and not twice as heavy by accident: A - 2 B tells the operands apart.
  const auto model = Read(
      "module top (input [2:0] B, input [3:0] A, output signed [6:0] O);\n"
      "assign O = $signed({1'b0, A}) - $signed({1'b0, B, 1'b0}); endmodule\n");
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  EXPECT_EQ(model->ports.a.name, "A");
  EXPECT_EQ(model->ports.a.spec.width, 4);
  ExpectProducts(*model, [](int64_t a, int64_t b) { return a - 2 * b; });
}

TEST_F(VerilogTest, RowsOptionSwapsTheOperands) {
  FrontendOptions options;
  options.ports.rows = "B";
  const auto model = Read(
      "module top (input [3:0] A, input [2:0] B, output signed [6:0] O);\n"
      "assign O = $signed({1'b0, A}) - $signed({1'b0, B, 1'b0}); endmodule\n",
      options);
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  EXPECT_EQ(model->ports.a.name, "B");
  ExpectProducts(*model, [](int64_t a, int64_t b) { return b - 2 * a; });
}

TEST_F(VerilogTest, PortOptionsOverrideTheGuess) {
  FrontendOptions options;
  options.ports.a = "weight";
  options.ports.b = "pixel";
  options.ports.product = "high";
  const auto model = Read(
      "module top (input [2:0] pixel, weight, output [5:0] full,\n"
      "output [2:0] high); assign full = pixel * weight;\n"
      "assign high = full[5:3] ^ pixel; endmodule\n",
      options);
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  ExpectProducts(*model, [](int64_t a, int64_t b) { return (a * b >> 3) ^ b; });
}

TEST_F(VerilogTest, GatesOfIgnoredOutputsAreLeftOut) {
  FrontendOptions options;
  options.ports.product = "O";
  const auto model = Read(
      "module top (input [7:0] A, B, output [15:0] other, output O);\n"
      "assign other = A * B; assign O = A[0] & B[0]; endmodule\n",
      options);
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  EXPECT_EQ(std::get<Netlist>(model->behaviour).gates.size(), 1u);
}

TEST_F(VerilogTest, ConstantOutputsNeedNoGates) {
  const auto model =
      Read("module top (input [1:0] A, B, output [3:0] O); assign O = 4'b1010;\nendmodule");
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  EXPECT_EQ(std::get<Netlist>(model->behaviour).gates.size(), 0u);
  ExpectProducts(*model, [](int64_t, int64_t) { return 10; });
}

TEST_F(VerilogTest, ComplexGatesAreDecomposed) {
  const auto model = Read(
      "module top (input [1:0] A, B, output [4:0] O);\n"
      "\\$_AOI3_ u0 (.A(A[0]), .B(A[1]), .C(B[0]), .Y(O[0]));\n"
      "\\$_OAI3_ u1 (.A(A[0]), .B(A[1]), .C(B[0]), .Y(O[1]));\n"
      "\\$_AOI4_ u2 (.A(A[0]), .B(A[1]), .C(B[0]), .D(B[1]), .Y(O[2]));\n"
      "\\$_OAI4_ u3 (.A(A[0]), .B(A[1]), .C(B[0]), .D(B[1]), .Y(O[3]));\n"
      "\\$_NMUX_ u4 (.A(A[0]), .B(A[1]), .S(B[0]), .Y(O[4]));\nendmodule\n");
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  ExpectProducts(*model, [](int64_t a, int64_t b) {
    const int64_t a0 = a & 1, a1 = a >> 1, b0 = b & 1, b1 = b >> 1;
    return (1 - ((a0 & a1) | b0)) | (1 - ((a0 | a1) & b0)) << 1 |
           (1 - ((a0 & a1) | (b0 & b1))) << 2 | (1 - ((a0 | a1) & (b0 | b1))) << 3 |
           (1 - (b0 == 1 ? a1 : a0)) << 4;
  });
}

TEST_F(VerilogTest, AVectorRippleIsNoLoop) {
  const auto model = Read(
      "module top (input [3:0] A, B, output [4:0] O);\n"
      "wire [4:0] c; assign c[0] = 1'b0;\n"
      "assign c[4:1] = (A & B) | (c[3:0] & (A ^ B));\n"
      "assign O = {c[4], A ^ B ^ c[3:0]}; endmodule\n");
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  ExpectProducts(*model, [](int64_t a, int64_t b) { return a + b; });
}

TEST_F(VerilogTest, AnUnreachableUndefinedValueIsAccepted) {
  const auto model = Read(
      "module top (input [1:0] A, B, output reg [3:0] O);\n"
      "always @* case (B)\n0: O = 0; 1: O = A; 2: O = {A, 1'b0};\n"
      "3: O = A * 2'd3; default: O = 4'bx; endcase\nendmodule\n");
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  ExpectProducts(*model, Exact);
}

TEST_F(VerilogTest, IndexedSelectsWithinTheirRangeAreAccepted) {
  const auto model = Read(
      "module top (input [3:0] A, input [1:0] B, output [3:0] O);\n"
      "wire [5:2] t = A; wire [2:0] i = B + 2; wire [9:-6] wide = {A, 6'b0};\n"
      "integer far; always @* far = B;\n"
      "assign O = {A[B], t[i], wide[far - 2 +: 2]}; endmodule\n");
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  ExpectProducts(*model, [](int64_t a, int64_t b) {
    const int64_t bit = a >> b & 1;
    return bit << 3 | bit << 2 | ((a << 6) >> (b + 4) & 3);
  });
}

TEST_F(VerilogTest, IntegerConstantsFitNarrowPorts) {
  const auto model = Read(
      "module top (input [1:0] A, B, output [3:0] O);\n"
      "add a (.x({2'b0, A}), .carry(0), .y({2'b0, B}), .s(O)); endmodule\n"
      "module add (input [3:0] x, y, input carry, output [3:0] s);\n"
      "assign s = x + y + carry; endmodule\n");
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  ExpectProducts(*model, [](int64_t a, int64_t b) { return a + b; });
}

TEST_F(VerilogTest, SystemVerilogIsReadByItsExtension) {
  const std::string text =
      "module top (input logic [1:0] A, B, output logic [3:0] O);\n"
      "always_comb O = A * B; endmodule\n";
  const auto model = Read(text, {}, "top.sv");
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  ExpectProducts(*model, Exact);
}

TEST_F(VerilogTest, IncludesAreFoundBesideTheFileAndInIncludeFolders) {
  Write("beside.vh", "assign O[1:0] = A & B;\n");
  Write("some where/far.vh", "assign O[3:2] = `VALUE;\n");
  FrontendOptions options;
  options.include_dirs = {Path("some where")};
  options.defines = {"VALUE=2'd2"};
  const auto model = Read(
      "module top (input [1:0] A, B, output [3:0] O);\n"
      "`include \"beside.vh\"\n`include \"far.vh\"\nendmodule\n",
      options);
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  ExpectProducts(*model, [](int64_t a, int64_t b) { return (a & b) + 8; });
}

TEST_F(VerilogTest, AnyCharacterMayStandInAPath) {
  for (const std::string folder : {"with space", "quote\"d", "it's", "a;b", "$HOME", "[x]*?", "ü",
                                   "back\\slash", "-flag", "#hash", "new\nline"}) {
    const auto model = Read("module top (input A, B, output O); assign O = A & B; endmodule\n", {},
                            folder + "/" + folder + ".v");
    ASSERT_TRUE(model.ok()) << folder << ": " << model.error().ToString();
    EXPECT_EQ(model->name, folder);
    EXPECT_THAT(Refusal("module top (\n", {}, folder + "/x.v"),
                testing::StartsWith(folder + "/x.v:1: error: syntax error"));
  }
}

TEST_F(VerilogTest, SourceAndToolsAreRecorded) {
  const auto model = Read("module top (input A, B, output O); assign O = A & B; endmodule\n");
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  EXPECT_EQ(model->source.kind, "verilog");
  EXPECT_EQ(model->source.file, Path("top.v"));
  EXPECT_EQ(model->source.sha256.size(), 64u);
  EXPECT_THAT(model->tools.at("yosys"), testing::MatchesRegex("[0-9]+[.][0-9]+.*"));
}

TEST_F(VerilogTest, PluginPathCanBeGiven) {
  setenv("AXLUT_YOSYS_PLUGIN", "/nonexistent/plugin.so", 1);
  const std::string refusal = Refusal("module top (input A, B, output O); endmodule\n");
  unsetenv("AXLUT_YOSYS_PLUGIN");
  EXPECT_THAT(refusal, HasSubstr("yosys cannot load AxLUT's plugin"));
  EXPECT_THAT(refusal, HasSubstr("[axlut-yosys-failed]"));
}

TEST_F(VerilogTest, A300GateNetlistIsReadWithinASecond) {
  const std::string path = AXLUT_SOURCE_DIR "/testdata/circuits/mul8u_trunc4.v";
  const auto start = std::chrono::steady_clock::now();
  const auto model = ReadVerilog(path, {});
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  EXPECT_GT(std::get<Netlist>(model->behaviour).gates.size(), 200u);
  RecordProperty("seconds", std::to_string(taken.count()));
  EXPECT_LT(taken.count(), 1.0);
}

}  // namespace
}  // namespace axlut
