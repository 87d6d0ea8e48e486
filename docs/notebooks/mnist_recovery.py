# SPDX-License-Identifier: MIT
# %% [markdown]
# # Win back the accuracy that a bad multiplier costs: MNIST
# A small network, trained in floating point, then run through a multiplier that lacks its ten lowest
# columns (`truncated:8x8:10`), then retrained through it for five epochs. Arguments name the
# gradients: `.venv/bin/python docs/notebooks/mnist_recovery.py straight_through difference_2d`.
# docs/training.md has the results, and says where the images are looked for.

# %%
import gzip
import os
import pathlib
import sys
import tempfile
import time

import digits
import keras
import numpy as np

import axlut

GRADIENTS = sys.argv[1:] or ["straight_through"]
EPOCHS, BATCH = 5, 128
MNIST = pathlib.Path(os.environ.get("AXLUT_SHARED_DIR", digits.ROOT.parent / "shared"), "data/mnist")


def images_and_labels(name: str) -> tuple[np.ndarray, np.ndarray]:
    """float32 [count, 28, 28, 1] from 0 to 1, and uint8 [count]."""
    with gzip.open(MNIST / f"{name}-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28, 1)
    with gzip.open(MNIST / f"{name}-labels-idx1-ubyte.gz") as file:
        return images.astype(np.float32) / 255, np.frombuffer(file.read(), np.uint8, offset=8)


def train(model: keras.Model, learning_rate: float) -> float:
    """Seconds that five epochs take; the learning rate falls to 0."""
    keras.utils.set_random_seed(1)
    steps = EPOCHS * -(-len(images) // BATCH)
    digits.compile_for_digits(model, keras.optimizers.schedules.CosineDecay(learning_rate, steps))
    start = time.perf_counter()
    model.fit(images, labels, batch_size=BATCH, epochs=EPOCHS, verbose=0)
    return time.perf_counter() - start


def accuracy(model: keras.Model) -> float:
    return model.evaluate(*test, batch_size=500, verbose=0)[1]


# %% In floating point
images, labels = images_and_labels("train")
test = images_and_labels("t10k")
keras.utils.set_random_seed(1)
layers = keras.layers
network = keras.Sequential([
    keras.Input((28, 28, 1)), layers.Conv2D(8, 5, strides=2, activation="relu"),
    layers.Conv2D(16, 3, activation="relu"), layers.MaxPooling2D(2), layers.Flatten(),
    layers.Dense(10)])
seconds = train(network, 2e-3)
original = accuracy(network)
print(f"float: {original:.2%} after {EPOCHS} epochs in {seconds:.0f} s")

# %% Through the table, before and after
table = digits.table("truncated:8x8:10", pathlib.Path(tempfile.mkdtemp()))
results = {}
for gradient in GRADIENTS:
    model = axlut.approximate(network, table, quantize="moving_average", gradient=gradient)
    axlut.calibrate(model, images[:2000])
    before = accuracy(model)
    seconds = train(model, 1e-3)
    results[gradient] = before, accuracy(model), seconds
    print(f"{gradient}: {before:.2%} before, {results[gradient][1]:.2%} after, {seconds:.0f} s")
