// SPDX-License-Identifier: MIT
#include "runtime/tf/slope_cache.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "runtime/base/npy.h"

namespace axlut {

SlopeCache& SlopeCache::Global() {
  // Never destroyed: threads of TensorFlow may still run ops while the process exits.
  static SlopeCache* const cache = new SlopeCache;
  return *cache;
}

std::shared_ptr<const TableSlopes> SlopeCache::Get(const std::shared_ptr<const LutTable>& table,
                                                   int window) {
  const std::lock_guard<std::mutex> lock(mutex_);
  entries_.erase(std::remove_if(entries_.begin(), entries_.end(),
                                [](const Entry& entry) { return entry.table.expired(); }),
                 entries_.end());
  for (const Entry& entry : entries_) {
    if (entry.table.lock() == table && entry.window == window) return entry.slopes;
  }
  const TruthTable& truth = table->table();
  auto slopes = std::make_shared<TableSlopes>();
  slopes->gradient = DifferentiateTable(truth, window);
  slopes->mean_by_a = MeanOverA(slopes->gradient.by_a, truth.a().count(), truth.b().count());
  slopes->mean_by_b = MeanOverB(slopes->gradient.by_b, truth.a().count(), truth.b().count());
  entries_.push_back({table, window, slopes});
  return slopes;
}

Result<std::vector<float>> LoadSlopes(const std::string& path, const OperandSpec& a,
                                      const OperandSpec& b) {
  AXLUT_ASSIGN_OR_RETURN(const NpyArray array, ReadNpy(path));
  const std::vector<int64_t> shape = {static_cast<int64_t>(a.count()),
                                      static_cast<int64_t>(b.count())};
  if (array.type != NpyType::kFloat32 || array.shape != shape) {
    return Error::InvalidInput(fmt::format(
        "slopes '{}' of a table of {}x{} bits must be <f4 [{}]; they are {} [{}]", path, a.width,
        b.width, fmt::join(shape, ", "), NpyTypeName(array.type), fmt::join(array.shape, ", ")));
  }
  const float* const data = array.Data<float>();
  std::vector<float> slopes(data, data + array.ElementCount());
  const auto bad =
      std::find_if(slopes.begin(), slopes.end(), [](float slope) { return !std::isfinite(slope); });
  if (bad != slopes.end()) {
    return Error::InvalidInput(fmt::format("slopes '{}' must be finite; element {} is {}", path,
                                           bad - slopes.begin(), *bad));
  }
  return slopes;
}

Result<std::shared_ptr<const std::vector<float>>> SlopeFile::Get(const OperandSpec& a,
                                                                 const OperandSpec& b) {
  const std::lock_guard<std::mutex> lock(mutex_);
  // The state from before the read: a file that changes meanwhile is read again by the next call.
  AXLUT_ASSIGN_OR_RETURN(const FileState state, FileState::Of("slopes", path_));
  if (slopes_ != nullptr && state_ == state && a_ == a && b_ == b) return slopes_;
  AXLUT_ASSIGN_OR_RETURN(std::vector<float> slopes, LoadSlopes(path_, a, b));
  slopes_ = std::make_shared<const std::vector<float>>(std::move(slopes));
  state_ = state;
  a_ = a;
  b_ = b;
  return slopes_;
}

}  // namespace axlut
