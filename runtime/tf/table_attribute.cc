// SPDX-License-Identifier: MIT
#include "runtime/tf/table_attribute.h"

#include "runtime/tf/quantized_input.h"

namespace axlut {

namespace tf = ::tensorflow;

absl::Status TableAttribute::Read(tf::OpKernelConstruction* context) {
  if (context->HasAttr("mul_map_file")) {
    TF_RETURN_IF_ERROR(context->GetAttr("mul_map_file", &path_));
    TF_RETURN_IF_ERROR(context->GetAttr("num_bits", &tfapprox_bits_.emplace()));
  } else {
    std::string encoding;
    TF_RETURN_IF_ERROR(context->GetAttr("table", &path_));
    TF_RETURN_IF_ERROR(context->GetAttr("encoding", &encoding));
    const auto parsed = ParseEncoding(encoding);
    if (!parsed.ok()) return ToStatus(parsed.error());
    encoding_ = *parsed;
  }
  std::shared_ptr<const LutTable> table;
  TF_RETURN_IF_ERROR(Get(&table));
  if (!table->plan_error().empty()) {
    LOG(WARNING) << path_ << ": the plan section is not used: " << table->plan_error();
  }
  return absl::OkStatus();
}

absl::Status TableAttribute::Get(std::shared_ptr<const LutTable>* table) const {
  TableCache& cache = TableCache::Global();
  auto found =
      tfapprox_bits_ ? cache.GetTfapprox(path_, *tfapprox_bits_) : cache.Get(path_, encoding_);
  if (!found.ok()) return ToStatus(found.error());
  *table = std::move(*found);
  return absl::OkStatus();
}

}  // namespace axlut
