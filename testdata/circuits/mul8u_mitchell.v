// SPDX-License-Identifier: MIT
// Mitchell's logarithmic multiplier: log2(x) of x = 2^k (1 + f) is taken for k + f.
module mul8u_mitchell (input [7:0] A, input [7:0] B, output reg [15:0] O);
  // k in bits 9:7, f in bits 6:0.
  function [9:0] logarithm;
    input [7:0] x;
    integer k;
    begin
      logarithm = 10'd0;
      for (k = 1; k < 8; k = k + 1)
        if (x[k]) logarithm = {k[2:0], 7'b0} | ((x << (7 - k)) & 10'h07F);
    end
  endfunction

  wire [10:0] sum = logarithm(A) + logarithm(B);
  wire [15:0] mantissa = {8'b0, 1'b1, sum[6:0]};

  always @* begin
    if (A == 8'd0 || B == 8'd0) O = 16'd0;
    else if (sum[10:7] >= 4'd7) O = mantissa << (sum[10:7] - 4'd7);
    else O = mantissa >> (4'd7 - sum[10:7]);
  end
endmodule
