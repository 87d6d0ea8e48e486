// SPDX-License-Identifier: MIT
#include "lutgen/build_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace axlut {
namespace {

constexpr OperandSpec Unsigned(int width) { return {width, Signedness::kUnsigned}; }
constexpr OperandSpec Signed(int width) { return {width, Signedness::kTwosComplement}; }

// Products 256 * (row + 1) + column, so that a swap or a shift shows.
class Numbered : public ProductFunction {
 public:
  explicit Numbered(uint32_t columns) : columns_(columns) {}
  Result<void> EvaluateRows(uint32_t first_row, uint32_t row_count, int64_t* products) override {
    for (uint32_t row = first_row; row < first_row + row_count; ++row) {
      for (uint32_t column = 0; column < columns_; ++column) *products++ = 256 * (row + 1) + column;
    }
    return {};
  }

 private:
  uint32_t columns_;
};

class Failing : public ProductFunction {
 public:
  Result<void> EvaluateRows(uint32_t, uint32_t, int64_t*) override {
    return Error::Tool("the model crashed");
  }
};

MultiplierModel MakeModel(OperandSpec a, OperandSpec b, OperandSpec product) {
  MultiplierModel model;
  model.name = "numbered";
  model.ports = {{"X", a}, {"W", b}, {"Z", product}};
  model.source = {"numbered.c", std::string(64, 'f'), "c", "numbered"};
  model.tools = {{"cc", "12.2.0"}};
  model.behaviour = std::make_unique<Numbered>(static_cast<uint32_t>(b.count()));
  return model;
}

TEST(BuildTable, PutsEveryProductWhereItBelongs) {
  const Result<StoredTable> stored = BuildTable(MakeModel(Unsigned(3), Unsigned(5), Unsigned(16)));
  ASSERT_TRUE(stored.ok()) << stored.error().ToString();
  for (uint32_t a = 0; a < 8; ++a) {
    for (uint32_t b = 0; b < 32; ++b) {
      EXPECT_EQ(stored->table.ProductAt(a, b), static_cast<int32_t>(256 * (a + 1) + b));
    }
  }
}

TEST(BuildTable, KeepsWhatIsKnownAboutTheModel) {
  const Result<StoredTable> stored = BuildTable(MakeModel(Unsigned(3), Unsigned(5), Unsigned(16)));
  ASSERT_TRUE(stored.ok());
  EXPECT_EQ(stored->info.name, "numbered");
  EXPECT_EQ(stored->info.ports.a, "X");
  EXPECT_EQ(stored->info.ports.b, "W");
  EXPECT_EQ(stored->info.ports.product, "Z");
  EXPECT_EQ(stored->info.source.file, "numbered.c");
  EXPECT_EQ(stored->info.source.kind, "c");
  EXPECT_EQ(stored->info.tools.at("cc"), "12.2.0");
  EXPECT_EQ(stored->info.tools.count("axlut"), 1u);
}

TEST(BuildTable, ReadsNetlistsInTheRowsOrder) {
  // O = {a, b}: a's bits above b's.
  MultiplierModel model;
  model.ports = {{"A", Unsigned(2)}, {"B", Unsigned(3)}, {"O", Unsigned(5)}};
  Netlist netlist;
  netlist.input_count = 5;
  netlist.outputs = {4, 5, 6, 2, 3};
  model.behaviour = netlist;
  const Result<StoredTable> stored = BuildTable(model);
  ASSERT_TRUE(stored.ok());
  for (int32_t i = 0; i < 32; ++i) EXPECT_EQ(stored->table.products()[static_cast<size_t>(i)], i);
}

TEST(BuildTable, ProductsOutsideTheProductsWidthAreRefused) {
  const Result<StoredTable> stored = BuildTable(MakeModel(Unsigned(3), Unsigned(5), Unsigned(11)));
  ASSERT_FALSE(stored.ok());
  EXPECT_EQ(stored.error().code(), ErrorCode::kInvalidInput);
}

TEST(BuildTable, OperandsOverTwelveBitsAreUnsupported) {
  const Result<StoredTable> stored = BuildTable(MakeModel(Unsigned(13), Signed(5), Unsigned(18)));
  ASSERT_FALSE(stored.ok());
  EXPECT_EQ(stored.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(stored.error().message(), testing::HasSubstr("13x5-bit"));
}

TEST(BuildTable, TheModelsOwnErrorComesThrough) {
  MultiplierModel model = MakeModel(Unsigned(3), Unsigned(5), Unsigned(16));
  model.behaviour = std::make_unique<Failing>();
  const Result<StoredTable> stored = BuildTable(model);
  ASSERT_FALSE(stored.ok());
  EXPECT_EQ(stored.error().message(), "the model crashed");
}

}  // namespace
}  // namespace axlut
