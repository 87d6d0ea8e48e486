// SPDX-License-Identifier: MIT
#include "runtime/tf/stored_table_file.h"

#include <utility>

#include "runtime/table/sign_magnitude.h"

namespace axlut {

Result<StoredTable> ReadStoredTable(const std::string& path, OperandEncoding encoding) {
  AXLUT_ASSIGN_OR_RETURN(StoredTable stored, LoadTable(path));
  if (encoding == OperandEncoding::kAffine) return stored;
  Result<TruthTable> table = SignMagnitudeTable(stored.table);
  if (!table.ok()) return std::move(table).error().At({path});
  StoredTable encoded{*std::move(table), std::move(stored.info)};
  encoded.info.metrics.clear();
  return encoded;
}

}  // namespace axlut
