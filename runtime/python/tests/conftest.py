# SPDX-License-Identifier: MIT
import itertools
import os
import sys

import numpy as np
import pytest

import lut_reference as reference

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture(autouse=True)
def seed():
    """The weights that Keras invents are the same in every run; a module that has none needs none."""
    if "keras" in sys.modules:
        sys.modules["keras"].utils.set_random_seed(1)


@pytest.fixture
def save(tmp_path):
    """Writes a lut_reference.Table as a raw .bin, whose name says widths and signedness."""
    numbers = itertools.count()

    def save_table(table):
        width_a, width_b = table.widths
        widths = f"{width_a}x{width_b}{'s' if table.signed else 'u'}"
        path = tmp_path / f"mul{widths}_{next(numbers)}.bin"
        np.asarray(table.products).astype("<i2" if table.signed else "<u2").tofile(path)
        table.path = str(path)
        return table

    return save_table


@pytest.fixture
def exact(save):
    """The path of an exact 8x8 table."""
    return save(reference.exact_table()).path


@pytest.fixture
def bad(save):
    """The path of an 8x8 table without any structure."""
    return save(reference.random_table(1)).path
