#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_cuda_budget.py reads ptxas' words and finds each way to be over budget."""

import pathlib
import tempfile
import unittest

from check_cuda_budget import Entry, Use, check, parse_ptxas_log, read_budget, write_budget

# Words of ptxas 13.0; the second kernel spills and calls a function that does.
LOG = """\
ptxas info    : 0 bytes gmem
ptxas info    : Compiling entry function '_Z4goodv' for 'sm_75'
ptxas info    : Function properties for _Z4goodv
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 56 registers, used 1 barriers, 376 bytes cmem[0]
ptxas info    : Compile time = 2.862 ms
ptxas info    : Compiling entry function '_Z3badv' for 'sm_90a'
ptxas info    : Function properties for _Z3badv
    16 bytes stack frame, 8 bytes spill stores, 12 bytes spill loads
ptxas info    : Function properties for _Z6calledv
    8 bytes stack frame, 4 bytes spill stores, 4 bytes spill loads
ptxas info    : Used 255 registers, used 2 barriers, 24 bytes cumulative stack size, 4096 bytes smem
"""


def complaints(entry=None, use=None, budget=Use(256, 1024, 56, 4, 100), slack=0):
    """What check() says of one kernel k on sm_75 that is within its budget but for the arguments."""
    key = ("k", 75)
    entry = entry or Entry("k", 75, registers=56)
    use = use or Use(256, 1024, entry.registers, 4, 100)
    return list(check({key: entry}, {key: use}, {key: budget} if budget else {}, slack))


class CheckCudaBudgetTest(unittest.TestCase):
    def test_reads_what_ptxas_says(self):
        self.assertEqual(parse_ptxas_log(LOG), [
            Entry("_Z4goodv", 75, registers=56, barriers=1),
            Entry("_Z3badv", 90, stack_bytes=24, spill_bytes=28, registers=255, barriers=2,
                  static_shared_bytes=4096)])

    def test_within_the_budget_is_no_complaint(self):
        self.assertEqual(complaints(), [])
        self.assertEqual(complaints(use=Use(256, 1024, 40, 5, 100)), [])

    def test_finds_spills_in_any_log(self):
        self.assertEqual(complaints(Entry("k", 75, stack_bytes=16, spill_bytes=20, registers=56)),
                         ["k on sm_75 spills registers: 20 bytes of stores and loads"])

    def test_finds_local_arrays_and_static_shared_memory(self):
        self.assertEqual(complaints(Entry("k", 75, stack_bytes=32, registers=56)),
                         ["k on sm_75 keeps 32 bytes of local memory per thread"])
        self.assertEqual(complaints(Entry("k", 75, registers=56, static_shared_bytes=64)),
                         ["k on sm_75 has 64 bytes of static shared memory; kernels use"
                          " DynamicShared only"])

    def test_finds_more_registers_than_the_table(self):
        over = Entry("k", 75, registers=57)
        self.assertEqual(complaints(over),
                         ["k on sm_75 uses 57 registers per thread; the budget is 56"])
        self.assertEqual(complaints(over, slack=8), [])  # another release of nvcc
        self.assertEqual(len(complaints(Entry("k", 75, registers=65), slack=8)), 1)

    def test_finds_a_lower_occupancy(self):
        self.assertEqual(complaints(use=Use(256, 1024, 56, 3, 75)),
                         ["k on sm_75 has 3 blocks per SM; the budget wants 4"])

    def test_finds_launches_that_no_device_takes(self):
        self.assertEqual(complaints(use=Use(256, 132096, 56, 0, 0),
                                    budget=Use(256, 132096, 56, 0, 0)),
                         ["k on sm_75 cannot be launched: not one block fits an SM"])

    def test_every_kernel_has_a_budget_and_every_budget_a_kernel(self):
        self.assertEqual(complaints(budget=None),
                         ["k on sm_75 has no budget; run with --update and look at it"])
        gone = {("gone", 75): Use(0, 0, 8, 0, 0), ("gone", 60): Use(0, 0, 8, 0, 0),
                ("k", 75): Use(0, 0, 8, 0, 0)}
        entries = {("k", 75): Entry("k", 75, registers=8)}
        # sm_60 was not compiled: nothing to say of it.
        self.assertEqual(list(check(entries, {("k", 75): Use(0, 0, 8, 0, 0)}, gone, 0)),
                         ["gone on sm_75 has a budget, but there is no such kernel"])

    def test_reads_the_table_that_it_writes(self):
        uses = {("k", 75): Use(256, 1024, 56, 4, 100), ("k", 100): Use(0, 0, 33, 0, 0)}
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "budget.csv"
            write_budget(path, uses, "13.0.88")
            uses["k", 100].registers = 40  # whole units of allocation
            self.assertEqual(read_budget(path), (uses, "13.0.88"))
            self.assertIn("k,100,,,40,,\n", path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    unittest.main()
