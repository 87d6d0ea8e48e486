#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_includes.py finds every sort of violation, with file and line, and nothing else."""

import pathlib
import tempfile

import check_includes

CASES = {
    "kernels/a.h": ('#include "runtime/base/result.h"', "kernels must not include runtime/base"),
    "runtime/table/t.cc": ('#include "frontend/port_map.h"', "runtime/table must not include frontend"),
    "frontend/f.cc": ('#include "kernel/yosys.h"', "only frontend/yosys may include kernel/yosys.h"),
    "lutgen/l.cc": ('#include "bit_parallel.h"', "write the full path from the root"),
    "sim/s.cc": ("#include <tensorflow/core/framework/op.h>", "only runtime/tf may include"),
    "runtime/nn/d.cc": ("#include <oneapi/dnnl/dnnl.hpp>", "only runtime/bench may include"),
    "runtime/nn/n.cc": ('#include "kernels/conv2d.h"', None),
    "runtime/tf/op.cc": ('#include "runtime/nn/lut_conv2d.h"', None),
}


def main():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, (line, _) in CASES.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text("// first line\n" + line + "\n", encoding="utf-8")
        found = list(check_includes.violations(root))
    for name, (_, message) in CASES.items():
        of_file = [text for text in found if text.startswith(name + ":2: ")]
        if message is None:
            assert not of_file, of_file
        else:
            assert len(of_file) == 1 and message in of_file[0], (name, found)


if __name__ == "__main__":
    main()
