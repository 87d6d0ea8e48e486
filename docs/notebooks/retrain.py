# SPDX-License-Identifier: MIT
# %% [markdown]
# # Retrain through a multiplier
# A rough multiplier costs a network most of its accuracy. A few epochs of training through the table
# win it back: the forward pass computes with the multiplier's products, so the weights learn to live
# with its errors. docs/training.md says more, with figures for MNIST.

# %%
import pathlib
import tempfile

import digits
import keras
import numpy as np

import axlut

EPOCHS = 6
keras.utils.set_random_seed(1)
images, labels = digits.images_and_labels()
train, test = slice(0, 250), slice(250, None)

# %% [markdown]
# 250 images are few: each is shown moved by up to one pixel in either direction.

# %%
padded = np.pad(images[train], ((0, 0), (1, 1), (1, 1), (0, 0)))
shifted = [padded[:, y:y + 8, x:x + 8] for y in range(3) for x in range(3)]
train_images, train_labels = np.concatenate(shifted), np.tile(labels[train], len(shifted))


def accuracy(model: keras.Model) -> float:
    return model.evaluate(images[test], labels[test], verbose=0)[1]


# %% [markdown]
# The products of `truncated:8x8:9` lack all partial products of the nine lowest columns. Ranges of
# activations follow the training as moving averages, which start from calibrated ones.

# %%
network = digits.network()
table = digits.table("truncated:8x8:9", pathlib.Path(tempfile.mkdtemp()))
model = axlut.approximate(network, table, quantize=axlut.keras.MovingAverage(decay=0.95))
axlut.calibrate(model, images[train])
before = accuracy(model)

# %% [markdown]
# Gradients are the straight-through ones unless `gradient=` says otherwise. A learning rate like that
# of the last epochs of the first training, falling to 0, is a good start.

# %%
steps = EPOCHS * -(-len(train_images) // 64)
schedule = keras.optimizers.schedules.CosineDecay(1e-3, steps)
model.compile(keras.optimizers.Adam(schedule), network.loss, metrics=["accuracy"])
history = model.fit(train_images, train_labels, batch_size=64, epochs=EPOCHS, verbose=0)
after = accuracy(model)

# %%
for epoch, value in enumerate(history.history["accuracy"], start=1):
    print(f"epoch {epoch}: {value:.1%} of the training images")
original = accuracy(network)
print(f"test images: float {original:.1%}, approximate {before:.1%}, retrained {after:.1%}")
