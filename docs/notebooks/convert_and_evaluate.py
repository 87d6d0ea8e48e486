# SPDX-License-Identifier: MIT
# %% [markdown]
# # Convert a Keras model and evaluate it
# A network for handwritten digits, its multiplications replaced by those of approximate
# multipliers: all by one, then a multiplier per layer. Run by
# `PATH=$PWD/build/bin:$PATH .venv/bin/python docs/notebooks/convert_and_evaluate.py`.

# %%
import pathlib
import tempfile

import digits
import keras

import axlut

images, labels = digits.images_and_labels()
network = digits.network()
folder = pathlib.Path(tempfile.mkdtemp())


def accuracy(model: keras.Model) -> float:
    return model.evaluate(images[100:], labels[100:], verbose=0)[1]


# %% [markdown]
# `approximate` makes a copy whose layers look every product up in a table. Each layer needs a range
# of its inputs, which the table's codes span. Here it is that of 100 sample images; the other 300
# are for evaluation.

# %%
def converted(tables) -> keras.Model:
    model = axlut.approximate(network, tables, quantize="fixed")
    axlut.calibrate(model, images[:100])
    return model


accuracies = {"float": accuracy(network)}
for multiplier in ("exact:8x8", "truncated:8x8:4", "truncated:8x8:8", "mitchell:8x8"):
    accuracies[multiplier] = accuracy(converted(digits.table(multiplier, folder)))
for multiplier, value in accuracies.items():
    print(f"{multiplier:18}{value:8.1%}")

# %% [markdown]
# One multiplier per layer: by name, by pattern or by type. What has no table stays exact.

# %%
rough, fine = (digits.table(name, folder) for name in ("mitchell:8x8", "truncated:8x8:4"))
mixed = converted({"conv1": rough, "conv*": fine, keras.layers.Dense: fine})
print(axlut.report(mixed))
accuracies["mixed"] = accuracy(mixed)
print(f"{'mixed':18}{accuracies['mixed']:8.1%}")

# %% [markdown]
# A converted model is saved and loaded like any other, with its tables' paths and its ranges; and it
# can be turned back.

# %%
mixed.save(folder / "mixed.keras")
loaded = keras.models.load_model(folder / "mixed.keras")
back = axlut.exact(mixed)
digits.compile_for_digits(back)
accuracies["loaded"], accuracies["back"] = accuracy(loaded), accuracy(back)
print(f"loaded {accuracies['loaded']:.1%}, turned back {accuracies['back']:.1%}")
