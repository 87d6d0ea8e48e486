// SPDX-License-Identifier: MIT
// The text that AxLUT adds to a design to make a simulator of it: Verilog around it, C++ below it.
#pragma once

#include <string>

#include "sim/rtl_interface.h"

namespace axlut {

// The module that wraps the design, and its ports. Verilator's messages may name them instead of
// the design's own, so they are names that can be recognised.
inline constexpr char kWrapperModule[] = "axlut_simulated_multiplier";
inline constexpr char kWrapperX[] = "axlut_x";
inline constexpr char kWrapperY[] = "axlut_y";
inline constexpr char kWrapperProduct[] = "axlut_product";

// The ports of a design that the wrapper connects. Which of x and y is the table's row is not known
// here: one simulator serves every table.
struct SimulatedPorts {
  RtlPort x;  // the input declared first
  RtlPort y;
  RtlPort product;
};

// Verilog text of the wrapper.
std::string WrapperText(const std::string& top, const SimulatedPorts& ports);

// Verilog text of the cells that EvoApproxLib's *_pdk45.v files instantiate and do not define.
std::string PdkCellsText();

// C++ text of the simulator's main file. It includes `model_sources`, the files that Verilator
// wrote, so that the whole model is one translation unit: the headers are most of the work.
std::string DriverText(const std::vector<std::string>& model_sources);

// C++ text that compiles Verilator's runtime library. It is the same for every design.
std::string RuntimeText();

// The driver's protocol. Arguments: "x" or "y" (which operand is outer), first and last + 1 of its
// bit patterns, the widths of x, y and p, the output file. The file then holds a DriverHeader and
// one little-endian uint32 product for each pair, the inner operand running fastest.
struct DriverHeader {
  char magic[8];  // kDriverMagic
  uint32_t width_x;
  uint32_t width_y;
  uint32_t width_product;
  uint32_t outer_is_y;
  uint64_t first;  // of the outer operand
  uint64_t count;  // products that follow
};
inline constexpr char kDriverMagic[9] = "AXLSIM01";

// Exit codes of the driver; its standard error then has one line of explanation.
inline constexpr int kDriverStateful = 10;  // "x y product product": memory or undriven nets
inline constexpr int kDriverFatal = 11;     // "x y message": Verilator's runtime gave up
inline constexpr int kDriverOutput = 12;    // the output file cannot be written

}  // namespace axlut
