# SPDX-License-Identifier: MIT
"""What the notebooks share: handwritten digits, a network that knows them, and tables.

Images and network are testdata/digits: 8x8 pixels, 0..1, which the network was not trained with.
"""

import pathlib
import subprocess
import warnings

import keras
import numpy as np
import tensorflow as tf

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "testdata" / "digits"


def images_and_labels() -> tuple[np.ndarray, np.ndarray]:
    """float32 [400, 8, 8, 1] and int32 [400]."""
    images = (np.load(FOLDER / "images.npy").astype(np.float32) + 128) / 255
    return images, np.load(FOLDER / "labels.npy").astype(np.int32)


def network() -> keras.Model:
    """The bundled int8 network as a float Keras model, compiled; its outputs are logits."""
    layers = keras.layers
    model = keras.Sequential([
        keras.Input((8, 8, 1)),
        layers.Conv2D(16, 3, padding="same", activation="relu", name="conv1"),
        layers.DepthwiseConv2D(3, padding="same", activation="relu", name="depthwise"),
        layers.Conv2D(24, 1, activation="relu", name="conv2"),
        layers.Conv2D(32, 3, strides=2, padding="same", activation="relu", name="conv3"),
        layers.MaxPooling2D(2), layers.Flatten(), layers.Dense(10, name="dense")])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that TensorFlow will drop its interpreter one day
        interpreter = tf.lite.Interpreter(
            str(FOLDER / "digits_cnn.tflite"),
            experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    details = {tensor["index"]: tensor for tensor in interpreter.get_tensor_details()}

    def values(index):  # the dequantized tensor; its scales are per output channel
        quantization = details[index]["quantization_parameters"]
        shape = [1] * len(details[index]["shape"])
        shape[quantization["quantized_dimension"]] = -1
        return interpreter.get_tensor(index) * quantization["scales"].reshape(shape)

    with_weights = [layer for layer in model.layers if layer.weights]
    for layer, kernel in zip(with_weights, (11, 9, 7, 5, 3)):  # its bias is the tensor before
        order = {"depthwise": (1, 2, 3, 0), "dense": (1, 0)}.get(layer.name, (1, 2, 3, 0))
        layer.set_weights([values(kernel).transpose(order), values(kernel - 1)])
    compile_for_digits(model)
    return model


def compile_for_digits(model: keras.Model, learning_rate: float = 1e-3) -> None:
    model.compile(keras.optimizers.Adam(learning_rate),
                  keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])


def table(description: str, folder: pathlib.Path) -> pathlib.Path:
    """The table of a formula of lutgen, or of a Verilog or C file."""
    path = pathlib.Path(folder) / (pathlib.Path(description).stem.replace(":", "_") + ".axt")
    subprocess.run(["lutgen", "build", "-q", "--force", description, "-o", path], check=True)
    return path
