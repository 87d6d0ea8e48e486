// SPDX-License-Identifier: MIT
// What every kind of residual costs, ns per product: the inner loop of direct_avx512vbmi alone (the
// constants of lookup_cost.cc are taken from it), then whole convolutions. One thread's CPU time,
// the least of many runs.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <vector>

#include "kernels/cpu/dispatch.h"
#include "kernels/cpu/isa.h"
#include "kernels/cpu/lookup/conv2d_lookup.h"
#include "kernels/cpu/run_conv2d.h"

namespace axlut {
namespace {

constexpr int64_t kDepth = 1152;
constexpr int64_t kRowCount = 16;

double ThreadSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Random entries up to `max`; every operand value is a class of its own, but for the index.
PlanResidual RandomResidual(int32_t index_classes, uint32_t max, std::mt19937* random) {
  PlanResidual residual;
  residual.count_a = index_classes;
  residual.count_b = 256;
  for (int code = 0; code < 256; ++code) {
    residual.class_a.push_back(static_cast<uint8_t>(code % index_classes));
    residual.class_b.push_back(static_cast<uint8_t>(code));
  }
  residual.entries.resize(static_cast<size_t>(index_classes) * 256);
  for (uint16_t& entry : residual.entries) entry = static_cast<uint16_t>((*random)() % (max + 1));
  residual.entries[0] = static_cast<uint16_t>(max);
  return residual;
}

double NsPerProduct(int32_t classes, uint32_t max, int64_t lanes, double seconds) {
  std::mt19937 random(1);
  const PlanResidual residual = RandomResidual(classes, max, &random);
  const PreparedLut lut(residual, 8, 8);
  const LookupRows& table = lut.BytePlanes(RowOperand::kB);
  AlignedArray<uint8_t> index(kDepth * lanes);
  AlignedArray<uint8_t> rows(kRowCount * kDepth);
  AlignedArray<uint32_t> sums(kRowCount * lanes);
  for (int64_t i = 0; i < kDepth * lanes; ++i) {
    index.data()[i] = static_cast<uint8_t>(random() % static_cast<uint32_t>(classes));
  }
  for (int64_t i = 0; i < kRowCount * kDepth; ++i) rows.data()[i] = static_cast<uint8_t>(random());
  LookupSum work;
  work.rows = rows.data();
  work.row_stride = kDepth;
  work.row_count = kRowCount;
  work.index = index.data();
  work.index_stride = lanes;
  work.depth = kDepth;
  work.lanes = lanes;
  work.sums = sums.data();
  work.sum_stride = lanes;
  double best = 1e9;
  for (const double start = ThreadSeconds(); ThreadSeconds() - start < seconds;) {
    const double begin = ThreadSeconds();
    kDirectAvx512VbmiLookup.sum(table, work);
    best = std::min(best, ThreadSeconds() - begin);
  }
  return best * 1e9 / static_cast<double>(kRowCount * kDepth * lanes);
}

void MeasureLoop(double seconds) {
  const uint32_t maxima[] = {63, 127, 255, 63 << 8 | 255, 127 << 8 | 255, 65535};
  for (int64_t lanes : {256, 192, 128, 64}) {
    std::printf("%3d lanes, max", static_cast<int>(lanes));
    for (uint32_t max : maxima) std::printf("%8u", max);
    std::printf("\n");
    for (int32_t classes : {64, 128, 256}) {
      std::printf("%3d classes   ", classes);
      for (uint32_t max : maxima) std::printf("%8.4f", NsPerProduct(classes, max, lanes, seconds));
      std::printf("\n");
    }
  }
}

// A whole convolution, SAME padding. Without a name by the kernel for AVX2; rows: null as chosen,
// else forced.
double NsPerMac(const char* name, const PlanResidual& residual, int64_t size, int64_t in_c,
                int64_t out_c, const RowOperand* rows, double seconds) {
  Conv2dShape s;
  s.in_h = s.in_w = s.out_h = s.out_w = size;
  s.in_c = in_c;
  s.out_c = out_c;
  s.kernel_h = s.kernel_w = 3;
  s.pad_top = s.pad_left = 1;
  std::mt19937 random(2);
  std::vector<uint8_t> input(static_cast<size_t>(s.InputCount()));
  std::vector<uint8_t> filter(static_cast<size_t>(s.FilterCount()));
  for (uint8_t& code : input) code = static_cast<uint8_t>(random());
  for (uint8_t& code : filter) code = static_cast<uint8_t>(random());
  Conv2dWeights weights;
  weights.filter = filter.data();
  weights.add_to_acc = true;
  const PreparedLut lut(residual, 8, 8);
  const Conv2dKernelEntry& entry =
      name == nullptr ? ChooseConv2dKernel(lut, s, KernelIsa::kAvx2) : *FindConv2dKernel(name);
  const auto kernel = entry.make(lut, s, weights);
  if (rows != nullptr) dynamic_cast<LookupConv2d&>(*kernel).ForceRows(*rows);
  AlignedArray<uint8_t> workspace(kernel->WorkspaceBytes());
  std::vector<int32_t> acc(static_cast<size_t>(s.OutputCount()));
  double best = 1e9;
  for (const double start = ThreadSeconds(); ThreadSeconds() - start < seconds;) {
    const double begin = ThreadSeconds();
    RunAllTiles(*kernel, {input.data(), 1, 0}, &workspace, acc.data());
    best = std::min(best, ThreadSeconds() - begin);
  }
  return best * 1e9 / static_cast<double>(s.Macs());
}

void MeasureConvolutions(double seconds) {
  struct Layer {
    int64_t size, in_c, out_c;
  };
  const Layer layers[] = {
      {56, 64, 64}, {28, 128, 128}, {14, 256, 256}, {7, 512, 512}, {32, 16, 16}};
  std::mt19937 random(3);
  std::printf("classes, max; columns: filter-stationary, activation-stationary, as chosen; AVX2\n");
  for (int32_t classes : {64, 128, 256}) {
    for (uint32_t max : {63u, 127u, 255u, 127u << 8 | 255, 65535u}) {
      std::printf("%3d %5u", classes, max);
      PlanResidual residual = RandomResidual(classes, max, &random);
      // The same classes on both sides, so that the orders differ in nothing else.
      residual.count_b = classes;
      for (uint8_t& value : residual.class_b) value = static_cast<uint8_t>(value % classes);
      residual.entries.resize(static_cast<size_t>(classes * classes));
      for (const Layer& layer : layers) {
        const auto measure = [&](const char* name, const RowOperand* rows) {
          return NsPerMac(name, residual, layer.size, layer.in_c, layer.out_c, rows, seconds);
        };
        const RowOperand a = RowOperand::kA;
        const RowOperand b = RowOperand::kB;
        std::printf(" |%6.4f %6.4f %6.4f; %6.4f", measure("direct_avx512vbmi", &b),
                    measure("direct_avx512vbmi", &a), measure("direct_avx512vbmi", nullptr),
                    measure(nullptr, nullptr));
        std::fflush(stdout);
      }
      std::printf("\n");
    }
  }
  std::printf("separable_avx2, max\n");
  for (uint32_t max : {63u, 127u, 255u, 16383u, 32512u}) {
    PlanResidual residual = RandomResidual(256, max, &random);
    for (size_t i = 0; i < residual.entries.size(); ++i) {
      const size_t a = i / 256;
      residual.entries[i] =
          static_cast<uint16_t>((a >> 4) * (max / 2) / 15 + (a & 15) * (max - max / 2) / 15);
    }
    std::printf("    %5u", max);
    for (const Layer& layer : layers) {
      std::printf(" | %6.4f", NsPerMac("separable_avx2", residual, layer.size, layer.in_c,
                                       layer.out_c, nullptr, seconds));
    }
    std::printf("\n");
  }
}

}  // namespace
}  // namespace axlut

int main(int argc, char** argv) {
  if (axlut::DetectedKernelIsa() < axlut::KernelIsa::kAvx512Vbmi) {
    std::printf("this CPU has no AVX-512 VBMI\n");
    return 2;
  }
  const double seconds = argc > 1 ? std::atof(argv[1]) : 0.1;
  axlut::MeasureLoop(seconds);
  axlut::MeasureConvolutions(seconds);
  return 0;
}
