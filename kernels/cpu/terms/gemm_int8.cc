// SPDX-License-Identifier: MIT
#include "kernels/cpu/terms/gemm_int8.h"

#include <random>

#include "kernels/cpu/aligned_array.h"
#include "kernels/cpu/terms/gemm_int8_amx.h"
#include "kernels/cpu/terms/gemm_int8_avx2.h"
#include "kernels/cpu/terms/gemm_int8_avx512vnni.h"
#include "kernels/cpu/terms/gemm_int8_portable.h"

namespace axlut {

const std::vector<GemmMethod>& GemmMethods() {
  static const std::vector<GemmMethod> methods = {
#define AXLUT_GEMM(method) method,
#include "kernels/cpu/terms/gemms.inc"
#undef AXLUT_GEMM
  };
  return methods;
}

const GemmMethod& ChooseGemmMethod(KernelIsa isa) {
  static const bool has_amx =
      DetectedKernelIsa() >= KernelIsa::kAmx && PassesSelfTest(kGemmInt8Amx);
  for (const GemmMethod& method : GemmMethods()) {
    if (method.isa == KernelIsa::kAmx && !has_amx) continue;
    if (method.isa <= isa) return method;
  }
  return GemmMethods().back();
}

bool PassesSelfTest(const GemmMethod& method) {
  constexpr int64_t kPositions = 55;  // some tiles are whole
  constexpr int64_t kChannels = 45;
  constexpr int64_t kDepth = 192;
  constexpr int64_t kLanes = 64;
  std::mt19937 random(1);
  AlignedArray<uint8_t> codes(kPositions * kDepth);
  AlignedArray<uint8_t> weights(kDepth * kLanes);  // [unit][lane][4]
  for (int64_t i = 0; i < kPositions * kDepth; ++i)
    codes.data()[i] = static_cast<uint8_t>(random());
  for (int64_t i = 0; i < kDepth * kLanes; ++i) weights.data()[i] = static_cast<uint8_t>(random());
  std::vector<const uint8_t*> rows;
  for (int64_t p = 0; p < kPositions; ++p) {
    rows.push_back(codes.data() + (p == 20 ? 3 : p) * kDepth);  // one is out of line
  }
  const GemmTap taps[] = {{0, 32}, {128, 16}};
  std::vector<int32_t> out(kPositions * kChannels);
  GemmWork work;
  work.rows = rows.data();
  work.positions = kPositions;
  work.taps = taps;
  work.tap_count = 2;
  work.weights = weights.data();
  work.weight_stride = kLanes * 4;
  work.channels = kChannels;
  work.out = out.data();
  work.out_stride = kChannels;
  method.multiply(work);
  for (int64_t p = 0; p < kPositions; ++p) {
    for (int64_t o = 0; o < kChannels; ++o) {
      int32_t sum = 0;
      for (int64_t k = 0; k < kDepth; ++k) {
        const uint8_t weight = weights.data()[(k / 4 * kLanes + o) * 4 + k % 4];
        sum += rows[static_cast<size_t>(p)][k] * static_cast<int8_t>(weight);
      }
      if (out[static_cast<size_t>(p * kChannels + o)] != sum) return false;
    }
  }
  return true;
}

}  // namespace axlut
