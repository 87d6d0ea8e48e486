#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trains the small CNN of testdata/digits and writes it as a full-int8 .tflite with test images.

Takes about half a minute:
  .venv/bin/python -m pip install -r scripts/requirements-train.txt
  .venv/bin/python scripts/train_digits.py [--out testdata/digits]

The data are scikit-learn's bundled digits (load_digits: 1797 images of 8x8 pixels, values 0..16).
The network has every kind of layer that multiplies: convolutions (3x3, 1x1, strided), a depthwise
convolution and a dense layer; batch normalization is folded into the weights by the converter.
Seeds are fixed and TensorFlow is asked for deterministic kernels, so a rerun with the same package
versions on the same kind of CPU gives the same files; README.md states their hashes.
"""

import argparse
import hashlib
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import sklearn
import sklearn.datasets
import sklearn.model_selection
import tensorflow as tf

SEED = 8
EPOCHS = 60
TEST_IMAGES = 400  # never seen in training, nor when activation ranges are calibrated
PIXEL_MAX = 16.0


def load_split():
    """Images scaled to 0..1 as float32 NHWC, labels, split with a fixed seed."""
    digits = sklearn.datasets.load_digits()
    images = (digits.images / PIXEL_MAX).astype(np.float32)[..., np.newaxis]
    labels = digits.target.astype(np.int32)
    return sklearn.model_selection.train_test_split(
        images, labels, test_size=TEST_IMAGES, random_state=SEED, stratify=labels)


def build_network(batch_size=None):
    layers = tf.keras.layers

    def normalized(x, layer):
        return layers.ReLU()(layers.BatchNormalization()(layer(x)))

    image = tf.keras.Input((8, 8, 1), batch_size=batch_size)
    x = normalized(image, layers.Conv2D(16, 3, padding="same", use_bias=False))
    x = normalized(x, layers.DepthwiseConv2D(3, padding="same", use_bias=False))
    x = normalized(x, layers.Conv2D(24, 1, use_bias=False))
    x = normalized(x, layers.Conv2D(32, 3, strides=2, padding="same", use_bias=False))
    x = layers.MaxPooling2D(2)(x)
    x = layers.Flatten()(x)
    return tf.keras.Model(image, layers.Dense(10, activation="softmax")(x))


def shifted(image):
    """Moves an image by up to one pixel: the training set is small."""
    padded = tf.pad(image, [[1, 1], [1, 1], [0, 0]])
    return tf.image.random_crop(padded, [8, 8, 1], seed=SEED)


def train(network, images, labels):
    data = (tf.data.Dataset.from_tensor_slices((images, labels))
            .shuffle(len(images), seed=SEED, reshuffle_each_iteration=True)
            .map(lambda image, label: (shifted(image), label))
            .batch(32))
    schedule = tf.keras.optimizers.schedules.CosineDecay(2e-3, EPOCHS * len(data))
    network.compile(tf.keras.optimizers.Adam(schedule), "sparse_categorical_crossentropy",
                    metrics=["accuracy"])
    network.fit(data, epochs=EPOCHS, shuffle=False, verbose=0)


def convert(network, images):
    """Full-int8 .tflite with batch 1, ranges calibrated on training images."""
    one_image = build_network(batch_size=1)
    one_image.set_weights(network.get_weights())
    converter = tf.lite.TFLiteConverter.from_keras_model(one_image)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([image[np.newaxis]] for image in images[:500])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    return converter.convert()


def quantize(images, details):
    scale, zero_point = details["quantization"]
    return np.clip(np.round(images / scale) + zero_point, -128, 127).astype(np.int8)


def int8_accuracy(model, codes, labels):
    """By TFLite's reference kernels, the ones that AxLUT's emulator equals bit for bit."""
    interpreter = tf.lite.Interpreter(
        model_content=model,
        experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    right = 0
    for code, label in zip(codes, labels):
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], code[np.newaxis])
        interpreter.invoke()
        out = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
        right += int(np.argmax(out) == label)
    return right / len(labels)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default_out = pathlib.Path(__file__).resolve().parent.parent / "testdata" / "digits"
    parser.add_argument("--out", type=pathlib.Path, default=default_out)
    out = parser.parse_args().out

    tf.keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    train_images, test_images, train_labels, test_labels = load_split()
    network = build_network()
    train(network, train_images, train_labels)
    float_accuracy = network.evaluate(test_images, test_labels, verbose=0)[1]

    model = convert(network, train_images)
    details = tf.lite.Interpreter(model_content=model).get_input_details()[0]
    codes = quantize(test_images, details)

    out.mkdir(parents=True, exist_ok=True)
    (out / "digits_cnn.tflite").write_bytes(model)
    np.save(out / "images.npy", codes)
    np.save(out / "labels.npy", test_labels.astype(np.uint8))
    print(f"tensorflow {tf.__version__}, scikit-learn {sklearn.__version__}, numpy {np.__version__}")
    print(f"accuracy on {len(codes)} test images: float {float_accuracy:.4f}, "
          f"int8 {int8_accuracy(model, codes, test_labels):.4f}")
    for name in ("digits_cnn.tflite", "images.npy", "labels.npy"):
        data = (out / name).read_bytes()
        print(f"{hashlib.sha256(data).hexdigest()}  {name} ({len(data)} bytes)")


if __name__ == "__main__":
    main()
