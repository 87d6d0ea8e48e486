// SPDX-License-Identifier: MIT
// 4x4 unsigned multiplier of four 2x2 blocks that say 3 * 3 = 7, which saves their fourth bit.
module block2x2 (input [1:0] x, input [1:0] y, output [2:0] p);
  assign p[0] = x[0] & y[0];
  assign p[1] = (x[0] & y[1]) | (x[1] & y[0]);
  assign p[2] = x[1] & y[1];
endmodule

module add_shifted #(parameter WIDTH = 8, parameter SHIFT = 0) (
  input  [WIDTH-1:0] sum_in,
  input  [2:0]       term,
  output [WIDTH-1:0] sum_out
);
  assign sum_out = sum_in + (term << SHIFT);
endmodule

module mul4u_udm (input [3:0] a, input [3:0] b, output [7:0] product);
  wire [2:0] ll, lh, hl, hh;
  wire [7:0] low, middle;
  block2x2 m0 (a[1:0], b[1:0], ll);
  block2x2 m1 (a[1:0], b[3:2], lh);
  block2x2 m2 (a[3:2], b[1:0], hl);
  block2x2 m3 (a[3:2], b[3:2], hh);
  add_shifted #(.SHIFT(2)) s0 (.sum_in({5'b0, ll}), .term(lh), .sum_out(low));
  add_shifted #(.SHIFT(2)) s1 (.sum_in(low), .term(hl), .sum_out(middle));
  add_shifted #(.SHIFT(4)) s2 (.sum_in(middle), .term(hh), .sum_out(product));
endmodule
