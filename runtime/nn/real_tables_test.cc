// SPDX-License-Identifier: MIT
// The 36 tables that TFApprox ships, with the plans that they get at load, at every instruction set
// that the CPU has: each layer equals the reference kernel on the table itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "kernels/cpu/isa.h"
#include "runtime/nn/lut_conv2d.h"
#include "runtime/table/stored_table.h"

namespace axlut {
namespace {

std::vector<std::string> TablePaths() {
  std::vector<std::string> paths;
  std::error_code missing;
  const std::string folder = std::string(AXLUT_SHARED_DIR) + "/data/tables/tfapprox";
  for (const auto& entry : std::filesystem::directory_iterator(folder, missing)) {
    if (entry.path().extension() == ".bin") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

struct NamedShape {
  std::string name;
  Conv2dShape shape;
};

std::vector<NamedShape> Shapes() {
  Conv2dShape conv;
  conv.batch = 2;
  conv.in_h = conv.in_w = conv.out_h = conv.out_w = 11;
  conv.in_c = 19;
  conv.out_c = 70;
  conv.kernel_h = conv.kernel_w = 3;
  conv.pad_top = conv.pad_left = 1;
  Conv2dShape pointwise;
  pointwise.in_h = pointwise.in_w = 17;
  pointwise.stride_h = pointwise.stride_w = 2;
  pointwise.out_h = pointwise.out_w = 9;
  pointwise.in_c = 64;
  pointwise.out_c = 33;
  Conv2dShape dense;
  dense.batch = 5;
  dense.in_c = 300;
  dense.out_c = 130;
  Conv2dShape depthwise = conv;
  depthwise.in_c = depthwise.groups = 24;
  depthwise.out_c = 48;
  Conv2dShape grouped = conv;
  grouped.in_c = 12;
  grouped.groups = 3;
  grouped.out_c = 60;
  grouped.dilation_h = grouped.dilation_w = 2;
  return {{"conv", conv},
          {"pointwise", pointwise},
          {"dense", dense},
          {"depthwise", depthwise},
          {"grouped", grouped}};
}

std::vector<int64_t> RunLayer(const std::shared_ptr<const LutTable>& table,
                              const Conv2dShape& shape, const std::vector<uint8_t>& input,
                              const std::vector<uint8_t>& filter, const LutConv2dOptions& options,
                              std::string* kernel) {
  const auto layer = LutConv2d::Create(table, shape, filter, 3, {128}, options);
  if (!layer.ok()) {
    ADD_FAILURE() << layer.error().ToString();
    return {};
  }
  *kernel = layer->kernel_name();
  std::vector<int64_t> out(static_cast<size_t>(shape.OutputCount()));
  layer->Run(input.data(), shape.batch, out.data(), SerialFor());
  std::vector<int32_t> narrow(out.size());
  layer->Run(input.data(), shape.batch, narrow.data(), SerialFor());
  EXPECT_TRUE(std::equal(out.begin(), out.end(), narrow.begin())) << *kernel;
  return out;
}

TEST(RealTables, EveryInstructionSetEqualsTheReference) {
  const std::vector<std::string> paths = TablePaths();
  if (paths.empty()) GTEST_SKIP() << "no tables in " << AXLUT_SHARED_DIR << "/data/tables/tfapprox";
  std::mt19937 random(8);
  const auto random_codes = [&random](int64_t count) {
    std::vector<uint8_t> codes(static_cast<size_t>(count));
    for (uint8_t& code : codes) code = static_cast<uint8_t>(random());
    return codes;
  };
  for (const std::string& path : paths) {
    auto stored = LoadTable(path);
    ASSERT_TRUE(stored.ok()) << stored.error().ToString();
    const auto table = *LutTable::Create(std::move(stored->table), stored->plan);
    for (const NamedShape& test : Shapes()) {
      const std::vector<uint8_t> input = random_codes(test.shape.InputCount());
      const std::vector<uint8_t> filter = random_codes(test.shape.FilterCount());
      std::string kernel;
      const auto expected = RunLayer(table, test.shape, input, filter, {"reference", ""}, &kernel);
      for (const KernelIsa isa : kKernelIsas) {
        if (isa > DetectedKernelIsa()) break;
        const auto out =
            RunLayer(table, test.shape, input, filter, {"", KernelIsaName(isa)}, &kernel);
        EXPECT_EQ(out, expected) << path << ", " << test.name << " by " << kernel;
      }
    }
  }
  EXPECT_EQ(paths.size(), 36u);
}

}  // namespace
}  // namespace axlut
