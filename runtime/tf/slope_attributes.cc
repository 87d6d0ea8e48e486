// SPDX-License-Identifier: MIT
#include "runtime/tf/slope_attributes.h"

#include <string>
#include <utility>

#include "runtime/tf/quantized_input.h"

namespace axlut {

namespace tf = ::tensorflow;

using SharedSlopes = std::shared_ptr<const std::vector<float>>;

absl::Status SlopeAttributes::Read(tf::OpKernelConstruction* context) {
  TF_RETURN_IF_ERROR(context->GetAttr("window", &window_));
  std::string path;
  TF_RETURN_IF_ERROR(context->GetAttr("slopes", &path));
  if (!path.empty()) file_ = std::make_unique<SlopeFile>(path);
  if (window_ >= 0 && window_ <= kMaxDifferenceWindow) return absl::OkStatus();
  return absl::InvalidArgumentError("window must be 0 .. " + std::to_string(kMaxDifferenceWindow) +
                                    "; it is " + std::to_string(window_));
}

absl::Status SlopeAttributes::GetFile(const LutTable& table, SharedSlopes* slopes) {
  *slopes = nullptr;
  if (file_ == nullptr) return absl::OkStatus();
  auto found = file_->Get(table.table().a(), table.table().b());
  if (!found.ok()) return ToStatus(found.error());
  *slopes = std::move(*found);
  return absl::OkStatus();
}

std::shared_ptr<const TableSlopes> SlopeAttributes::OfTable(
    const std::shared_ptr<const LutTable>& table) const {
  return SlopeCache::Global().Get(table, window_);
}

absl::Status SlopeAttributes::GetByA(const std::shared_ptr<const LutTable>& table,
                                     SharedSlopes* slopes) {
  TF_RETURN_IF_ERROR(GetFile(*table, slopes));
  if (*slopes != nullptr) return absl::OkStatus();
  const auto of_table = OfTable(table);
  *slopes = SharedSlopes(of_table, &of_table->gradient.by_a);
  return absl::OkStatus();
}

absl::Status SlopeAttributes::GetByB(const std::shared_ptr<const LutTable>& table,
                                     SharedSlopes* slopes) {
  TF_RETURN_IF_ERROR(GetFile(*table, slopes));
  if (*slopes != nullptr) return absl::OkStatus();
  const auto of_table = OfTable(table);
  *slopes = SharedSlopes(of_table, &of_table->gradient.by_b);
  return absl::OkStatus();
}

absl::Status SlopeAttributes::GetMeanByA(const std::shared_ptr<const LutTable>& table,
                                         SharedSlopes* slopes) {
  TF_RETURN_IF_ERROR(GetFile(*table, slopes));
  const auto of_table = OfTable(table);
  *slopes = *slopes == nullptr
                ? SharedSlopes(of_table, &of_table->mean_by_a)
                : std::make_shared<const std::vector<float>>(
                      MeanOverA(**slopes, table->table().a().count(), table->table().b().count()));
  return absl::OkStatus();
}

absl::Status SlopeAttributes::GetMeanByB(const std::shared_ptr<const LutTable>& table,
                                         SharedSlopes* slopes) {
  TF_RETURN_IF_ERROR(GetFile(*table, slopes));
  const auto of_table = OfTable(table);
  *slopes = *slopes == nullptr
                ? SharedSlopes(of_table, &of_table->mean_by_b)
                : std::make_shared<const std::vector<float>>(
                      MeanOverB(**slopes, table->table().a().count(), table->table().b().count()));
  return absl::OkStatus();
}

}  // namespace axlut
