// SPDX-License-Identifier: MIT
// `lutsim verify` from end to end, with Verilator. Every RTL text costs a build of one to two
// seconds the first time; built simulators are kept in the build folder, so later runs are short.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "runtime/base/cli.h"
#include "runtime/base/file_io.h"
#include "runtime/base/subprocess.h"
#include "runtime/table/stored_table.h"
#include "sim/commands/commands.h"

namespace axlut {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

namespace fs = std::filesystem;

struct Outcome {
  int exit_code = -1;
  std::string out;
  std::string err;
};

Outcome Lutsim(std::vector<std::string> arguments) {
  cli::Command command;
  command.name = "lutsim";
  command.subcommands.push_back(VerifyCommand());
  arguments.insert(arguments.begin(), "verify");
  std::ostringstream out;
  std::ostringstream err;
  Outcome outcome;
  outcome.exit_code = cli::Run(command, arguments, out, err);
  outcome.out = out.str();
  outcome.err = err.str();
  return outcome;
}

using Product = std::function<int64_t(int64_t a, int64_t b)>;

class VerifyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Result<TemporaryFolder> folder = TemporaryFolder::Create();
    ASSERT_TRUE(folder.ok());
    folder_ = std::make_unique<TemporaryFolder>(*std::move(folder));
    ::setenv("AXLUT_CACHE_DIR", AXLUT_BINARY_DIR "/tests/cache", 1);
  }

  // A cache of this test's own. It has Verilator's compiled runtime library, if any test has made
  // it: that takes most of a first build, and is tested by the first test that runs.
  void UseOwnCache() {
    fs::create_directories(Path("cache/sim"));
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(AXLUT_BINARY_DIR "/tests/cache/sim", ignored)) {
      const std::string name = entry.path().filename().string();
      if (name.rfind("runtime-", 0) == 0)
        fs::copy(entry.path(), Path("cache/sim/" + name), ignored);
    }
    ::setenv("AXLUT_CACHE_DIR", Path("cache").c_str(), 1);
  }

  std::string Path(const std::string& name) const { return folder_->path() + "/" + name; }

  std::string Write(const std::string& name, const std::string& text) const {
    fs::create_directories(fs::path(Path(name)).parent_path());
    std::ofstream(Path(name)) << text;
    return Path(name);
  }

  // The table of `product` in a file; row operand = port `a`, column = port `b`, "" = not stored.
  std::string Table(const std::string& name, OperandSpec a, OperandSpec b, const Product& product,
                    const PortNames& ports = {"A", "B", "O"}, const std::string& kind = "verilog",
                    int product_width = 0) const {
    std::vector<int32_t> products;
    for (uint64_t x = 0; x < a.count(); ++x) {
      for (uint64_t y = 0; y < b.count(); ++y) {
        products.push_back(static_cast<int32_t>(product(a.ValueOf(x), b.ValueOf(y))));
      }
    }
    OperandSpec spec = a;
    spec.width = product_width > 0 ? product_width : a.width + b.width;
    Result<TruthTable> table = TruthTable::Create(a, b, spec, std::move(products));
    EXPECT_TRUE(table.ok()) << table.error().ToString();
    StoredTable stored{*std::move(table), {}};
    stored.info.ports = ports;
    stored.info.source.kind = kind;
    const Result<void> saved = SaveTable(Path(name), stored);
    EXPECT_TRUE(saved.ok()) << saved.error().ToString();
    return Path(name);
  }

  std::unique_ptr<TemporaryFolder> folder_;
};

constexpr OperandSpec kUnsigned2{2, Signedness::kUnsigned};
constexpr OperandSpec kUnsigned4{4, Signedness::kUnsigned};
constexpr OperandSpec kUnsigned8{8, Signedness::kUnsigned};
constexpr OperandSpec kSigned4{4, Signedness::kTwosComplement};

// Not commutative: 4 is added if A is odd and B at least 128.
constexpr char kAsymmetric[] = R"(module asymmetric(A, B, O);
  input [7:0] A, B;
  output [15:0] O;
  assign O = A * B + {A[0] & B[7], 2'b00};
endmodule
)";

int64_t Asymmetric(int64_t a, int64_t b) { return a * b + ((a & 1) != 0 && b >= 128 ? 4 : 0); }

TEST_F(VerifyTest, EqualTablesAreProvedEqual) {
  const std::string rtl = Write("asymmetric.v", kAsymmetric);
  const Outcome outcome = Lutsim({Table("t.axt", kUnsigned8, kUnsigned8, Asymmetric), rtl});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("all 65536 operand pairs agree"));
  EXPECT_THAT(outcome.out, HasSubstr("row = port A, column = port B (from the table)"));
  EXPECT_EQ(outcome.err, "");
}

TEST_F(VerifyTest, OneFlippedEntryIsTheOnlyCounterExample) {
  const std::string rtl = Write("asymmetric.v", kAsymmetric);
  const std::string table = Table("t.axt", kUnsigned8, kUnsigned8, [](int64_t a, int64_t b) {
    return Asymmetric(a, b) ^ (a == 5 && b == 200 ? 64 : 0);
  });
  const Outcome outcome = Lutsim({table, rtl, "--json"});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  const json answer = json::parse(outcome.out);
  EXPECT_EQ(answer["equal"], false);
  EXPECT_EQ(answer["pairs"], 65536);
  EXPECT_EQ(answer["differing"], 1);
  ASSERT_EQ(answer["counterexamples"].size(), 1u);
  const json& example = answer["counterexamples"][0];
  EXPECT_EQ(example["a"], 5);
  EXPECT_EQ(example["b"], 200);
  EXPECT_EQ(example["a_bits"], "00000101");
  EXPECT_EQ(example["b_bits"], "11001000");
  EXPECT_EQ(example["got"], 1004);
  EXPECT_EQ(example["expected"], 1004 ^ 64);
  EXPECT_EQ(example["got_bits"], "0000001111101100");
  EXPECT_EQ(example["expected_bits"], "0000001110101100");
}

TEST_F(VerifyTest, SwappedOperandsAreCountedAndRecognised) {
  const std::string rtl = Write("asymmetric.v", kAsymmetric);
  const auto swapped = [](int64_t a, int64_t b) { return Asymmetric(b, a); };
  uint64_t differing = 0;
  for (int64_t a = 0; a < 256; ++a) {
    for (int64_t b = 0; b < 256; ++b) differing += Asymmetric(a, b) != swapped(a, b) ? 1 : 0;
  }
  const Outcome outcome = Lutsim({Table("t.axt", kUnsigned8, kUnsigned8, swapped), rtl});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr(std::to_string(differing) + " of 65536 operand pairs differ"));
  EXPECT_THAT(outcome.out, HasSubstr("with the operands swapped (row = port B, column = port A) "
                                     "all pairs agree"));
}

TEST_F(VerifyTest, TheTablesPortNamesDecideWhichOperandIsTheRow) {
  const std::string rtl = Write("asymmetric.v", kAsymmetric);
  const auto swapped = [](int64_t a, int64_t b) { return Asymmetric(b, a); };
  const std::string table =
      Table("t.axt", kUnsigned8, kUnsigned8, swapped, PortNames{"B", "A", "O"});
  const Outcome outcome = Lutsim({table, rtl});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("row = port B, column = port A (from the table)"));

  const Outcome contradicted = Lutsim({table, rtl, "--rows", "A"});
  EXPECT_EQ(contradicted.exit_code, 2);
  EXPECT_THAT(contradicted.err, HasSubstr("row operand is 'B'"));
  EXPECT_EQ(Lutsim({table, rtl, "--a", "A", "--b", "B"}).exit_code, 1) << "options go first";
}

TEST_F(VerifyTest, AHeaderlessTableTakesWidthsFromThePortsAndItsRowFromOptions) {
  const std::string rtl = Write("asymmetric.v", kAsymmetric);
  const std::string table = Table("t.bin", kUnsigned8, kUnsigned8, Asymmetric);
  const Outcome outcome = Lutsim({table, rtl});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("assumed: row = port 'A', column = port 'B'"));
  EXPECT_EQ(Lutsim({table, rtl, "--rows", "B"}).exit_code, 1);
  EXPECT_EQ(Lutsim({table, rtl, "--like", "tfapprox"}).exit_code, 1);
  const std::string transposed = Table("transposed.npy", kUnsigned8, kUnsigned8,
                                       [](int64_t a, int64_t b) { return Asymmetric(b, a); });
  const Outcome like = Lutsim({transposed, rtl, "--like", "tfapprox"});
  EXPECT_EQ(like.exit_code, 0) << like.err;
  EXPECT_THAT(like.out, HasSubstr("row = port B, column = port A (from the options)"));
}

// A 2x2 array multiplier in gates; `gate` is the operator that makes bit 3.
std::string GateText(const std::string& gate) {
  return "module gates(input [1:0] A, input [1:0] B, output [3:0] O);\n"
         "  wire p = A[1] & B[0], q = A[0] & B[1], r = A[1] & B[1], c = p & q;\n"
         "  assign O = {r " +
         gate +
         " c, r ^ c, p ^ q, A[0] & B[0]};\n"
         "endmodule\n";
}

TEST_F(VerifyTest, OneWrongGateIsFoundAndCounted) {
  const std::string table =
      Table("t.axt", kUnsigned2, kUnsigned2, [](int64_t a, int64_t b) { return a * b; });
  EXPECT_EQ(Lutsim({table, Write("gates.v", GateText("&"))}).exit_code, 0);
  // r | c differs from r & c where r ^ c: (2, 2), (2, 3), (3, 2).
  const Outcome outcome =
      Lutsim({table, Write("gates.v", GateText("|")), "--max-counterexamples", "2"});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("3 of 16 operand pairs differ"));
  EXPECT_THAT(outcome.out, HasSubstr("2 (10)    2 (10)          4 (0100)  12 (1100)"));
  EXPECT_THAT(outcome.out, HasSubstr("... and 1 more"));
}

TEST_F(VerifyTest, SignedTablesMeetPortsThatDoNotSaySigned) {
  const std::string rtl = Write("mul4s_X.v",
                                "module mul4s_X(A, B, Z);\n  input [3:0] A, B;\n"
                                "  output [7:0] Z;\n  assign Z = $signed(A) * $signed(B);\n"
                                "endmodule\n");
  const auto exact = [](int64_t a, int64_t b) { return a * b; };
  EXPECT_EQ(Lutsim({Table("t.axt", kSigned4, kSigned4, exact, {"A", "B", "Z"}), rtl}).exit_code, 0);
  const Outcome raw = Lutsim({Table("t.bin", kSigned4, kSigned4, exact), rtl, "--json", "-q"});
  EXPECT_EQ(raw.exit_code, 0) << raw.err;
  EXPECT_EQ(json::parse(raw.out)["a"]["signed"], true) << "signedness from the module's name";
  const Outcome differs = Lutsim(
      {Table("u.axt", kSigned4, kSigned4, [](int64_t a, int64_t b) { return a == -8 ? 0 : a * b; }),
       rtl, "--max-counterexamples", "1"});
  EXPECT_EQ(differs.exit_code, 1);
  EXPECT_THAT(differs.out, HasSubstr("15 of 256"));
  EXPECT_THAT(differs.out, HasSubstr("-8 (1000)  1 (0001)      0 (00000000)  -8 (11111000)"));
}

TEST_F(VerifyTest, ProductsOfOtherWidthsAreComparedAsNumbers) {
  const std::string rtl = Write("wide.v",
                                "module wide(input signed [3:0] A, input signed [3:0] B,\n"
                                "            output signed [11:0] O);\n"
                                "  assign O = A * B;\nendmodule\n");
  const auto exact = [](int64_t a, int64_t b) { return a * b; };
  const Outcome wider = Lutsim({Table("t.axt", kSigned4, kSigned4, exact), rtl});
  EXPECT_EQ(wider.exit_code, 0) << wider.out << wider.err;
  EXPECT_THAT(wider.err, HasSubstr("port 'O' has 12 bits and the table's products have 8"));
  const Outcome narrower =
      Lutsim({Table("n.axt", kSigned4, kSigned4, exact, {"A", "B", "O"}, "verilog", 20), rtl});
  EXPECT_EQ(narrower.exit_code, 0) << narrower.out << narrower.err;
  EXPECT_THAT(narrower.err, HasSubstr("the table's products have 20"));
}

TEST_F(VerifyTest, EscapedNamesBlanksInPathsIncludesDefinesAndSecondFilesWork) {
  Write("my rtl/half.vh", "`define HALF 2'b00\n");
  const std::string rtl = Write("my rtl/mul-2 u.v",
                                "`include \"half.vh\"\n"
                                "module \\mul-2 (\\a[0] , do, Z);\n"
                                "  input [1:0] \\a[0] , do;\n  output [3:0] Z;\n"
                                "`ifdef EXACT\n"
                                "  helper h(\\a[0] , do, Z);\n"
                                "`else\n  assign Z = {`HALF, `HALF};\n`endif\nendmodule\n");
  const std::string helper = Write("my rtl/helper.v",
                                   "module helper(input [1:0] x, input [1:0] y,\n"
                                   "              output [3:0] z);\n"
                                   "  assign z = x * y;\nendmodule\n");
  const std::string table = Table("t.axt", kUnsigned2, kUnsigned2,
                                  [](int64_t a, int64_t b) { return a * b; }, {"a[0]", "do", "Z"});
  const Outcome outcome = Lutsim({table, rtl, helper, "-D", "EXACT"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("(module mul-2)"));
  EXPECT_THAT(outcome.out, HasSubstr("row = port a[0], column = port do"));
  const Outcome zero = Lutsim({table, rtl, "--top", "mul-2"});
  EXPECT_EQ(zero.exit_code, 1) << zero.err;
  EXPECT_THAT(zero.out, HasSubstr("9 of 16"));
  const Outcome missing = Lutsim({table, rtl, "-DEXACT"});
  EXPECT_EQ(missing.exit_code, 3);
  EXPECT_THAT(missing.err, HasSubstr("mul-2 u.v:6:3: error: module 'helper' is instantiated"));
}

TEST_F(VerifyTest, ErrorsInIncludedFilesHaveTheirPlace) {
  Write("my rtl/cells.vh", "wire x;\nassign x = ;\n");
  const std::string rtl = Write("my rtl/m.v",
                                "module m(input A, input B, output O);\n`include \"cells.vh\"\n"
                                "assign O = A;\nendmodule\n");
  const std::string table =
      Table("t.axt", kUnsigned2, kUnsigned2, [](int64_t a, int64_t b) { return a * b; });
  const Outcome outcome = Lutsim({table, rtl});
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("my rtl/cells.vh:2:12: error: syntax error"));
}

TEST_F(VerifyTest, EvoApproxCellsAreThereUnlessTheFileDefinesThem) {
  const std::string half_adders =
      "module mul2u_C(A, B, O);\n  input [1:0] A, B;\n  output [3:0] O;\n  wire [200:0] N;\n"
      "  PDKGENHAX1 h1(.A(N[7]), .B((A[1] & B[1])), .YS(O[2]), .YC(O[3]));\n"
      "  PDKGENHAX1 h0(.A((A[1] & B[0])), .B((A[0] & B[1])), .YS(O[1]), .YC(N[7]));\n"
      "  PDKGENAND2X1 g0(.A(A[0]), .B(B[0]), .Y(N[0]));\n"
      "  PDKGENBUFX2 b0(.A(N[0]), .Y(O[0]));\nendmodule\n";
  const std::string table =
      Table("t.axt", kUnsigned2, kUnsigned2, [](int64_t a, int64_t b) { return a * b; });
  const Outcome outcome = Lutsim({table, Write("mul2u_C_pdk45.v", half_adders)});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
  const Outcome redefined =
      Lutsim({table, Write("mul2u_C.v", half_adders + "module PDKGENBUFX2(input A, output Y);\n"
                                                      "  assign Y = ~A;\nendmodule\n")});
  EXPECT_EQ(redefined.exit_code, 1) << redefined.err;
  EXPECT_THAT(redefined.out, HasSubstr("16 of 16"));
}

// RTL whose product is no function of the operands, or of which not all is known.
TEST_F(VerifyTest, RtlThatIsNoCombinationalMultiplierIsRefusedAtItsPlace) {
  const std::string table =
      Table("t.axt", kUnsigned2, kUnsigned2, [](int64_t a, int64_t b) { return a * b; });
  const std::string head = "module m(input [1:0] A, input [1:0] B, output [3:0] O);\n";
  const std::string reg_head = "module m(input [1:0] A, input [1:0] B, output reg [3:0] O);\n";
  const struct {
    const char* name;
    std::string text;
    int exit_code;
    const char* message;
  } cases[] = {
      {"syntax", head + "assign O = A * ;\nendmodule\n", 3, "m.v:2:16: error: syntax error"},
      {"unknown net", head + "assign O = X;\nendmodule\n", 3, "m.v:2:12: error: Can't find"},
      {"empty", "// nothing\n", 3, "m.v: error: the file defines no module"},
      {"two drivers", head + "assign O = A;\nassign O = B;\nendmodule\n", 3,
       "m.v:1:53: error: Bits [3:0] of signal 'O' have multiple"},
      {"two instances drive",
       "module g(input x, output z); assign z = x; endmodule\n" + head +
           "assign O[3:1] = 0;\ng g1(A[0], O[0]);\ng g2(B[0], O[0]);\nendmodule\n",
       3, "m.v:2:53: error: Bits [0:0] of signal 'O' have multiple"},
      {"latch", reg_head + "always @* if (A[0]) O = A * B;\nendmodule\n", 3,
       "m.v:2:1: error: Latch inferred for signal 'O'"},
      {"clock", reg_head + "always @(posedge A[0]) O <= A * B;\nendmodule\n", 4,
       "m.v:2:10: error: the design is sequential"},
      {"inout", "module m(input [1:0] A, input [1:0] B, inout [3:0] O);\nendmodule\n", 4,
       "m.v:1:52: error: port 'O' of module 'm' is inout"},
      {"real", "module m(input real A, input [1:0] B, output [3:0] O);\nendmodule\n", 4,
       "m.v:1:21: error: port 'A' of module 'm' has the type 'real'"},
      {"three operands",
       "module m(input [1:0] A, input [1:0] B, input c, output [3:0] O);\nassign O = c;\n"
       "endmodule\n",
       4, "exactly two operands"},
      {"width", "module m(input [2:0] A, input [1:0] B, output [3:0] O);\nassign O=A;\nendmodule\n",
       3, "m.v:1:22: error: port 'A' of module 'm' has 3 bits, but the table's row operand has 2"},
      {"names", "module m(input [1:0] P, input [1:0] Q, output [3:0] O);\nassign O=P;\nendmodule\n",
       3, "made from operands 'A' (row) and 'B' (column), but module 'm' has the inputs 'P'"},
      {"command", head + "assign O = A * B;\ninitial $system(\"touch /tmp/x\");\nendmodule\n", 4,
       "m.v:3:9: error: the design is not simulated: $system runs a command"},
      {"twice", head + "assign O = 0;\nendmodule\n" + head + "assign O = 1;\nendmodule\n", 3,
       "m.v:4:8: error: Duplicate declaration of module: 'm'"},
      {"c function",
       head + "import \"DPI-C\" function int getpid();\nassign O = getpid();\nendmodule\n", 4,
       "calls C functions (DPI)"},
  };
  for (const auto& bad : cases) {
    const Outcome outcome = Lutsim({table, Write("m.v", bad.text)});
    EXPECT_EQ(outcome.exit_code, bad.exit_code) << bad.name << "\n" << outcome.out << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(bad.message)) << bad.name;
    EXPECT_EQ(outcome.out, "") << bad.name;
  }
}

TEST_F(VerifyTest, NetsWithoutDriverMatterOnlyIfTheyReachTheProduct) {
  const std::string table =
      Table("t.axt", kUnsigned2, kUnsigned2, [](int64_t a, int64_t b) { return a * b; });
  const std::string head =
      "module m(input [1:0] A, input [1:0] B, output [3:0] O);\nwire [9:0] N;\n";
  // N[5] has no driver, but is masked.
  const Outcome harmless =
      Lutsim({table, Write("m.v", head + "assign O = A * B + {3'b0, N[5] & 1'b0};\nendmodule\n")});
  EXPECT_EQ(harmless.exit_code, 0) << harmless.out << harmless.err;
  const Outcome reaches =
      Lutsim({table, Write("m.v", head + "assign O = A * B + {3'b0, N[5] & A[1]};\nendmodule\n")});
  EXPECT_EQ(reaches.exit_code, 3) << reaches.out;
  EXPECT_THAT(reaches.err, HasSubstr("depends on more than its operands"));
  EXPECT_THAT(reaches.err, HasSubstr("m.v:2:12: "));
  EXPECT_THAT(reaches.err, HasSubstr("not driven: 'N'"));
}

TEST_F(VerifyTest, CombinationalLoopsAreFound) {
  const std::string table =
      Table("t.axt", kUnsigned2, kUnsigned2, [](int64_t a, int64_t b) { return a * b; });
  const std::string text =
      "module m(input [1:0] A, input [1:0] B, output [3:0] O);\nwire q, n;\n"
      "assign q = ~(A[0] & n);\nassign n = ~(B[0] & q);\nassign O = {2'b0, q, n};\nendmodule\n";
  const Outcome holds = Lutsim({table, Write("m.v", text)});
  EXPECT_EQ(holds.exit_code, 3) << holds.out;
  EXPECT_THAT(holds.err, HasSubstr("depends on more than its operands: for A = 11, B = 11"));
  EXPECT_THAT(holds.err, HasSubstr("Circular combinational logic"));
  const Outcome oscillates =
      Lutsim({table, Write("m.v",
                           "module m(input [1:0] A, input [1:0] B, output [3:0] O);\nwire q;\n"
                           "assign q = ~(A[0] & q);\nassign O = {4{q}};\nendmodule\n")});
  EXPECT_EQ(oscillates.exit_code, 3) << oscillates.out;
  EXPECT_THAT(oscillates.err, HasSubstr("loop that does not settle for A = 01"));
}

TEST_F(VerifyTest, SimulatorsAreCachedByContentForEveryTable) {
  UseOwnCache();
  const auto exact = [](int64_t a, int64_t b) { return a * b; };
  const std::string table = Table("t.axt", kUnsigned4, kUnsigned4, exact);
  const std::string other =
      Table("u.axt", kUnsigned4, kUnsigned4, [](int64_t, int64_t) { return 0; });
  Write("w.vh", "`define PRODUCT (A * B)\n");
  const std::string rtl = Write("m.v",
                                "`include \"w.vh\"\n"
                                "module m(input [3:0] A, input [3:0] B, output [7:0] O);\n"
                                "assign O = `PRODUCT;\nendmodule\n");
  const auto cached = [](const Outcome& outcome) { return json::parse(outcome.out)["cached"]; };
  EXPECT_EQ(cached(Lutsim({table, rtl, "--json"})), false);
  EXPECT_EQ(cached(Lutsim({table, rtl, "--json"})), true);
  const Outcome differs = Lutsim({other, rtl, "--json"});
  EXPECT_EQ(differs.exit_code, 1);
  EXPECT_EQ(cached(differs), true);
  // Elsewhere, but the same text.
  fs::create_directories(Path("copy"));
  fs::copy(rtl, Path("copy/m.v"));
  fs::copy(Path("w.vh"), Path("copy/w.vh"));
  EXPECT_EQ(cached(Lutsim({table, Path("copy/m.v"), "--json"})), true);
  // An included file changed.
  Write("w.vh", "`define PRODUCT (A * B + 1)\n");
  const Outcome changed = Lutsim({table, rtl, "--json"});
  EXPECT_EQ(changed.exit_code, 1);
  EXPECT_EQ(cached(changed), false);
  // Every file of the cache damaged.
  Write("w.vh", "`define PRODUCT (A * B)\n");
  for (const auto& entry : fs::directory_iterator(Path("cache/sim"))) {
    std::fstream(entry.path(), std::ios::in | std::ios::out | std::ios::binary).seekp(100)
        << "damage";
  }
  const Outcome repaired = Lutsim({table, rtl, "--json"});
  EXPECT_EQ(repaired.exit_code, 0) << repaired.err;
  EXPECT_EQ(cached(repaired), false);
  EXPECT_EQ(cached(Lutsim({table, rtl, "--json"})), true);
}

TEST_F(VerifyTest, WithoutACacheItStillWorksAndLeavesNothing) {
  ::setenv("AXLUT_CACHE_DIR", Path("cache").c_str(), 1);
  const std::string table =
      Table("t.axt", kUnsigned2, kUnsigned2, [](int64_t a, int64_t b) { return a * b; });
  const Outcome outcome = Lutsim({table, Write("gates.v", GateText("&")), "--no-cache"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_FALSE(fs::exists(Path("cache")));
}

TEST_F(VerifyTest, TwoProcessesBuildTheSameSimulatorAtTheSameTime) {
  UseOwnCache();
  const std::string table =
      Table("t.axt", kUnsigned2, kUnsigned2, [](int64_t a, int64_t b) { return a * b; });
  const std::string rtl = Write("gates.v", GateText("&"));
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      const auto run = RunProcess({AXLUT_BINARY_DIR "/bin/lutsim", "verify", table, rtl});
      EXPECT_TRUE(run.ok());
      EXPECT_EQ(run->exit_code, 0) << run->err;
    });
  }
  for (std::thread& thread : threads) thread.join();
  const Outcome after = Lutsim({table, rtl, "--json"});
  EXPECT_EQ(json::parse(after.out)["cached"], true) << after.err;
}

TEST_F(VerifyTest, MissingToolsAndFilesAreNamed) {
  const std::string table =
      Table("t.axt", kUnsigned2, kUnsigned2, [](int64_t a, int64_t b) { return a * b; });
  const std::string rtl = Write("gates.v", GateText("&"));
  const Outcome no_rtl = Lutsim({table, Path("none.v")});
  EXPECT_EQ(no_rtl.exit_code, 3);
  EXPECT_THAT(no_rtl.err, HasSubstr("none.v"));
  const Outcome no_table = Lutsim({Path("none.axt"), rtl});
  EXPECT_EQ(no_table.exit_code, 3);
  EXPECT_THAT(no_table.err, HasSubstr("none.axt"));
  const Outcome folder = Lutsim({table, folder_->path()});
  EXPECT_EQ(folder.exit_code, 3);

  const std::string path = std::getenv("PATH");
  ::setenv("CXX", "no-such-compiler", 1);
  const Outcome no_compiler = Lutsim({table, rtl});
  EXPECT_EQ(no_compiler.exit_code, 5);
  EXPECT_THAT(no_compiler.err, HasSubstr("'no-such-compiler' was not found"));
  ::unsetenv("CXX");
  ::setenv("PATH", "/nowhere", 1);
  const Outcome no_verilator = Lutsim({table, rtl});
  ::setenv("PATH", path.c_str(), 1);
  EXPECT_EQ(no_verilator.exit_code, 5);
  EXPECT_THAT(no_verilator.err, HasSubstr("'verilator' is needed and was not found"));
}

TEST_F(VerifyTest, BadOptionsAreUsageErrors) {
  const std::string table =
      Table("t.axt", kUnsigned2, kUnsigned2, [](int64_t a, int64_t b) { return a * b; });
  const std::string rtl = Write("gates.v", GateText("&"));
  for (const std::vector<std::string>& options :
       std::vector<std::vector<std::string>>{{"--max-counterexamples", "-1"},
                                             {"--max-counterexamples", "many"},
                                             {"-j", "0"},
                                             {"--timeout", "0"},
                                             {"--like", "adapt"},
                                             {"--signed", "--unsigned"},
                                             {"--width-a", "13"},
                                             {"--a", "C"},
                                             {"--product", "Q"},
                                             {"--widths"}}) {
    std::vector<std::string> arguments = {table, rtl};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const Outcome outcome = Lutsim(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << options[0] << "\n" << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("error: ")) << options[0];
  }
}

// Many rows, so that several simulators run, and operands of different widths.
TEST_F(VerifyTest, UnequalWidthsAndManyRowsKeepTheTablesOrder) {
  const std::string rtl = Write("mul12x8u.v",
                                "module mul12x8u(input [7:0] B, input [11:0] A,\n"
                                "                output [19:0] O);\n"
                                "  assign O = A * B;\nendmodule\n");
  const OperandSpec wide{12, Signedness::kUnsigned};
  const auto nearly = [](int64_t a, int64_t b) {
    return a * b + ((a == 7 && b == 3) || (a == 4095 && b == 254) ? 1 : 0);
  };
  const Outcome outcome =
      Lutsim({Table("t.axt", wide, kUnsigned8, nearly), rtl, "--json", "-j", "2"});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  const json answer = json::parse(outcome.out);
  EXPECT_EQ(answer["pairs"], 1 << 20);
  EXPECT_EQ(answer["differing"], 2);
  ASSERT_EQ(answer["counterexamples"].size(), 2u);
  EXPECT_EQ(answer["counterexamples"][0]["a"], 7);
  EXPECT_EQ(answer["counterexamples"][1]["a"], 4095);
  EXPECT_EQ(answer["counterexamples"][1]["b"], 254);
}

}  // namespace
}  // namespace axlut
