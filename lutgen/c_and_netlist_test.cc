// SPDX-License-Identifier: MIT
// A C model and its netlist give the same table, because operands are identified by name.
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>

#include "frontend/read_multiplier.h"
#include "lutgen/build_table.h"

namespace axlut {
namespace {

const char kFolder[] = AXLUT_SOURCE_DIR "/testdata/circuits/";

// Names of all circuits that exist in both forms.
std::set<std::string> Circuits() {
  std::set<std::string> names;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder, missing)) {
    if (entry.path().extension() == ".c") names.insert(entry.path().stem().string());
  }
  return names;
}

std::string NetlistOf(const std::string& name) {
  const std::string plain = kFolder + name + ".v";
  return std::filesystem::exists(plain) ? plain : kFolder + name + "_pdk45.v";
}

Result<StoredTable> Build(const std::string& path, const PortMapOptions& ports) {
  FrontendOptions options;
  options.ports = ports;
  AXLUT_ASSIGN_OR_RETURN(const MultiplierModel model, ReadMultiplier(path, options));
  return BuildTable(model);
}

class CAndNetlist : public testing::TestWithParam<std::string> {
 protected:
  void ExpectSameTable(const PortMapOptions& ports) {
    const Result<StoredTable> from_c = Build(kFolder + GetParam() + ".c", ports);
    ASSERT_TRUE(from_c.ok()) << from_c.error().ToString();
    const Result<StoredTable> from_netlist = Build(NetlistOf(GetParam()), ports);
    ASSERT_TRUE(from_netlist.ok()) << from_netlist.error().ToString();
    EXPECT_EQ(from_c->table.a(), from_netlist->table.a());
    EXPECT_EQ(from_c->table.b(), from_netlist->table.b());
    EXPECT_EQ(from_c->table.product(), from_netlist->table.product());
    EXPECT_TRUE(from_c->table == from_netlist->table);
    EXPECT_EQ(from_c->info.ports.a, from_netlist->info.ports.a);
    EXPECT_EQ(from_c->info.ports.b, from_netlist->info.ports.b);
  }
};

TEST_P(CAndNetlist, GiveTheSameTable) { ExpectSameTable({}); }

TEST_P(CAndNetlist, GiveTheSameTableWithRowsB) {
  PortMapOptions ports;
  ports.rows = "B";
  ExpectSameTable(ports);
  const Result<StoredTable> swapped = Build(kFolder + GetParam() + ".c", ports);
  const Result<StoredTable> straight = Build(kFolder + GetParam() + ".c", {});
  ASSERT_TRUE(swapped.ok() && straight.ok());
  EXPECT_TRUE(swapped->table == straight->table.Transposed());
}

INSTANTIATE_TEST_SUITE_P(Circuit, CAndNetlist, testing::ValuesIn(Circuits()),
                         [](const testing::TestParamInfo<std::string>& name) {
                           return name.param;
                         });

}  // namespace
}  // namespace axlut
