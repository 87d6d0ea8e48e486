// SPDX-License-Identifier: MIT
// Times the linear part of planned convolutions, one thread's CPU time, the least of many runs:
//   kernels_term_conv2d_bench [method]
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "kernels/cpu/terms/term_conv2d.h"

namespace axlut {
namespace {

constexpr int64_t kMacsPerMeasurement = 400'000'000;
constexpr int kMeasurements = 40;

struct NamedShape {
  const char* name;
  Conv2dShape shape;
};

NamedShape Square(const char* name, int64_t size, int64_t in_c, int64_t kernel, int64_t out_c) {
  Conv2dShape s;
  s.in_h = s.in_w = s.out_h = s.out_w = size;
  s.in_c = in_c;
  s.out_c = out_c;
  s.kernel_h = s.kernel_w = kernel;
  s.pad_top = s.pad_left = kernel / 2;
  return {name, s};
}

NamedShape Dense(const char* name, int64_t batch, int64_t in_c, int64_t out_c) {
  Conv2dShape s;
  s.batch = batch;
  s.in_c = in_c;
  s.out_c = out_c;
  return {name, s};
}

// T[a][b] = a * b for unsigned codes, which needs no mapping, or random terms.
KernelPlan MakePlan(int terms, bool mapped) {
  std::mt19937 random(7);
  KernelPlan plan;
  plan.offset_b.assign(256, 0);
  for (int32_t a = 0; a < 256; ++a) plan.offset_a.push_back(128 * a);
  for (int t = 0; t < terms; ++t) {
    PlanTerm term;
    for (int a = 0; a < 256; ++a) {
      term.u.push_back(static_cast<uint8_t>(mapped ? random() : static_cast<unsigned>(a)));
      term.v.push_back(static_cast<int8_t>(mapped ? static_cast<int>(random()) : a - 128));
    }
    plan.terms.push_back(term);
  }
  return plan;
}

double ThreadSeconds() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

double NanosecondsPerMac(const KernelPlan& plan, const GemmMethod& method, const Conv2dShape& s) {
  std::mt19937 random(8);
  std::vector<uint8_t> input(static_cast<size_t>(s.InputCount()));
  std::vector<uint8_t> filter(static_cast<size_t>(s.FilterCount()));
  for (uint8_t& code : input) code = static_cast<uint8_t>(random());
  for (uint8_t& code : filter) code = static_cast<uint8_t>(random());
  std::vector<int32_t> acc(static_cast<size_t>(s.OutputCount()));
  Conv2dWeights weights;
  weights.filter = filter.data();
  const TermConv2d stage(plan, method, s, weights);
  AlignedArray<uint8_t> workspace(stage.WorkspaceBytes());
  const Conv2dTile all = {0, s.batch * s.out_h * s.out_w, 0, s.out_c};
  // The clock of a virtual machine cannot be trusted over microseconds: many runs per measurement.
  const auto runs = std::max<int64_t>(1, kMacsPerMeasurement / s.Macs());
  double best = 1e9;
  for (int i = 0; i < kMeasurements; ++i) {
    const double start = ThreadSeconds();
    for (int64_t run = 0; run < runs; ++run) {
      stage.Run({input.data(), s.batch, 3}, all, workspace.data(), acc.data());
    }
    best = std::min(best, (ThreadSeconds() - start) / static_cast<double>(runs));
  }
  return best * 1e9 / static_cast<double>(s.Macs());
}

int Main(int argc, char** argv) {
  const NamedShape shapes[] = {
      Square("56x56x64 3x3 64", 56, 64, 3, 64),     Square("28x28x128 3x3 128", 28, 128, 3, 128),
      Square("14x14x256 3x3 256", 14, 256, 3, 256), Square("28x28x256 1x1 512", 28, 256, 1, 512),
      Square("32x32x16 3x3 16", 32, 16, 3, 16),     Square("32x32x3 3x3 16", 32, 3, 3, 16),
      Dense("dense 1024x1024", 1, 1024, 1024),      Dense("dense 1024x1024 n32", 32, 1024, 1024)};
  for (const GemmMethod& method : GemmMethods()) {
    if (method.isa > DetectedKernelIsa()) continue;
    if (argc > 1 && std::string(argv[1]) != method.name) continue;
    std::printf("%s, ns/MAC%*s exact  1 term 3 terms\n", method.name, 14, "");
    for (const NamedShape& named : shapes) {
      std::printf("%-26s", named.name);
      for (const KernelPlan& plan : {MakePlan(1, false), MakePlan(1, true), MakePlan(3, true)}) {
        std::printf(" %7.4f", NanosecondsPerMac(plan, method, named.shape));
      }
      std::printf("\n");
    }
  }
  return 0;
}

}  // namespace
}  // namespace axlut

int main(int argc, char** argv) { return axlut::Main(argc, argv); }
