// SPDX-License-Identifier: MIT
// What the units of a GPU are expected to do per clock: the table that every choice of a kernel or
// a plan is made from.
#pragma once

namespace axlut {

// Products per clock and multiprocessor. From vendors' figures for the units and from bank
// conflicts counted by simulation (docs/gpu-kernels.md, "The roofline"); no device was measured.
struct GpuRates {
  int capability = 75;  // holds for this and for every later one below the next line
  double texture = 0;   // point fetches of the texture units
  double l1 = 0;        // __ldg, all lanes of a warp in one table row
  double l1_rows = 0;   // __ldg, lanes in different rows
  double shared = 0;    // 16-bit entries in shared memory with padded rows
  double tensor = 0;    // one term of a plan, int8 matrix product
};

// Of the newest known architecture that is not newer than `capability` (10 * major + minor).
const GpuRates& GpuRatesOf(int capability);

}  // namespace axlut
