// SPDX-License-Identifier: MIT
// The whole way round: each of TFApprox' tables is written as Verilog, synthesised to gates by
// Yosys, read by our frontend, evaluated, and saved: the same bytes must come out.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "frontend/read_multiplier.h"
#include "lutgen/build_table.h"
#include "lutgen/testing/tfapprox_tables.h"
#include "runtime/base/subprocess.h"
#include "runtime/table/stored_table.h"

namespace axlut {
namespace {

using testing_support::ReadTfapproxTable;
using testing_support::TfapproxFolder;
using testing_support::TfapproxTables;

constexpr int kIndexBits = 16;

// Bits of the pair index (a << 8) | b in the order of decision, top first: the least significant
// bits of a, then of b. Measured over all 36 tables, it needs 0 to 15,910 multiplexers a table.
constexpr std::array<int, kIndexBits> kDecisionOrder = {8, 9, 10, 11, 12, 13, 14, 15,
                                                        0, 1, 2,  3,  4,  5,  6,  7};

// All product bits as one shared binary decision diagram, written as a module of multiplexers.
class MuxTree {
 public:
  explicit MuxTree(const TruthTable& table) {
    for (int bit = 0; bit < table.product().width; ++bit) {
      std::vector<uint32_t> nodes(table.products().size());
      for (size_t i = 0; i < nodes.size(); ++i) {
        nodes[i] = static_cast<uint32_t>(table.products()[PairIndex(i)] >> bit) & 1;
      }
      for (int level = kIndexBits - 1; level >= 0; --level) Merge(level, &nodes);
      outputs_.push_back(nodes[0]);
    }
  }

  std::string ToVerilog() const {
    std::string text = fmt::format(
        "module table8x8(input [7:0] A, input [7:0] B, output [15:0] O);\n  wire [{}:0] n;\n",
        next_);
    text += body_;
    for (size_t bit = 0; bit < outputs_.size(); ++bit) {
      text += fmt::format("  assign O[{}] = {};\n", bit, NodeName(outputs_[bit]));
    }
    return text + "endmodule\n";
  }

 private:
  // The pair index whose bits, in decision order, are the bits of i, top first.
  static size_t PairIndex(size_t i) {
    size_t pair = 0;
    for (int level = 0; level < kIndexBits; ++level) {
      pair |= ((i >> (kIndexBits - 1 - level)) & 1) << kDecisionOrder[static_cast<size_t>(level)];
    }
    return pair;
  }

  static std::string NodeName(uint32_t node) {
    return node < 2 ? fmt::format("1'b{}", node) : fmt::format("n[{}]", node);
  }

  // Halves `nodes`: neighbours that differ become a multiplexer, one for each distinct pair.
  void Merge(int level, std::vector<uint32_t>* nodes) {
    const int bit = kDecisionOrder[static_cast<size_t>(level)];
    for (size_t i = 0; i < nodes->size() / 2; ++i) {
      const std::pair<uint32_t, uint32_t> children = {(*nodes)[2 * i], (*nodes)[2 * i + 1]};
      uint32_t node = children.first;
      if (children.first != children.second) {
        const auto [known, is_new] = known_[static_cast<size_t>(level)].emplace(children, next_);
        node = known->second;
        if (is_new) {
          body_ += fmt::format("  assign {} = {}[{}] ? {} : {};\n", NodeName(next_++),
                               bit >= 8 ? 'A' : 'B', bit % 8, NodeName(children.second),
                               NodeName(children.first));
        }
      }
      (*nodes)[i] = node;
    }
    nodes->resize(nodes->size() / 2);
  }

  std::array<std::map<std::pair<uint32_t, uint32_t>, uint32_t>, kIndexBits> known_;
  uint32_t next_ = 2;  // 0 and 1 are the constants
  std::vector<uint32_t> outputs_;
  std::string body_;
};

// Verilog of gates for the table, in `folder`.
Result<std::string> Synthesise(const TruthTable& table, const std::string& folder) {
  const std::string source = folder + "/table8x8_mux.v";
  const std::string gates = folder + "/table8x8.v";
  AXLUT_RETURN_IF_ERROR(WriteFileAtomically(source, MuxTree(table).ToVerilog()));
  const std::string script = fmt::format(
      "read_verilog {}; simplemap; abc -fast -g AND,OR,XOR,ANDNOT,MUX; clean; "
      "write_verilog -noattr {}",
      source, gates);
  AXLUT_ASSIGN_OR_RETURN(const ProcessResult run, RunProcess({"yosys", "-q", "-p", script}));
  if (!run.succeeded()) return Error::Tool("yosys: " + DescribeEnd(run, {}) + "\n" + run.err);
  return gates;
}

class Resynthesis : public testing::TestWithParam<std::string> {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Resynthesis);

// `table` as a netlist whose port A is its row operand, rebuilt with `ports` and saved: the bytes.
Result<std::vector<uint8_t>> RebuiltBytes(const TruthTable& table, const PortMapOptions& ports) {
  AXLUT_ASSIGN_OR_RETURN(const TemporaryFolder folder, TemporaryFolder::Create());
  AXLUT_ASSIGN_OR_RETURN(const std::string gates, Synthesise(table, folder.path()));
  FrontendOptions options;
  options.ports = ports;
  options.timeout_s = 300;  // tests share the machine
  AXLUT_ASSIGN_OR_RETURN(const MultiplierModel model, ReadMultiplier(gates, options));
  AXLUT_ASSIGN_OR_RETURN(const StoredTable rebuilt, BuildTable(model));
  const std::string bin = folder.path() + "/rebuilt.bin";
  AXLUT_RETURN_IF_ERROR(SaveTable(bin, rebuilt));
  return ReadFile(bin);
}

TEST_P(Resynthesis, GivesTheSameBytes) {
  const Result<TruthTable> table = ReadTfapproxTable(GetParam());
  ASSERT_TRUE(table.ok()) << table.error().ToString();
  const Result<std::vector<uint8_t>> rebuilt = RebuiltBytes(*table, {});
  ASSERT_TRUE(rebuilt.ok()) << rebuilt.error().ToString();
  // Not EXPECT_EQ: nobody wants to read 131,072 bytes.
  EXPECT_TRUE(*rebuilt == ReadFile(GetParam()).value());
}

// EvoApproxLib's netlists have the official tables' row operand at port B.
TEST(TfapproxPreset, ReproducesAnOfficialFileFromANetlistWithRowsAtB) {
  const std::string path = TfapproxFolder() + "/mul8u_JV3.bin";
  const Result<TruthTable> table = ReadTfapproxTable(path);
  if (!table.ok()) GTEST_SKIP() << table.error().ToString();
  ASSERT_FALSE(table->IsCommutative());
  PortMapOptions ports;
  ports.like_tfapprox = true;
  const Result<std::vector<uint8_t>> like = RebuiltBytes(table->Transposed(), ports);
  ASSERT_TRUE(like.ok()) << like.error().ToString();
  EXPECT_TRUE(*like == ReadFile(path).value());
  const Result<std::vector<uint8_t>> plain = RebuiltBytes(table->Transposed(), {});
  ASSERT_TRUE(plain.ok()) << plain.error().ToString();
  EXPECT_FALSE(*plain == ReadFile(path).value());
}

INSTANTIATE_TEST_SUITE_P(TfapproxTable, Resynthesis, testing::ValuesIn(TfapproxTables()),
                         [](const testing::TestParamInfo<std::string>& table) {
                           return FileStem(table.param);
                         });

TEST(ResynthesisCoverage, ReachesAll36Tables) {
  const size_t tables = TfapproxTables().size();
  if (tables == 0) GTEST_SKIP() << "no tables in " << TfapproxFolder();
  EXPECT_EQ(tables, 36u);
}

}  // namespace
}  // namespace axlut
