// SPDX-License-Identifier: MIT
#include "frontend/read_multiplier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "runtime/base/file_io.h"
#include "runtime/base/hash.h"

namespace axlut {
namespace {

namespace fs = std::filesystem;

constexpr bool kHaveYosys = AXLUT_HAVE_YOSYS != 0;
const char* const kCircuits = AXLUT_SOURCE_DIR "/testdata/circuits";

std::vector<int64_t> AllProducts(MultiplierModel& model) {
  const OperandSpec& a = model.ports.a.spec;
  const OperandSpec& b = model.ports.b.spec;
  std::vector<int64_t> products(a.count() * b.count());
  if (const auto* netlist = std::get_if<Netlist>(&model.behaviour)) {
    for (size_t i = 0; i < products.size(); ++i) {
      products[i] = model.ports.product.spec.ValueOf(
          EvaluateOnce(*netlist, a.width, i >> b.width, i & b.mask()));
    }
    return products;
  }
  auto& function = *std::get<std::unique_ptr<ProductFunction>>(model.behaviour);
  const auto done = function.EvaluateRows(0, static_cast<uint32_t>(a.count()), products.data());
  EXPECT_TRUE(done.ok()) << done.error().ToString();
  return products;
}

TEST(ReadMultiplier, UnknownFormatsAreRefusedWithTheListOfKnownOnes) {
  for (const char* input : {"mul8u.bin", "mul8u", "dir:x/mul8u.vhd", "exact:8x8.txt", ""}) {
    const auto model = ReadMultiplier(input, {});
    ASSERT_FALSE(model.ok()) << input;
    EXPECT_EQ(model.error().code(), ErrorCode::kUnsupported);
    EXPECT_THAT(model.error().ToString(), testing::HasSubstr("known are Verilog (.v, .sv)"));
  }
}

TEST(ReadMultiplier, FormulasAreNoFiles) {
  const auto model = ReadMultiplier("exact:3x2", {});
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  EXPECT_EQ(model->ports.a.spec.width, 3);
}

TEST(ReadMultiplier, WithoutYosysVerilogIsRefused) {
  if (kHaveYosys) GTEST_SKIP() << "this AxLUT was built with Yosys";
  const auto model = ReadMultiplier(std::string(kCircuits) + "/mul4u_udm.v", {});
  ASSERT_FALSE(model.ok());
  EXPECT_EQ(model.error().code(), ErrorCode::kTool);
  EXPECT_EQ(model.error().id(), "axlut-missing-frontend");
}

// The bundled circuit in both of its forms gives the same table.
void ExpectFormsAgree(const fs::path& c_path, const FrontendOptions& options) {
  fs::path verilog = c_path;
  verilog.replace_extension(".v");
  if (!fs::exists(verilog)) verilog.replace_filename(c_path.stem().string() + "_pdk45.v");
  auto netlist = ReadMultiplier(verilog.string(), options);
  auto c_model = ReadMultiplier(c_path.string(), options);
  ASSERT_TRUE(netlist.ok()) << netlist.error().ToString();
  ASSERT_TRUE(c_model.ok()) << c_model.error().ToString();
  EXPECT_EQ(netlist->ports.a.name, c_model->ports.a.name) << verilog;
  EXPECT_EQ(netlist->ports.a.spec, c_model->ports.a.spec) << verilog;
  EXPECT_EQ(netlist->ports.product.spec, c_model->ports.product.spec) << verilog;
  EXPECT_TRUE(AllProducts(*netlist) == AllProducts(*c_model)) << verilog;
}

TEST(Circuits, NetlistAndCModelGiveTheSameTable) {
  if (!kHaveYosys) GTEST_SKIP() << "this AxLUT was built without Yosys";
  int pairs = 0;
  for (const auto& entry : fs::directory_iterator(kCircuits)) {
    if (entry.path().extension() != ".c") continue;
    ExpectFormsAgree(entry.path(), {});
    ++pairs;
  }
  EXPECT_EQ(pairs, 10);
}

TEST(Circuits, NetlistAndCModelAgreeLikeTfapprox) {
  if (!kHaveYosys) GTEST_SKIP() << "this AxLUT was built without Yosys";
  FrontendOptions options;
  options.ports.like_tfapprox = true;
  for (const char* name : {"mul8u_bam_h2v6.c", "mul8s_low.c", "mul8x4u_trunc3.c"}) {
    ExpectFormsAgree(fs::path(kCircuits) / name, options);
  }
}

TEST(Circuits, TheManifestListsEachFileWithItsHash) {
  std::ifstream manifest(std::string(kCircuits) + "/MANIFEST.csv");
  std::string line;
  std::getline(manifest, line);
  int files = 0;
  for (; std::getline(manifest, line); ++files) {
    const std::string file = line.substr(0, line.find(','));
    const auto bytes = ReadTextFile(std::string(kCircuits) + "/" + file);
    ASSERT_TRUE(bytes.ok()) << bytes.error().ToString();
    EXPECT_EQ(line.substr(line.rfind(',') + 1), Sha256Hex(*bytes)) << "run make_circuits.py";
  }
  EXPECT_EQ(files, 20);
}

}  // namespace
}  // namespace axlut
