// SPDX-License-Identifier: MIT
// 8x8 signed multiplier that ignores the two low bits of A and the low bit of B.
module mul8s_low (A, B, O);
  input signed [7:0] A;
  input signed [7:0] B;
  output signed [2*8-1:0] O;
  wire signed [5:0] high_a = A >>> 2;
  wire signed [6:0] high_b = B >>> 1;
  wire signed [12:0] product = high_a * high_b;
  assign O = {product, 3'b000};
endmodule
