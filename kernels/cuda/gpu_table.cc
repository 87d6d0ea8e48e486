// SPDX-License-Identifier: MIT
#include "kernels/cuda/gpu_table.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "kernels/cuda/tensor/tensor_cost.h"

namespace axlut {
namespace {

constexpr int64_t kCodes = 256;  // of an operand, bits above its width included
constexpr int64_t kEntries = kCodes * kCodes;

// Copies on a stream of its own, so that only they are waited for.
class Upload {
 public:
  explicit Upload(Gpu* gpu) : gpu_(gpu) {}
  ~Upload() {
    if (stream_ != nullptr) gpu_->DestroyStream(stream_);
  }
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;

  // `values` must live until Finish.
  template <typename T>
  GpuStatus Copy(const std::vector<T>& values, const char* purpose, std::vector<GpuBuffer>* buffers,
                 const T** device) {
    if (stream_ == nullptr) AXLUT_RETURN_IF_GPU_ERROR(gpu_->CreateStream(&stream_));
    GpuBuffer buffer;
    const size_t bytes = values.size() * sizeof(T);
    AXLUT_RETURN_IF_GPU_ERROR(GpuBuffer::Create(gpu_, bytes, purpose, &buffer));
    AXLUT_RETURN_IF_GPU_ERROR(gpu_->CopyToDevice(buffer.data(), values.data(), bytes, stream_));
    *device = buffer.As<T>();
    buffers->push_back(std::move(buffer));
    return {};
  }

  GpuStatus Finish() { return stream_ == nullptr ? GpuStatus() : gpu_->Synchronize(stream_); }

 private:
  Gpu* gpu_;
  GpuStream stream_ = nullptr;
};

// What a table holds for every pair of bytes: bits above the widths are ignored.
std::vector<int32_t> ExpandedProducts(const LutView& lut) {
  std::vector<int32_t> products(kEntries);
  for (int64_t i = 0; i < kEntries; ++i) {
    products[i] = lut.At(static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i));
  }
  return products;
}

std::vector<uint16_t> Entries16(const std::vector<int32_t>& products, int32_t min) {
  std::vector<uint16_t> entries(kEntries);
  std::transform(products.begin(), products.end(), entries.begin(),
                 [min](int32_t product) { return static_cast<uint16_t>(int64_t{product} - min); });
  return entries;
}

std::vector<uint16_t> Transposed(const std::vector<uint16_t>& entries) {
  std::vector<uint16_t> transposed(kEntries);
  for (int64_t i = 0; i < kEntries; ++i) {
    transposed[(i % kCodes) * kCodes + i / kCodes] = entries[i];
  }
  return transposed;
}

// A map by the bits of one operand, repeated for bytes with bits above its width.
template <typename T>
std::vector<T> ExpandedMap(const std::vector<T>& map) {
  std::vector<T> expanded(kCodes);
  for (size_t code = 0; code < expanded.size(); ++code) expanded[code] = map[code % map.size()];
  return expanded;
}

// The residual multiplied out, [a << width_b | b]; empty if a product leaves int32_t.
std::optional<std::vector<int32_t>> ResidualProducts(const KernelPlan& plan) {
  const PlanResidual& residual = *plan.residual;
  std::vector<int32_t> products;
  for (const uint8_t class_a : residual.class_a) {
    for (const uint8_t class_b : residual.class_b) {
      const size_t entry = static_cast<size_t>(class_a) * residual.count_b + class_b;
      const int64_t product = int64_t{residual.scale} * residual.entries[entry];
      if (product != static_cast<int32_t>(product)) return std::nullopt;
      products.push_back(static_cast<int32_t>(product));
    }
  }
  return products;
}

// The maps of all terms, one after the other.
struct HostTerms {
  explicit HostTerms(const KernelPlan& plan)
      : offset_a(ExpandedMap(plan.offset_a)), offset_b(ExpandedMap(plan.offset_b)) {
    for (const PlanTerm& term : plan.terms) {
      const std::vector<uint8_t> u_map = ExpandedMap(term.u);
      const std::vector<int8_t> v_map = ExpandedMap(term.v);
      u.insert(u.end(), u_map.begin(), u_map.end());
      v.insert(v.end(), v_map.begin(), v_map.end());
      scales.push_back(term.scale);
    }
  }

  std::vector<uint8_t> u;
  std::vector<int8_t> v;
  std::vector<int32_t> scales, offset_a, offset_b;
};

}  // namespace

GpuStatus GpuTable::AddImages(const LutView& lut) {
  const std::vector<int32_t> products = ExpandedProducts(lut);
  const auto [min, max] = std::minmax_element(products.begin(), products.end());
  min_product_ = *min;
  max_product_ = *max;
  Upload upload(gpu_);
  if (int64_t{max_product_} - min_product_ > std::numeric_limits<uint16_t>::max()) {
    AXLUT_RETURN_IF_GPU_ERROR(upload.Copy(products, "table", &buffers_, &images_.entries32));
    AXLUT_RETURN_IF_GPU_ERROR(upload.Finish());
    return gpu_->CreateTexture(images_.entries32, GpuTexel::kInt32, kEntries, &images_.texture32);
  }
  const std::vector<uint16_t> entries = Entries16(products, min_product_);
  const std::vector<uint16_t> transposed = Transposed(entries);
  AXLUT_RETURN_IF_GPU_ERROR(upload.Copy(entries, "table", &buffers_, &images_.entries16));
  AXLUT_RETURN_IF_GPU_ERROR(
      upload.Copy(transposed, "transposed table", &buffers_, &images_.transposed16));
  AXLUT_RETURN_IF_GPU_ERROR(upload.Finish());
  return gpu_->CreateTexture(images_.entries16, GpuTexel::kUint16, kEntries, &images_.texture16);
}

GpuStatus GpuTable::AddPlan(const KernelPlan& plan) {
  if (plan.residual) {
    const std::optional<std::vector<int32_t>> products = ResidualProducts(plan);
    if (!products) return {};  // the table itself is there to be looked up
    const LutView lut{products->data(), plan.width_a, plan.width_b};
    AXLUT_RETURN_IF_GPU_ERROR(Create(gpu_, lut, {}, &residual_));
  }
  const HostTerms terms(plan);
  Upload upload(gpu_);
  AXLUT_RETURN_IF_GPU_ERROR(upload.Copy(terms.u, "plan", &buffers_, &terms_.u));
  AXLUT_RETURN_IF_GPU_ERROR(upload.Copy(terms.v, "plan", &buffers_, &terms_.v));
  AXLUT_RETURN_IF_GPU_ERROR(upload.Copy(terms.scales, "plan", &buffers_, &terms_.scales));
  AXLUT_RETURN_IF_GPU_ERROR(upload.Copy(terms.offset_a, "plan", &buffers_, &terms_.offset_a));
  AXLUT_RETURN_IF_GPU_ERROR(upload.Copy(terms.offset_b, "plan", &buffers_, &terms_.offset_b));
  AXLUT_RETURN_IF_GPU_ERROR(upload.Finish());
  terms_.count = static_cast<int32_t>(plan.terms.size());
  return {};
}

GpuStatus GpuTable::Create(Gpu* gpu, const LutView& lut, const std::vector<KernelPlan>& plans,
                           std::unique_ptr<GpuTable>* table) {
  // A failure leaves through the destructor, which frees what was made so far.
  std::unique_ptr<GpuTable> made(new GpuTable);
  made->gpu_ = gpu;
  made->width_a_ = lut.width_a;
  made->width_b_ = lut.width_b;
  AXLUT_RETURN_IF_GPU_ERROR(made->AddImages(lut));
  const KernelPlan* const plan = CheapestTensorPlan(plans, gpu->properties().capability);
  if (plan != nullptr) AXLUT_RETURN_IF_GPU_ERROR(made->AddPlan(*plan));
  *table = std::move(made);
  return {};
}

GpuTable::~GpuTable() {
  if (images_.texture16 != 0) gpu_->DestroyTexture(images_.texture16);
  if (images_.texture32 != 0) gpu_->DestroyTexture(images_.texture32);
}

}  // namespace axlut
