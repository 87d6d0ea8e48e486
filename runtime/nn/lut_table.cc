// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <utility>

#include "runtime/nn/lut_conv2d.h"
#include "runtime/nn/lut_table_impl.h"

namespace axlut {

Result<std::shared_ptr<const LutTable>> LutTable::Create(TruthTable table) {
  if (table.a().width > 8 || table.b().width > 8) {
    return Error::Unsupported(
        fmt::format("a table for networks has operands of at most 8 bits, got {}x{} bits",
                    table.a().width, table.b().width));
  }
  return std::shared_ptr<const LutTable>(new LutTable(std::make_unique<Impl>(std::move(table))));
}

LutTable::LutTable(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LutTable::~LutTable() = default;

const TruthTable& LutTable::table() const { return impl_->table; }

}  // namespace axlut
