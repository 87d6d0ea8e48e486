// SPDX-License-Identifier: MIT
#include "runtime/tf/table_attribute.h"

#include "runtime/tf/quantized_input.h"

namespace axlut {

namespace tf = ::tensorflow;

absl::Status TableAttribute::Read(tf::OpKernelConstruction* context) {
  std::string encoding;
  TF_RETURN_IF_ERROR(context->GetAttr("table", &path_));
  TF_RETURN_IF_ERROR(context->GetAttr("encoding", &encoding));
  const auto parsed = ParseEncoding(encoding);
  if (!parsed.ok()) return ToStatus(parsed.error());
  encoding_ = *parsed;
  std::shared_ptr<const LutTable> table;
  TF_RETURN_IF_ERROR(Get(&table));
  if (!table->plan_error().empty()) {
    LOG(WARNING) << path_ << ": the plan section is not used: " << table->plan_error();
  }
  return absl::OkStatus();
}

absl::Status TableAttribute::Get(std::shared_ptr<const LutTable>* table) const {
  auto found = TableCache::Global().Get(path_, encoding_);
  if (!found.ok()) return ToStatus(found.error());
  *table = std::move(*found);
  return absl::OkStatus();
}

}  // namespace axlut
