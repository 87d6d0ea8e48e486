# SPDX-License-Identifier: MIT
"""The least time per product that a plan's instructions allow on Zen 4 (docs/performance.md).

Per 64 products in one 512-bit register: an exact term is one vpdpbusd; a looked-up byte is one vpermb
or vpermi2b (up to 64 or 128 classes), or two vpermi2b and a blend. Bytes are summed in 16-bit words,
which takes a shift and two additions, after adding two or four bytes where their sum still fits.
"""

import dataclasses
import re

PRODUCTS = 64  # per register
OPERATIONS_PER_CYCLE = 2  # 512-bit integer operations of any kind
LOOKUPS_PER_CYCLE = 1  # vpermb, vpermi2b
TERMS_PER_CYCLE = 1  # vpdpbusd
FP32_PRODUCTS_PER_CYCLE = 16  # one 512-bit vfmadd

PLAN_NAME = re.compile(r"(?:offsets|(?:(\d+) terms?)?(?:, )?"
                       r"(?:\d byte planes? of (\d+)x(\d+) classes, 0\.\.(\d+))?)")


@dataclasses.dataclass(frozen=True)
class Plane:
    """One byte of the residual's entries."""

    classes: int
    largest: int  # entry, 0..255

    @property
    def added_as_bytes(self):
        """How many bytes can be summed before they are widened."""
        return 4 if self.largest <= 63 else 2 if self.largest <= 127 else 1

    @property
    def lookups(self):
        return 1 if self.classes <= 128 else 2

    @property
    def operations(self):
        blend = 1 if self.classes > 128 else 0
        return self.lookups + blend + (self.added_as_bytes - 1 + 3) / self.added_as_bytes


@dataclasses.dataclass(frozen=True)
class Plan:
    """Exact terms and the byte planes of a residual."""

    terms: int
    planes: tuple

    @staticmethod
    def parse(name):
        """From a layer's plan_name(): "2 terms, 1 byte plane of 64x12 classes, 0..63", "offsets", or
        "table" for the table as it is: two planes of 256 classes. ValueError for anything else."""
        if name == "table":
            return Plan(0, (Plane(256, 255), Plane(256, 255)))
        match = PLAN_NAME.fullmatch(name)
        if not match or not name:
            raise ValueError(f"not a plan's name: {name!r}")
        terms, classes_a, classes_b, largest = (int(group or 0) for group in match.groups())
        classes = min(classes_a, classes_b)
        planes = [Plane(classes, min(largest, 255))] if largest > 0 else []
        if largest > 255:
            planes.append(Plane(classes, largest >> 8))
        return Plan(terms, tuple(planes))

    @property
    def name(self):
        parts = []
        if self.terms:
            parts.append(f"{self.terms} term" + "s" * (self.terms > 1))
        if self.planes:
            classes = next(size for size in (64, 128, 256) if self.planes[0].classes <= size)
            last = self.planes[-1].added_as_bytes
            paired = f", {last} bytes at once" if last > 1 else ""
            planes = "two planes" if len(self.planes) > 1 else "one plane"
            parts.append(f"{planes} of {classes} classes{paired}")
        return " + ".join(parts) or "constant"

    @property
    def operations(self):
        """512-bit operations for 64 products."""
        mask = 1 if any(plane.classes > 128 for plane in self.planes) else 0  # vpmovb2m
        return self.terms + mask + sum(plane.operations for plane in self.planes)

    @property
    def cycles(self):
        """The least number of cycles for 64 products: whatever is scarcest."""
        lookups = sum(plane.lookups for plane in self.planes)
        return max(self.operations / OPERATIONS_PER_CYCLE, lookups / LOOKUPS_PER_CYCLE,
                   self.terms / TERMS_PER_CYCLE)

    def ns_per_mac(self, ghz):
        return self.cycles / PRODUCTS / ghz


def fp32_ns_per_mac(ghz):
    return 1 / FP32_PRODUCTS_PER_CYCLE / ghz
