# SPDX-License-Identifier: MIT
"""Checks `lutgen tune` on a 4x4 unsigned table by its definition, without NumPy.

    check_tuned.py TABLE.bin TUNED.bin MAP.npy
"""

import array
import pathlib
import sys


def table(path):
    entries = array.array("H", pathlib.Path(path).read_bytes())
    return [entries[16 * a:16 * a + 16] for a in range(16)]


original, tuned = table(sys.argv[1]), table(sys.argv[2])
written = array.array("H", pathlib.Path(sys.argv[3]).read_bytes()[-32:])
for w in range(16):
    errors = [sum(abs(a * w - original[a][v]) for a in range(16)) for v in range(16)]
    best = w if errors[w] == min(errors) else errors.index(min(errors))
    assert written[w] == best, f"weight {w}: {written[w]} instead of {best}"
    assert [row[w] for row in tuned] == [row[best] for row in original], f"column of {w}"
print("tuned as defined")
