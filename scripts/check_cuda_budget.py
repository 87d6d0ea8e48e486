#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks what GPU kernels use against a table in the repository (kernels/cuda/device/budget.csv).

  check_cuda_budget.py --resources PROGRAM --nvcc-version V --budget CSV LOG ...
                       [--update] [--launches CSV]

LOG: what ptxas -v said (build/kernels/cuda/device/*.ptxas.log). PROGRAM: cuda_kernel_resources,
which knows the kernels' names and computes occupancies with NVIDIA's header. No kernel may spill,
keep local arrays in memory, or have static shared memory; registers and occupancy must be within
the table's. --update writes the table from what was measured, registers rounded up; --launches:
with the threads and the shared memory of that table (written by gpu_sweep_test) instead of its own.

Prints what is wrong and exits 1; exits 0 when all is within.
"""

import argparse
import csv
import dataclasses
import pathlib
import re
import subprocess
import sys

COLUMNS = ["kernel", "architecture", "threads", "shared_bytes", "registers", "blocks_per_sm",
           "occupancy_percent"]
# SMs allocate registers in units of so many per thread: less than that costs nothing.
REGISTER_UNIT = 8
# Another release of ptxas may take one unit more.
OTHER_RELEASE_REGISTERS = REGISTER_UNIT


@dataclasses.dataclass
class Entry:
    """One kernel for one architecture, as ptxas describes it."""
    symbol: str
    architecture: int
    stack_bytes: int = 0
    spill_bytes: int = 0
    registers: int = 0
    barriers: int = 0
    static_shared_bytes: int = 0


@dataclasses.dataclass
class Use:
    """The same with what a launch asks for and what an SM makes of it. threads 0: never launched on
    this architecture."""
    threads: int
    shared_bytes: int
    registers: int
    blocks_per_sm: int
    occupancy_percent: int


def parse_ptxas_log(text):
    """The entries of one log, in its order."""
    entries = []
    for line in text.splitlines():
        match = re.search(r"Compiling entry function '(\S+)' for 'sm_(\d+)\w?'", line)
        if match:
            entries.append(Entry(match[1], int(match[2])))
            continue
        if not entries:
            continue
        entry = entries[-1]
        # Of the kernel, and of each function that it calls.
        match = re.search(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads",
                          line)
        if match:
            entry.stack_bytes += int(match[1])
            entry.spill_bytes += int(match[2]) + int(match[3])
        match = re.search(r"Used (\d+) registers", line)
        if match:
            entry.registers = int(match[1])
            barriers = re.search(r"used (\d+) barriers", line)
            entry.barriers = int(barriers[1]) if barriers else 0
            shared = re.search(r"(\d+) bytes smem", line)
            entry.static_shared_bytes = int(shared[1]) if shared else 0
    return entries


def read_budget(path):
    """{(kernel, architecture): Use} and the release of nvcc that it was measured with."""
    lines = pathlib.Path(path).read_text(encoding="utf-8").splitlines()
    release = ""
    for line in lines:
        match = re.match(r"# nvcc (\S+)", line)
        release = match[1] if match else release
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    budget = {}
    for row in rows:
        numbers = [int(row[column] or 0) for column in COLUMNS[2:]]
        budget[row["kernel"], int(row["architecture"])] = Use(*numbers)
    return budget, release


def write_budget(path, uses, release):
    with open(path, "w", encoding="utf-8") as file:
        file.write("# Written by scripts/check_cuda_budget.py --update; docs/gpu.md explains it.\n"
                   f"# nvcc {release}\n")
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for (kernel, architecture), use in sorted(uses.items()):
            registers = -(-use.registers // REGISTER_UNIT) * REGISTER_UNIT
            row = [use.threads, use.shared_bytes, registers, use.blocks_per_sm,
                   use.occupancy_percent]
            if use.threads == 0:
                row = ["", "", registers, "", ""]
            writer.writerow([kernel, architecture, *row])


def wrong_in_itself(kernel, entry):
    """What no table may allow."""
    where = f"{kernel} on sm_{entry.architecture}"
    if entry.spill_bytes:
        yield f"{where} spills registers: {entry.spill_bytes} bytes of stores and loads"
    elif entry.stack_bytes:
        yield f"{where} keeps {entry.stack_bytes} bytes of local memory per thread"
    if entry.static_shared_bytes:
        yield (f"{where} has {entry.static_shared_bytes} bytes of static shared memory; kernels use"
               " DynamicShared only")


def over_budget(kernel, architecture, use, budget, slack):
    """What is worse than the table says."""
    where = f"{kernel} on sm_{architecture}"
    if use.registers > budget.registers + slack:
        yield f"{where} uses {use.registers} registers per thread; the budget is {budget.registers}"
    if budget.threads and not slack and use.blocks_per_sm < budget.blocks_per_sm:
        yield (f"{where} has {use.blocks_per_sm} blocks per SM; the budget wants"
               f" {budget.blocks_per_sm}")


def check(entries, uses, budget, slack):
    """All that is wrong. entries: {(kernel, architecture): Entry}, uses and budget likewise."""
    for (kernel, architecture), entry in sorted(entries.items()):
        yield from wrong_in_itself(kernel, entry)
        if uses[kernel, architecture].threads and not uses[kernel, architecture].blocks_per_sm:
            yield f"{kernel} on sm_{architecture} cannot be launched: not one block fits an SM"
        if (kernel, architecture) in budget:
            yield from over_budget(kernel, architecture, uses[kernel, architecture],
                                   budget[kernel, architecture], slack)
        else:
            yield f"{kernel} on sm_{architecture} has no budget; run with --update and look at it"
    compiled = {architecture for _, architecture in entries}
    for kernel, architecture in sorted(budget):
        if architecture in compiled and (kernel, architecture) not in entries:
            yield f"{kernel} on sm_{architecture} has a budget, but there is no such kernel"


class Resources:
    """The program cuda_kernel_resources."""

    def __init__(self, program):
        self.program = program

    def run(self, command, text=""):
        return subprocess.run([self.program, command], input=text, capture_output=True, text=True,
                              check=True).stdout.splitlines()

    def kernels_by_symbol(self):
        """{kernel as demangle() names it: its id}."""
        rows = [line.split() for line in self.run("names")]
        # axlut::KernelOf<axlut::Params, &(void axlut::on_device::F<...>(axlut::Params))>, or
        # axlut::KernelOf<axlut::Params, &axlut::on_device::F> for a function that is no template.
        types = run_cxxfilt([name for _, name in rows], "-t")
        found = [re.search(r"&(?:\((.*)\(axlut::\w+\)\)|(.*))>$", text) for text in types]
        return {match[1] or match[2]: row[0] for row, match in zip(rows, found)}

    def occupancies(self, questions):
        """(blocks per SM, percent) for each (architecture, registers, barriers, threads, shared)."""
        text = "".join(" ".join(map(str, question)) + "\n" for question in questions)
        return [tuple(map(int, line.split())) for line in self.run("occupancy", text)]


def run_cxxfilt(symbols, *options):
    return subprocess.run(["c++filt", *options], input="\n".join(symbols), capture_output=True,
                          text=True, check=True).stdout.splitlines()


def demangle(symbols):
    """Names of kernels without their only parameter."""
    return [re.sub(r"\(axlut::\w+\)$", "", text) for text in run_cxxfilt(symbols)]


def measure(entries, launches, resources):
    """{(kernel, architecture): Use}."""
    keys = sorted(entries)
    shapes = [launches.get(key, Use(0, 0, 0, 0, 0)) for key in keys]
    launched = [index for index, shape in enumerate(shapes) if shape.threads]
    answers = resources.occupancies(
        [(keys[i][1], entries[keys[i]].registers, entries[keys[i]].barriers, shapes[i].threads,
          shapes[i].shared_bytes) for i in launched])
    answer_of = dict(zip(launched, answers))
    return {key: Use(shape.threads, shape.shared_bytes, entries[key].registers,
                     *answer_of.get(index, (0, 0)))
            for index, (key, shape) in enumerate(zip(keys, shapes))}


def entries_by_kernel(logs, resources):
    """{(kernel, architecture): Entry}."""
    found = [entry for log in logs
             for entry in parse_ptxas_log(pathlib.Path(log).read_text(encoding="utf-8"))]
    kernels = resources.kernels_by_symbol()
    names = demangle([entry.symbol for entry in found])
    return {(kernels[name], entry.architecture): entry for name, entry in zip(names, found)}


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--resources", required=True)
    parser.add_argument("--nvcc-version", required=True)
    parser.add_argument("--budget", required=True)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--launches")
    parser.add_argument("logs", nargs="*")
    arguments = parser.parse_args()

    resources = Resources(arguments.resources)
    entries = entries_by_kernel(arguments.logs, resources)
    budget, release = read_budget(arguments.budget)
    launches = read_budget(arguments.launches)[0] if arguments.launches else budget
    uses = measure(entries, launches, resources)
    if arguments.update:
        write_budget(arguments.budget, uses, arguments.nvcc_version)
        budget, release = read_budget(arguments.budget)

    slack = 0 if release == arguments.nvcc_version else OTHER_RELEASE_REGISTERS
    wrong = list(check(entries, uses, budget, slack))
    for line in wrong:
        print(line)
    if not wrong:
        note = f", measured with nvcc {release}" if slack else ""
        print(f"{len(entries)} kernels (times architectures) are within their budget{note}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
