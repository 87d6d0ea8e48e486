// SPDX-License-Identifier: MIT
// The metrics of TFApprox' tables equal the figures that EvoApproxLib publishes for them.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "lutgen/error_metrics.h"
#include "lutgen/testing/tfapprox_tables.h"

namespace axlut {
namespace {

// Half a unit of the last digit that is printed, the exponent included: 0.5 for "15608.397e3".
double HalfPrintedDigit(const std::string& figure) {
  const size_t exponent_at = figure.find('e');
  const std::string digits = figure.substr(0, exponent_at);
  const int exponent =
      exponent_at == std::string::npos ? 0 : std::atoi(figure.c_str() + exponent_at + 1);
  const size_t point = digits.find('.');
  const int decimals = point == std::string::npos ? 0 : static_cast<int>(digits.size() - point - 1);
  return 0.5 * std::pow(10.0, exponent - decimals);
}

std::vector<std::string> SplitCsvLine(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream stream(line);
  for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
  return cells;
}

TEST(PublishedMetrics, HalfAPrintedDigitCountsTheExponent) {
  EXPECT_DOUBLE_EQ(HalfPrintedDigit("0.0092"), 0.00005);
  EXPECT_DOUBLE_EQ(HalfPrintedDigit("284"), 0.5);
  EXPECT_DOUBLE_EQ(HalfPrintedDigit("6.0"), 0.05);
  EXPECT_DOUBLE_EQ(HalfPrintedDigit("15608.397e3"), 0.5);
  EXPECT_DOUBLE_EQ(HalfPrintedDigit("47164.981e4"), 5);
}

TEST(PublishedMetrics, OfAll32CircuitsAreReproduced) {
  const std::string csv_path = std::string(AXLUT_SHARED_DIR) + "/data/circuits/evo_metrics.csv";
  const Result<std::string> csv = ReadTextFile(csv_path);
  if (!csv.ok()) GTEST_SKIP() << csv.error().ToString();
  std::istringstream lines(*csv);
  std::string line;
  std::getline(lines, line);
  ASSERT_EQ(line.substr(0, line.find(",power")),
            "name,width_a,width_b,signed,MAE%,MAE,WCE%,WCE,WCRE%,EP%,MRE%,MSE");
  int circuits = 0;
  while (std::getline(lines, line)) {
    const std::vector<std::string> cells = SplitCsvLine(line);
    ASSERT_EQ(cells.size(), 15u) << line;
    const Result<TruthTable> table = testing_support::ReadTfapproxTable(
        testing_support::TfapproxFolder() + "/" + cells[0] + ".bin");
    ASSERT_TRUE(table.ok()) << table.error().ToString();
    const ErrorMetrics metrics = MeasureErrors(*table);
    const double computed[] = {
        metrics.mae_pct,  metrics.mae,    metrics.wce_pct, static_cast<double>(metrics.wce),
        metrics.wcre_pct, metrics.ep_pct, metrics.mre_pct, metrics.mse};
    for (size_t i = 0; i < 8; ++i) {
      const std::string& figure = cells[4 + i];
      const double published = std::strtod(figure.c_str(), nullptr);
      // 1e-9 of the value for exact ties.
      const double tolerance = HalfPrintedDigit(figure) + 1e-9 * published;
      EXPECT_LE(std::abs(computed[i] - published), tolerance)
          << cells[0] << ", column " << 4 + i << ": computed " << computed[i] << ", published "
          << figure;
    }
    ++circuits;
  }
  EXPECT_EQ(circuits, 32);
}

}  // namespace
}  // namespace axlut
