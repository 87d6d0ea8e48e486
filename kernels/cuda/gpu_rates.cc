// SPDX-License-Identifier: MIT
#include "kernels/cuda/gpu_rates.h"

namespace axlut {
namespace {

// texture: 4 units per multiprocessor. l1: one row is 4 lines, so the banks decide; where lanes
// read different rows the tag stage does, with 4 lines per clock. 7.5 has 64 KiB of L1, half a
// table. shared: 32 banks, 3 lanes in the worst of them. tensor: half of what is left of the data
// sheets' dense int8 rates (1024 on T4 and the 8.6 and 8.9 parts, 2048 on A100, 4096 on H100) by
// shared memory, from which a warp reads 64 bytes for 1024 products, of 128 bytes per clock.
constexpr GpuRates kRates[] = {
    {75, 4, 4, 2, 10.7, 512},  {80, 4, 11, 4, 10.7, 1024}, {86, 4, 11, 4, 10.7, 512},
    {87, 4, 11, 4, 10.7, 512}, {89, 4, 11, 4, 10.7, 512},  {90, 4, 11, 4, 10.7, 1024},
};

}  // namespace

const GpuRates& GpuRatesOf(int capability) {
  const GpuRates* newest = &kRates[0];
  for (const GpuRates& rates : kRates) {
    if (rates.capability <= capability) newest = &rates;
  }
  return *newest;
}

}  // namespace axlut
