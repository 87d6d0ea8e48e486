# SPDX-License-Identifier: MIT
# %% [markdown]
# # Bring your own circuit
# From a multiplier in Verilog to the accuracy of a network that computes with it, in ten lines:
# read by Yosys, evaluated for every operand pair, proved equal to its RTL by Verilator.

# %%
import pathlib
import subprocess
import tempfile

import digits

import axlut

folder = pathlib.Path(tempfile.mkdtemp())

# %% [markdown]
# The circuit: the lower half of operand B is multiplied without its carries. Any Verilog with two
# inputs and a product will do: behavioural, or a netlist of gates.

# %%
VERILOG = """
module my_multiplier(input [7:0] A, input [7:0] B, output [15:0] O);
  wire [15:0] low = (B[0] ? A : 0) | (B[1] ? A << 1 : 0) | (B[2] ? A << 2 : 0) | (B[3] ? A << 3 : 0);
  assign O = ((A * B[7:4]) << 4) + low;
endmodule
"""

# %% Ten lines
verilog = folder / "my_multiplier.v"
table = folder / "my_multiplier.axt"
verilog.write_text(VERILOG)
subprocess.run(["lutgen", "build", "-q", verilog, "-o", table], check=True)
subprocess.run(["lutsim", "verify", "-q", table, verilog], check=True)
images, labels = digits.images_and_labels()
network = digits.network()
model = axlut.approximate(network, table, quantize="fixed")
axlut.calibrate(model, images[:100])
accuracy = model.evaluate(images[100:], labels[100:], verbose=0)[1]

# %% [markdown]
# What the network sees of it: the table as a NumPy array, its rows by A, its columns by B.

# %%
products = axlut.tables.load(table).products
original = network.evaluate(images[100:], labels[100:], verbose=0)[1]
print(f"3 * 3 = {products[3, 3]}, 7 * 7 = {products[7, 7]}, 200 * 99 = {products[200, 99]}")
print(f"accuracy: {original:.1%} in float, {accuracy:.1%} with this multiplier")
