# SPDX-License-Identifier: MIT
"""The ResNet-8 networks of scripts/reproduce_resnet8.py give the accuracies that are known of them.

On the CIFAR-10 images of ../shared; skipped without it. Known: facts/circuits.md, sections 5.1 and
5.2, which others measured with TensorFlow's and TFApprox' own ops.
"""

import os
import pathlib
import sys

import keras
import numpy as np
import pytest

import axlut
from axlut.keras import FixedRange

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "scripts"))
os.environ.setdefault("AXLUT_SHARED_DIR",
                      str(pathlib.Path(__file__).resolve().parents[4] / "shared"))

import resnet8_models as resnet8  # noqa: E402

pytestmark = pytest.mark.skipif(
    not (resnet8.SHARED / "data/cifar10").is_dir(),
    reason=f"{resnet8.SHARED}/data is not there; AXLUT_SHARED_DIR names the shared folder")

COUNT = 200  # images; a standard error of 2.7 points at 83 %


def accuracy(model, test, batch_size=COUNT):
    """In batches of one size: Keras traces a graph for each."""
    return axlut.accuracy(model, test, batch_size=batch_size)


def test_data_have_the_layout_and_order_of_cifar_10():
    images, labels = resnet8.load_images("test", 100)
    assert images.shape == (100, 32, 32, 3) and images.dtype == np.float32
    assert labels[:5].tolist() == [3, 8, 8, 0, 6]
    assert resnet8.load_images("train", 5)[1].tolist() == [6, 9, 9, 4, 1]
    assert images.min() == 0 and images.max() == 255
    # Neighbours in a photograph are alike along both axes, and colours at one place.
    for axis in (1, 2, 3):
        assert np.abs(np.diff(images, axis=axis)).mean() < 25


def test_asking_for_images_that_are_not_there_is_an_error():
    with pytest.raises(ValueError, match="there are 1 .. 1000 test images; 1001 are asked for"):
        resnet8.load_images("test", 1001)


def test_missing_files_are_named_with_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(resnet8, "SHARED", tmp_path)
    with pytest.raises(resnet8.MissingData, match="resnet_8.npz does not exist; .*_SHARED_DIR"):
        resnet8.build("tfapprox")


# All 1000 images, in float32: the very figures, but for an image on the edge between two classes.
@pytest.mark.parametrize("name, parameters, share", [("tfapprox", 75835, 0.807),
                                                     ("mlperf", 78666, 0.881)])
def test_float_networks_have_the_known_accuracy(name, parameters, share):
    model = resnet8.build(name)
    assert model.count_params() == parameters  # with the moving statistics
    assert abs(accuracy(model, resnet8.load_images("test"), 1000) - share) <= 0.002


def test_batch_statistics_give_the_accuracy_of_tfapprox_script():
    model = resnet8.build("tfapprox")
    with axlut.batch_statistics(model):
        share = accuracy(model, resnet8.load_images("test"), 1000)
    assert abs(share - 0.835) <= 0.002


@pytest.fixture(scope="module")
def quantized():
    """{name: the network with fixed ranges, through the exact table}."""
    train, _ = resnet8.load_images("train", 500)
    networks = {}
    for name in resnet8.NETWORKS:
        model = resnet8.build(name)
        if name == "tfapprox":
            axlut.recalibrate_batch_norm(model, train, batch_size=500)
        networks[name] = axlut.approximate(
            model, str(resnet8.shared_file("tables/tfapprox/mul8u_1JFF.bin")),
            layers=[keras.layers.Conv2D], quantize=FixedRange())
        axlut.calibrate(networks[name], train[:200])
    return networks


def through(model, table):
    return axlut.approximate(model, str(resnet8.shared_file(f"tables/tfapprox/mul8u_{table}.bin")))


@pytest.mark.parametrize("name", resnet8.NETWORKS)
def test_the_exact_table_costs_at_most_two_points(quantized, name):
    test = resnet8.load_images("test", COUNT)
    in_float = accuracy(axlut.exact(quantized[name]), test)
    assert in_float > 0.78
    assert abs(accuracy(quantized[name], test) - in_float) <= 0.02


@pytest.mark.parametrize("name", resnet8.NETWORKS)
def test_a_biased_multiplier_ruins_frozen_statistics_only(quantized, name):
    """mul8u_2AC: 0.037 % mean absolute error. Frozen 12-13 % and 23 %, else as good as exact."""
    test, (train, _) = resnet8.load_images("test", COUNT), resnet8.load_images("train", 250)
    model = through(quantized[name], "2AC")
    frozen = accuracy(model, test)
    with axlut.batch_statistics(model):
        batch = accuracy(model, test)
    axlut.recalibrate_batch_norm(model, train, batch_size=250)
    recalibrated = accuracy(model, test)
    assert frozen < 0.4
    assert min(batch, recalibrated) > frozen + 0.35
    assert min(batch, recalibrated) > accuracy(quantized[name], test) - 0.08


def test_a_table_of_zeros_leaves_nothing(quantized):
    test = resnet8.load_images("test", COUNT)
    assert accuracy(through(quantized["tfapprox"], "199Z"), test) < 0.2
