#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the gate-level circuits of this folder and MANIFEST.csv.

The netlists are array multipliers that leave partial products out: row i adds a & b[i] to the sum
so far, with half and full adders, and `keep(i, j)` says whether a[j] & b[i] exists. The other
circuits, and all C models, are written by hand; the C models compute the product from its
definition, not gate by gate, so that the two forms check each other.
"""

import csv
import hashlib
import pathlib

FOLDER = pathlib.Path(__file__).parent

WHAT = {
    "mul4u_udm": "4x4 unsigned, 2x2 blocks with 3 * 3 = 7; helper modules before the top",
    "mul8s_low": "8x8 signed, behavioural; drops 2 bits of A and 1 of B (not commutative)",
    "mul8u_bam_h2v6": "8x8 unsigned broken array; flat assigns (not commutative); C with B first",
    "mul8u_exact": "8x8 unsigned, behavioural, exact; C with B first",
    "mul8u_hier_or": "8x8 unsigned, OR instead of adders in 6 columns; helper modules after the top",
    "mul8u_mitchell": "8x8 unsigned, Mitchell's logarithmic multiplier; behavioural with a function",
    "mul8u_pdk": "8x8 unsigned broken array of PDKGEN cells that the file does not define",
    "mul8u_trunc4": "8x8 unsigned without the partial products of columns 0..3; flat assigns",
    "mul8u_trunc8": "8x8 unsigned without the partial products of columns 0..7; flat assigns",
    "mul8x4u_trunc3": "8x4 unsigned without columns 0..2; flat assigns, output Z",
}


class AssignStyle:
    """Cells as assigns on scalar wires: what EvoApproxLib's plain .v files look like."""

    def __init__(self):
        self.lines = []
        self.count = 0

    def wire(self, expression):
        name = f"sig_{self.count}"
        self.count += 1
        self.lines += [f"  wire {name};", f"  assign {name} = {expression};"]
        return name

    def partial_product(self, a, b):
        return self.wire(f"{a} & {b}")

    def half_adder(self, x, y):
        return self.wire(f"{x} ^ {y}"), self.wire(f"{x} & {y}")

    def full_adder(self, x, y, z):
        half = self.wire(f"{x} ^ {y}")
        carry = self.wire(f"({x} & {y}) | ({half} & {z})")
        return self.wire(f"{half} ^ {z}"), carry

    def product_bit(self, index, value):
        self.lines.append(f"  assign {self.output}[{index}] = {value};")


class InstanceStyle(AssignStyle):
    """Cells as instances, named as in EvoApproxLib's _pdk45.v files, or our own modules."""

    def __init__(self, half, full, and_):
        super().__init__()
        self.cells = half, full, and_

    def net(self):
        self.count += 1
        self.lines.append(f"  wire n{self.count};")
        return f"n{self.count}"

    def instance(self, cell, **pins):
        text = ", ".join(f".{pin}({net})" for pin, net in pins.items())
        self.lines.append(f"  {cell} u{len(self.lines)} ({text});")

    def partial_product(self, a, b):
        out = self.net()
        self.instance(self.cells[2], A=a, B=b, Y=out)
        return out

    def half_adder(self, x, y):
        total, carry = self.net(), self.net()
        self.instance(self.cells[0], A=x, B=y, YS=total, YC=carry)
        return total, carry

    def full_adder(self, x, y, z):
        total, carry = self.net(), self.net()
        self.instance(self.cells[1], A=x, B=y, C=z, YS=total, YC=carry)
        return total, carry


def add(style, bits):
    """Adds one to three bits, of which any can be None (absent). Returns sum and carry."""
    bits = [bit for bit in bits if bit is not None]
    if len(bits) == 3:
        return style.full_adder(*bits)
    if len(bits) == 2:
        return style.half_adder(*bits)
    return (bits[0] if bits else None), None


def array_body(style, width_a, width_b, keep):
    total = [None] * (width_a + width_b)
    for i in range(width_b):
        carry = None
        for j in range(width_a):
            term = style.partial_product(f"A[{j}]", f"B[{i}]") if keep(i, j) else None
            total[i + j], carry = add(style, [total[i + j], term, carry])
        total[i + width_a] = carry
    for index, bit in enumerate(total):
        style.product_bit(index, bit if bit is not None else "1'b0")
    return "\n".join(style.lines)


def module(name, style, width_a, width_b, keep, output="O", ansi=False, tail=""):
    style.output = output
    a, b, o = f"[{width_a - 1}:0]", f"[{width_b - 1}:0]", f"[{width_a}+{width_b}-1:0]"
    if ansi:
        head = f"module {name} (\n  input {a} A,\n  input {b} B,\n  output {o} {output}\n);\n"
    else:
        head = (f"module {name} (A, B, {output});\n  input {a} A;\n  input {b} B;\n"
                f"  output {o} {output};\n")
    body = array_body(style, width_a, width_b, keep)
    text = (f"// SPDX-License-Identifier: MIT\n// {WHAT[name]}.\n// Written by make_circuits.py.\n"
            f"{head}{body}\nendmodule\n{tail}")
    file = f"{name}_pdk45.v" if name == "mul8u_pdk" else f"{name}.v"
    (FOLDER / file).write_text(text)


HELPERS = """
// The low columns have no carries: OR instead of XOR, and nothing is passed on.
module half_adder (input A, input B, output YS, output YC);
  assign YS = A ^ B;
  assign YC = A & B;
endmodule

module full_adder (input A, input B, input C, output YS, output YC);
  wire half_sum, half_carry, second_carry;
  half_adder first (A, B, half_sum, half_carry);
  half_adder second (.A(half_sum), .B(C), .YS(YS), .YC(second_carry));
  or merge (YC, half_carry, second_carry);
endmodule

module or_adder (input A, input B, output YS);
  or merge (YS, A, B);
endmodule

module and_gate (input A, input B, output Y);
  and gate (Y, A, B);
endmodule
"""


class OrStyle(InstanceStyle):
    """Below `columns`, sums are ORs without a carry."""

    def __init__(self, columns):
        super().__init__("half_adder", "full_adder", "and_gate")
        self.columns = columns
        self.column = 0

    def partial_product(self, a, b):
        self.column = int(a[2:-1]) + int(b[2:-1])
        return super().partial_product(a, b)

    def half_adder(self, x, y):
        if self.column >= self.columns:
            return super().half_adder(x, y)
        total = self.net()
        self.instance("or_adder", A=x, B=y, YS=total)
        return total, None


def main():
    module("mul8u_trunc4", AssignStyle(), 8, 8, lambda i, j: i + j >= 4)
    module("mul8u_trunc8", AssignStyle(), 8, 8, lambda i, j: i + j >= 8, ansi=True)
    module("mul8u_bam_h2v6", AssignStyle(), 8, 8, lambda i, j: i >= 2 and i + j >= 6)
    module("mul8x4u_trunc3", AssignStyle(), 8, 4, lambda i, j: i + j >= 3, output="Z")
    pdk = InstanceStyle("PDKGENHAX1", "PDKGENFAX1", "PDKGENAND2X1")
    module("mul8u_pdk", pdk, 8, 8, lambda i, j: i >= 1 and i + j >= 4)
    module("mul8u_hier_or", OrStyle(6), 8, 8, lambda i, j: True, tail=HELPERS)

    with open(FOLDER / "MANIFEST.csv", "w", newline="") as out:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(["file", "what", "source", "licence", "sha256"])
        for path in sorted(FOLDER.glob("mul*.[vc]")):
            by_script = "Written by make_circuits.py" in path.read_text()
            rows.writerow([
                path.name, WHAT[path.stem.removesuffix("_pdk45")],
                "AxLUT, make_circuits.py" if by_script else "AxLUT, by hand", "MIT",
                hashlib.sha256(path.read_bytes()).hexdigest()
            ])


if __name__ == "__main__":
    main()
