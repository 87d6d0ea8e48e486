// SPDX-License-Identifier: MIT
// The inner loop of direct_avx512vbmi alone, ns per product, for every kind of residual: what the
// constants of lookup_cost.cc are taken from. One thread's CPU time, the least of many runs.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <vector>

#include "kernels/cpu/direct_avx512vbmi.h"
#include "kernels/cpu/isa.h"

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

void Main(double seconds) {
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

}  // namespace
}  // namespace axlut

int main(int argc, char** argv) {
  if (axlut::DetectedKernelIsa() < axlut::KernelIsa::kAvx512Vbmi) {
    std::printf("this CPU has no AVX-512 VBMI\n");
    return 2;
  }
  axlut::Main(argc > 1 ? std::atof(argv[1]) : 0.1);
  return 0;
}
