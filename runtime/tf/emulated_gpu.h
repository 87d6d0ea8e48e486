// SPDX-License-Identifier: MIT
// The emulated GPU that tests of the op run on, and what tests do to it.
#pragma once

#include "kernels/cuda/gpu.h"
#include "runtime/tf/gpu_tables.h"

namespace axlut {

// Both of the GPU that is open; opened by the first call, and by the first after a close.
GpuTables* EmulatedTables();
GpuStream EmulatedStream();

}  // namespace axlut

// For ctypes. Texts live until the next call of the same function. No op may be running.
#define AXLUT_EXPORTED extern "C" __attribute__((visibility("default")))

// What was created on the device and is still there, the op's stream included.
AXLUT_EXPORTED const char* axlut_emulated_live();
// The calls since this was last asked, a line each: "launch kNudgeRanges", "synchronize". Those
// that are on another stream than the op's, or on none, end in " elsewhere".
AXLUT_EXPORTED const char* axlut_emulated_calls();
// The n-th call from now on (1: the next) fails: for lack of memory, or else as a failed launch
// does. 0: none.
AXLUT_EXPORTED void axlut_emulated_fail(int n, int for_lack_of_memory);
// Whether that has come to pass.
AXLUT_EXPORTED int axlut_emulated_has_failed();
// Frees the tables and closes the device. Aborts if something is left on it.
AXLUT_EXPORTED void axlut_emulated_close();
