// SPDX-License-Identifier: MIT
// Cells that netlists of EvoApproxLib instantiate without defining them: the PDKGEN cells of its
// _pdk45.v files, by their pins and functions in the FreePDK45 library of the OSU.
#pragma once

namespace axlut {

struct BuiltinCell {
  const char* name;
  const char* verilog;
};

inline constexpr BuiltinCell kBuiltinCells[] = {
    {"PDKGENHAX1",
     "module PDKGENHAX1 (input A, input B, output YS, output YC);"
     " assign YS = A ^ B; assign YC = A & B; endmodule"},
    {"PDKGENFAX1",
     "module PDKGENFAX1 (input A, input B, input C, output YS, output YC);"
     " assign YS = A ^ B ^ C; assign YC = (A & B) | (C & (A | B)); endmodule"},
    {"PDKGENBUFX2", "module PDKGENBUFX2 (input A, output Y); assign Y = A; endmodule"},
    {"PDKGENINVX1", "module PDKGENINVX1 (input A, output Y); assign Y = ~A; endmodule"},
    {"PDKGENAND2X1",
     "module PDKGENAND2X1 (input A, input B, output Y); assign Y = A & B; endmodule"},
    {"PDKGENNAND2X1",
     "module PDKGENNAND2X1 (input A, input B, output Y); assign Y = ~(A & B); endmodule"},
    {"PDKGENOR2X1", "module PDKGENOR2X1 (input A, input B, output Y); assign Y = A | B; endmodule"},
    {"PDKGENNOR2X1",
     "module PDKGENNOR2X1 (input A, input B, output Y); assign Y = ~(A | B); endmodule"},
    {"PDKGENXOR2X1",
     "module PDKGENXOR2X1 (input A, input B, output Y); assign Y = A ^ B; endmodule"},
    {"PDKGENXNOR2X1",
     "module PDKGENXNOR2X1 (input A, input B, output Y); assign Y = ~(A ^ B); endmodule"},
};

}  // namespace axlut
