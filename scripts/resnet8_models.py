# SPDX-License-Identifier: MIT
"""The networks of scripts/reproduce_resnet8.py, two ResNet-8, and the images of CIFAR-10.

Both come from ../shared (AXLUT_SHARED_DIR names another place) and take raw pixels: float32 RGB,
0..255, [batch, 32, 32, 3].
"""

import gzip
import os
import pathlib

import keras
import numpy as np

SHARED = pathlib.Path(os.environ.get("AXLUT_SHARED_DIR") or
                      pathlib.Path(__file__).resolve().parents[2] / "shared")
NETWORKS = ("tfapprox", "mlperf")
IMAGES = {"test": ("test_batch_first1000.bin.gz", 1000),
          "train": ("data_batch_1_first4000.bin.gz", 4000)}
# The class of dense outputs beyond these is never the label: TFApprox' network has 11.
CLASSES = 10
RECORD_BYTES = 1 + 3 * 32 * 32


class MissingData(FileNotFoundError):
    """A file of ../shared is not there."""


def shared_file(name):
    """Path of a file in ../shared/data; MissingData with what to do if there is none."""
    path = SHARED / "data" / name
    if not path.is_file():
        raise MissingData(f"{path} does not exist; put the project's shared folder beside the "
                          "checkout (../shared) or name it in AXLUT_SHARED_DIR")
    return path


def load_images(part, count=None):
    """The first `count` (default: all) images of a part, "test" or "train", in the official order.

    Returns:
      float32 [count, 32, 32, 3], RGB, 0..255; int64 labels [count], 0..9.
    """
    name, available = IMAGES[part]
    count = available if count is None else count
    if not 0 < count <= available:
        raise ValueError(f"there are 1 .. {available} {part} images; {count} are asked for")
    with gzip.open(shared_file(f"cifar10/{name}")) as file:
        records = np.frombuffer(file.read(count * RECORD_BYTES), np.uint8).reshape(count, -1)
    # A plane per colour, rows by columns.
    images = records[:, 1:].reshape(count, 3, 32, 32).transpose(0, 2, 3, 1)
    return images.astype(np.float32), records[:, 0].astype(np.int64)


def tfapprox_resnet8():
    """ResNet-8 of tf-approximate's resnet_8.pb: 7 convolutions without biases, 11 logits.

    x / 128 - 1; a 3x3 convolution to 16 channels; three residual blocks of two 3x3 convolutions,
    the second and the third with stride 2, where the shortcut is an average pool and as many zero
    channels in front as behind; mean over the image; a dense layer.

    The upstream graph normalises with the statistics of the batch at hand and has none of its own;
    mean and variance in the file were computed for this project from JPEG-compressed images.
    """
    weights = np.load(shared_file("models/tfapprox/resnet_8.npz"))
    layers = keras.layers

    def normalised(x, index, stride=1):
        filters = weights[f"conv{index}/kernel"].shape[3]
        padding = "same" if stride == 1 else "valid"
        x = layers.Conv2D(filters, 3, stride, padding, use_bias=False, name=f"conv{index}")(x)
        return layers.BatchNormalization(epsilon=float(weights["bn_epsilon"]), name=f"bn{index}")(x)

    def shortcut(x):
        half = x.shape[-1] // 2
        return keras.ops.pad(layers.AveragePooling2D(2)(x), [[0, 0], [0, 0], [0, 0], [half, half]])

    image = keras.Input((32, 32, 3))
    x = layers.Rescaling(1 / 128, -1)(image)
    x = layers.ReLU()(normalised(x, 0))
    for index in (1, 3, 5):
        if index == 1:
            kept, y = x, normalised(x, index)
        else:
            kept, y = shortcut(x), normalised(layers.ZeroPadding2D(1)(x), index, stride=2)
        y = normalised(layers.ReLU()(y), index + 1)
        x = layers.ReLU()(layers.Add()([kept, y]))
    x = layers.GlobalAveragePooling2D()(x)
    model = keras.Model(image, layers.Dense(11, name="dense")(x), name="tfapprox_resnet8")

    for index in range(7):
        model.get_layer(f"conv{index}").set_weights([weights[f"conv{index}/kernel"]])
        model.get_layer(f"bn{index}").set_weights(
            [weights[f"bn{index}/{part}"] for part in ("gamma", "beta", "mean", "var")])
    model.get_layer("dense").set_weights([weights["dense/kernel"], weights["dense/bias"]])
    return model


def mlperf_resnet8():
    """ResNet-8 of MLPerf Tiny, as its authors saved it: 9 convolutions, softmax over 10 classes."""
    saved = keras.models.load_model(shared_file("models/mlperf_tiny/pretrainedResnet.h5"),
                                    compile=False)
    # Keras 2 saved a list of one input; with the tensor itself Keras 3 does not warn at every call.
    return keras.Model(saved.inputs[0], saved.outputs[0], name="mlperf_resnet8")


def build(network):
    """A new copy of one of NETWORKS, with the statistics of its file."""
    if network not in NETWORKS:
        raise ValueError(f"network must be one of {', '.join(NETWORKS)}; it is {network!r}")
    return tfapprox_resnet8() if network == "tfapprox" else mlperf_resnet8()

