// SPDX-License-Identifier: MIT
// How many products per second each variant of the kernels makes on a GPU, beside what choice.h
// expects of it: the least time of many runs of one matrix product with random codes. The table is
// the exact product, which all variants can run, tensor cores with one term.
//   lut_throughput [DEVICE [SIZE]]     default 0 4096, a product of SIZE x SIZE matrices
// Ends with 77 without a GPU.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "kernels/cuda/choice.h"
#include "kernels/cuda/gpu_matmul.h"
#include "kernels/cuda/gpu_rates.h"
#include "kernels/cuda/open_gpu.h"
#include "kernels/plan/quick_plan.h"

namespace axlut {
namespace {

constexpr int kRuns = 20;
constexpr int kExitSkipped = 77;

std::vector<uint8_t> RandomCodes(int64_t count) {
  std::mt19937 random(1);
  std::vector<uint8_t> codes(static_cast<size_t>(count));
  for (uint8_t& code : codes) code = static_cast<uint8_t>(random());
  return codes;
}

GpuStatus CreateExactTable(Gpu* gpu, std::unique_ptr<GpuTable>* table) {
  std::vector<int32_t> products;
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) products.push_back(a * b);
  }
  const LutView lut = {products.data(), 8, 8};
  return GpuTable::Create(gpu, lut, QuickPlans(lut, false, false), table);
}

// What is expected per clock and multiprocessor.
double ExpectedRate(const GpuRates& rates, GpuVariant variant) {
  switch (variant) {
    case GpuVariant::kTexture:
      return rates.texture;
    case GpuVariant::kL1:
      return rates.l1;
    case GpuVariant::kShared:
      return rates.shared;
    case GpuVariant::kTensor:
      return rates.tensor;
    case GpuVariant::kAuto:
      break;
  }
  return 0;
}

// Two events, destroyed on every path.
class Stopwatch {
 public:
  explicit Stopwatch(Gpu* gpu) : gpu_(gpu) {}
  ~Stopwatch() {
    gpu_->DestroyEvent(begin_);
    gpu_->DestroyEvent(end_);
  }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

  GpuStatus Start() {
    if (begin_ == nullptr) AXLUT_RETURN_IF_GPU_ERROR(gpu_->CreateEvent(&begin_));
    if (end_ == nullptr) AXLUT_RETURN_IF_GPU_ERROR(gpu_->CreateEvent(&end_));
    return gpu_->RecordEvent(begin_, nullptr);
  }
  GpuStatus Stop(float* milliseconds) {
    AXLUT_RETURN_IF_GPU_ERROR(gpu_->RecordEvent(end_, nullptr));
    AXLUT_RETURN_IF_GPU_ERROR(gpu_->Synchronize(nullptr));
    return gpu_->ElapsedMilliseconds(begin_, end_, milliseconds);
  }

 private:
  Gpu* gpu_;
  GpuEvent begin_ = nullptr;
  GpuEvent end_ = nullptr;
};

class Throughput {
 public:
  Throughput(Gpu* gpu, int64_t size) : gpu_(gpu) { shape_.m = shape_.k = shape_.n = size; }

  GpuStatus Run();

 private:
  GpuStatus Prepare();
  GpuStatus Measure(GpuVariant variant);

  Gpu* gpu_;
  MatmulShape shape_;
  std::unique_ptr<GpuTable> table_;
  GpuBuffer a_, b_, out_;
};

GpuStatus Throughput::Prepare() {
  AXLUT_RETURN_IF_GPU_ERROR(CreateExactTable(gpu_, &table_));
  const std::vector<uint8_t> codes = RandomCodes(shape_.ACount());
  AXLUT_RETURN_IF_GPU_ERROR(GpuBuffer::Create(gpu_, codes.size(), "A", &a_));
  AXLUT_RETURN_IF_GPU_ERROR(GpuBuffer::Create(gpu_, codes.size(), "B", &b_));
  AXLUT_RETURN_IF_GPU_ERROR(
      GpuBuffer::Create(gpu_, static_cast<size_t>(shape_.OutputCount()) * 4, "C", &out_));
  AXLUT_RETURN_IF_GPU_ERROR(gpu_->CopyToDevice(a_.data(), codes.data(), codes.size(), nullptr));
  AXLUT_RETURN_IF_GPU_ERROR(gpu_->CopyToDevice(b_.data(), codes.data(), codes.size(), nullptr));
  return gpu_->Synchronize(nullptr);
}

GpuStatus Throughput::Measure(GpuVariant variant) {
  GpuMatmul matmul;
  const GpuStatus created = GpuMatmul::Create(table_.get(), shape_, variant, &matmul);
  if (created.kind() == GpuErrorKind::kUnsupported) {
    std::printf("%-10s %s\n", Name(variant), created.message().c_str());
    return {};
  }
  AXLUT_RETURN_IF_GPU_ERROR(created);
  GpuCall call;
  call.a.data = a_.data();
  call.b.data = b_.data();
  call.out = out_.data();
  GpuBuffer workspace;
  AXLUT_RETURN_IF_GPU_ERROR(
      GpuBuffer::Create(gpu_, matmul.WorkspaceBytes(call), "workspace", &workspace));
  call.workspace = workspace.data();

  Stopwatch stopwatch(gpu_);
  float least = 1e30f;
  for (int run = 0; run < kRuns; ++run) {
    float milliseconds = 0;
    AXLUT_RETURN_IF_GPU_ERROR(stopwatch.Start());
    AXLUT_RETURN_IF_GPU_ERROR(matmul.Run(call));
    AXLUT_RETURN_IF_GPU_ERROR(stopwatch.Stop(&milliseconds));
    least = std::min(least, milliseconds);
  }
  const double per_second = static_cast<double>(shape_.Macs()) / (1e-3 * least);
  const GpuProperties& gpu = gpu_->properties();
  // At the highest clock, which a GPU under load need not keep.
  const double clocks = 1e3 * gpu.clock_khz * gpu.multiprocessors;
  const double per_clock = clocks > 0 ? per_second / clocks : 0;
  std::printf("%-10s %8.3f ms  %8.3f T/s  %8.2f per clock and SM, expected %.1f  (%s)\n",
              Name(variant), least, 1e-12 * per_second, per_clock,
              ExpectedRate(GpuRatesOf(gpu.capability), variant), matmul.name().c_str());
  return {};
}

GpuStatus Throughput::Run() {
  AXLUT_RETURN_IF_GPU_ERROR(Prepare());
  for (const GpuVariant variant :
       {GpuVariant::kTexture, GpuVariant::kL1, GpuVariant::kShared, GpuVariant::kTensor}) {
    AXLUT_RETURN_IF_GPU_ERROR(Measure(variant));
  }
  return {};
}

int Main(int device, int64_t size) {
  std::unique_ptr<Gpu> gpu;
  const GpuStatus opened = OpenCudaGpu(device, &gpu);
  if (!opened.ok()) {
    std::fprintf(stderr, "lut_throughput: %s\n", opened.message().c_str());
    return kExitSkipped;
  }
  const GpuProperties& properties = gpu->properties();
  std::printf("%s, sm_%d, %d SMs, %.0f MHz; products of %lld x %lld matrices\n",
              properties.name.c_str(), properties.capability, properties.multiprocessors,
              1e-3 * properties.clock_khz, static_cast<long long>(size),
              static_cast<long long>(size));
  const GpuStatus status = Throughput(gpu.get(), size).Run();
  if (!status.ok()) std::fprintf(stderr, "lut_throughput: %s\n", status.message().c_str());
  return status.ok() ? 0 : 1;
}

}  // namespace
}  // namespace axlut

int main(int argc, char** argv) {
  const int device = argc > 1 ? std::atoi(argv[1]) : 0;
  const int size = argc > 2 ? std::atoi(argv[2]) : 4096;
  if (argc > 3 || device < 0 || size < 1) {
    std::fprintf(stderr, "usage: lut_throughput [DEVICE [SIZE]]\n");
    return 2;
  }
  return axlut::Main(device, size);
}
