// SPDX-License-Identifier: MIT
// The exact 8x8 unsigned multiplier, behavioural.
module mul8u_exact (
  input  [7:0]  A,
  input  [7:0]  B,
  output [15:0] O
);
  assign O = A * B;
endmodule
