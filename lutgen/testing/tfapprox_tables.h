// SPDX-License-Identifier: MIT
// For tests: the tables of TFApprox, where the folder that AXLUT_SHARED_DIR names has them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "runtime/base/file_io.h"
#include "runtime/table/truth_table.h"

namespace axlut::testing_support {

inline std::string TfapproxFolder() {
  return std::string(AXLUT_SHARED_DIR) + "/data/tables/tfapprox";
}

// Paths of the .bin files, sorted; none if the folder is missing.
inline std::vector<std::string> TfapproxTables() {
  std::vector<std::string> paths;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(TfapproxFolder(), missing)) {
    if (entry.path().extension() == ".bin") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

// Reads the file by its definition (65,536 little-endian uint16, row-major), not by our reader.
inline Result<TruthTable> ReadTfapproxTable(const std::string& path) {
  AXLUT_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(path));
  std::vector<int32_t> products(bytes.size() / 2);
  for (size_t i = 0; i < products.size(); ++i) {
    products[i] = bytes[2 * i] | bytes[2 * i + 1] << 8;
  }
  const OperandSpec operand{8, Signedness::kUnsigned};
  return TruthTable::Create(operand, operand, {16, Signedness::kUnsigned}, std::move(products));
}

}  // namespace axlut::testing_support
