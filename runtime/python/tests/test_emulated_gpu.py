# SPDX-License-Identifier: MIT
"""The ops' GPU kernels, run by the emulated GPU, give the CPU kernels' outputs bit for bit."""

import threading

import numpy as np
import pytest
import tensorflow as tf

import axlut
import emulated_gpu
import lut_reference as reference

pytestmark = pytest.mark.skipif(not emulated_gpu.OBJECT.exists(),
                                reason=f"{emulated_gpu.OBJECT} is not built (Boost.Context)")
IMAGE = (7, 6)


def tensors(seed, x_shape, w_shape):
    rng = np.random.default_rng(seed)
    return (rng.normal(0.3, 1.0, x_shape).astype(np.float32),
            rng.normal(-0.1, 0.5, w_shape).astype(np.float32))


@pytest.mark.parametrize("strides, padding, dilations", [
    (1, "SAME", 1),
    (1, "VALID", 1),
    ((2, 2), "SAME", 1),
    ((1, 3), "VALID", 1),
    (1, "SAME", (2, 2)),
    (1, "VALID", (1, 2)),
    (1, [[0, 0], [2, 1], [0, 3], [0, 0]], 1),
    ((2, 3), [[0, 0], [0, 2], [1, 1], [0, 0]], (2, 1)),
])
@pytest.mark.parametrize("filter_size", [(1, 1), (3, 3), (2, 3)])
def test_every_geometry(save, filter_size, strides, padding, dilations):
    x, w = tensors(1, (2, *IMAGE, 3), (*filter_size, 3, 5))
    emulated_gpu.check_equals_cpu(x, w, save(reference.random_table(2)).path, strides=strides,
                                  padding=padding, dilations=dilations)


def test_a_filter_as_large_as_the_image(save):
    x, w = tensors(3, (2, *IMAGE, 3), (*IMAGE, 3, 5))
    emulated_gpu.check_equals_cpu(x, w, save(reference.random_table(4)).path, padding="VALID")


@pytest.mark.parametrize("make", [reference.random_table, lambda seed, *key: reference.exact_table(*key)],
                         ids=["random", "exact"])
@pytest.mark.parametrize("width_a, width_b", [(8, 8), (8, 4), (4, 4), (5, 8), (2, 3)])
@pytest.mark.parametrize("signed", [False, True])
def test_all_widths_and_signs(save, make, width_a, width_b, signed):
    x, w = tensors(5, (2, 5, 6, 2), (3, 3, 2, 4))
    emulated_gpu.check_equals_cpu(x, w, save(make(6, width_a, width_b, signed)).path)


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 27, 31, 32, 33, 65, 576])
def test_every_depth_has_its_own_products_only(save, depth):
    x, w = tensors(7, (1, 2, 3, depth), (1, 1, depth, 3))
    emulated_gpu.check_equals_cpu(x, w, save(reference.random_table(8)).path)


@pytest.mark.parametrize("in_c, group_c, out_c", [(6, 3, 4), (6, 2, 9), (4, 1, 4), (4, 1, 8), (33, 1, 33)])
def test_groups_and_depthwise(save, in_c, group_c, out_c):
    x, w = tensors(9, (2, 5, 4, in_c), (3, 3, group_c, out_c))
    path = save(reference.random_table(10)).path
    emulated_gpu.check_equals_cpu(x, w, path, strides=(2, 1))
    emulated_gpu.check_equals_cpu(x, w, path, dilations=2)


@pytest.mark.parametrize("input_range, filter_range", [
    ((0, 1), (-1, 1)),
    ((0, 0), (-1, 1)),         # every value is 0.0
    ((-3, -1), (0.5, 2.5)),    # moved to [-2, 0] and [0, 2]
    ((2, 2), (-2, -2)),        # widened to [0, 2] and [-2, 0]
    ((-1e-3, 3e4), (-1e-44, 1e-44)),
    ((-1e38, 1e38), (0, 3e-38)),
    ((-0.3, 1.7), (-7, 0.01)),
])
@pytest.mark.parametrize("signed", [False, True])
def test_ranges_are_nudged_alike(save, input_range, filter_range, signed):
    x, w = tensors(11, (2, 5, 4, 3), (3, 3, 3, 4))
    x[0, 0, 0], x[0, 1, 0, 0] = [np.inf, -np.inf, 1e-30], -0.0
    emulated_gpu.check_equals_cpu(x, w, save(reference.random_table(12, signed=signed)).path,
                                  input_range=input_range, filter_range=filter_range)


def test_constant_tensors(save):
    x, w = np.full((1, 4, 4, 2), 0.7, np.float32), np.full((3, 3, 2, 3), -0.2, np.float32)
    emulated_gpu.check_equals_cpu(x, w, save(reference.random_table(13)).path)
    emulated_gpu.check_equals_cpu(0 * x, w, save(reference.random_table(14)).path)


def test_sums_beyond_int32_are_exact(save):
    x, w = tensors(15, (1, 1, 1, 70000), (1, 1, 70000, 2))
    path = save(reference.Table(np.full((256, 256), 65535))).path
    out = emulated_gpu.check_equals_cpu(x, w, path, input_range=(0, 255), filter_range=(0, 255))
    assert np.abs(out).max() > 2**31


def test_sums_beyond_the_24_bits_of_a_float_are_exact(save):
    x, w = np.full((1, 1, 1, 4608), 255, np.float32), np.full((1, 1, 4608, 1), 255, np.float32)
    x[..., -1], w[..., -1, :] = 1, 1
    out = emulated_gpu.check_equals_cpu(x, w, save(reference.exact_table()).path,
                                        input_range=(0, 255), filter_range=(0, 255))
    assert out.item() == np.float32(4607 * 255 * 255 + 1)


def test_a_large_batch(save):
    x, w = tensors(16, (65536, 1, 1, 1), (1, 1, 1, 1))
    emulated_gpu.check_equals_cpu(x, w, save(reference.random_table(17)).path)


@pytest.mark.parametrize("x_shape, w_shape", [
    ((0, 5, 5, 2), (3, 3, 2, 4)), ((2, 0, 5, 2), (3, 3, 2, 4)), ((2, 5, 5, 2), (3, 3, 2, 0))])
def test_empty_outputs(save, x_shape, w_shape):
    x, w = np.zeros(x_shape, np.float32), np.zeros(w_shape, np.float32)
    out = emulated_gpu.ax_conv2d(x, w, save(reference.random_table(18)).path)
    assert out.shape == (x_shape[0], x_shape[1], x_shape[2], w_shape[3])


def test_an_input_that_is_all_padding_gives_zeros(save):
    x, w = np.zeros((1, 0, 5, 2), np.float32), np.ones((3, 3, 2, 4), np.float32)
    arguments = {"padding": [[0, 0], [2, 2], [0, 0], [0, 0]]}
    path = save(reference.random_table(19)).path
    out = emulated_gpu.ax_conv2d(x, w, path, **arguments)
    np.testing.assert_array_equal(out, np.zeros((1, 2, 3, 4)))
    np.testing.assert_array_equal(out, axlut.ax_conv2d(x, w, path, **arguments))


@pytest.mark.parametrize("variant", ["texture", "l1", "shared", "tensor"])
def test_every_kernel_that_can_be_asked_for(save, monkeypatch, variant):
    monkeypatch.setenv("AXLUT_GPU_KERNEL", variant)
    products = reference.exact_table().products  # an exact table has terms, and no residual
    x, w = tensors(20, (2, 6, 5, 4), (3, 3, 4, 6))
    emulated_gpu.check_equals_cpu(x, w, save(reference.Table(products)).path)
    # Terms and a residual: float outputs come from sums in the workspace.
    emulated_gpu.check_equals_cpu(x, w, save(reference.Table(products & ~0x3F)).path)


# The gradient of the op when it ran on the CPU and on the GPU; its fake quantization likewise.
@pytest.mark.parametrize("arguments", [{}, {"input_range": (-0.5, 1), "filter_range": (-0.2, 0.4)}])
@pytest.mark.parametrize("signed", [False, True])
def test_the_gradient_is_the_cpus(save, arguments, signed):
    path = save(reference.random_table(21, 8, 5, signed)).path
    x, w = map(tf.constant, tensors(22, (2, 6, 5, 3), (3, 3, 3, 4)))

    def gradients(convolve):
        with tf.GradientTape() as tape:
            tape.watch([x, w])
            loss = tf.reduce_sum(tf.square(convolve(x, w)))
        return tape.gradient(loss, [x, w])

    @tf.function
    def gradients_on_gpu():
        with emulated_gpu.label():
            return gradients(lambda x, w: axlut.ax_conv2d(x, w, path, **arguments))

    expected = gradients(lambda x, w: axlut.ax_conv2d(x, w, path, **arguments))
    emulated_gpu.calls()
    on_gpu = gradients_on_gpu()
    assert sum("FakeQuantize" in call for call in emulated_gpu.calls()) == 2
    for got in (on_gpu, gradients(emulated_gpu.traced(path, **arguments))):
        for actual, wanted in zip(got, expected):
            np.testing.assert_array_equal(actual, wanted)


@pytest.mark.parametrize("operand", ["a", "b"])
@pytest.mark.parametrize("bounds", [(-1, 2), (0, 0), (2, 2), (1, 3), (0, 1e-44), (-1e38, 1e38)])
def test_fake_quantization_is_the_cpus(save, operand, bounds):
    path = save(reference.random_table(23, 7, 4, True)).path
    values = np.random.default_rng(24).normal(0, 2, (3, 1001)).astype(np.float32)
    values[0, :4] = [np.inf, -np.inf, -0.0, 1e-40]
    quantize = axlut.load_ops().axlut_fake_quantize

    @tf.function
    def on_gpu(values):
        with emulated_gpu.label():
            return quantize(values, *bounds, table=path, operand=operand)

    expected = quantize(values, *bounds, table=path, operand=operand)
    for got, wanted in zip(on_gpu(values), expected):
        np.testing.assert_array_equal(got, wanted)


def test_a_call_queues_kernels_on_the_ops_stream_and_does_nothing_else(save):
    x, w = map(tf.constant, tensors(23, (1, 4, 4, 2), (3, 3, 2, 3)))
    convolve = emulated_gpu.traced(save(reference.random_table(24)).path)
    expected = convolve(x, w)  # copies the table
    live = emulated_gpu.live()
    emulated_gpu.calls()
    convolve(x, w)
    one_call = emulated_gpu.calls()
    assert len(one_call) == 2 and "NudgeRanges" in one_call[0]  # and the convolution
    assert all(call.startswith("launch ") and not call.endswith("elsewhere") for call in one_call)
    for _ in range(1000):
        out = convolve(x, w)
    assert emulated_gpu.calls() == 1000 * one_call
    assert emulated_gpu.live() == live
    np.testing.assert_array_equal(out, expected)


def test_files_of_equal_content_share_one_copy(save):
    x, w = tensors(25, (1, 4, 4, 2), (3, 3, 2, 3))
    table = save(reference.random_table(26))
    expected = emulated_gpu.ax_conv2d(x, w, table.path)
    live = emulated_gpu.live()
    np.testing.assert_array_equal(emulated_gpu.ax_conv2d(x, w, save(table).path), expected)
    assert emulated_gpu.live() == live


def test_a_rewritten_file_is_copied_anew_and_the_old_copy_freed(save):
    x, w = map(tf.constant, tensors(25, (1, 4, 4, 2), (3, 3, 2, 3)))
    table = save(reference.random_table(27))
    convolve = emulated_gpu.traced(table.path)
    before = convolve(x, w)
    live = emulated_gpu.live()
    reference.random_table(28).products.astype("<u2").tofile(table.path)
    after = convolve(x, w)
    assert emulated_gpu.live() == live
    np.testing.assert_array_equal(after, axlut.ax_conv2d(x, w, table.path))
    assert np.any(before != after)
    emulated_gpu.close()


def test_layers_on_several_threads(save):
    path = save(reference.random_table(28)).path
    layers = [tensors(seed, (1, 5, 4, 3), (3, 3, 3, 2)) for seed in range(4)]
    convolve = emulated_gpu.traced(path)
    outputs = [None] * len(layers)

    def run(i):
        outputs[i] = [convolve(*map(tf.constant, layers[i])).numpy() for _ in range(10)]

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(layers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for (x, w), results in zip(layers, outputs):
        for result in results:
            np.testing.assert_array_equal(result, axlut.ax_conv2d(x, w, path))


@pytest.mark.parametrize("arguments", [
    {"input_range": (1, -1)}, {"input_range": (np.nan, 1)}, {"filter_range": (0, np.inf)},
    {"input_range": (-3e38, 3e38)}])
def test_a_range_that_is_none_makes_every_output_nan(save, arguments):
    x, w = tensors(29, (1, 4, 4, 2), (3, 3, 2, 3))
    out = emulated_gpu.ax_conv2d(x, w, save(reference.random_table(30)).path, **arguments)
    assert out.shape == (1, 4, 4, 3) and np.all(np.isnan(out))


def test_nan_without_a_given_range_makes_every_output_nan(save):
    x, w = tensors(31, (1, 4, 4, 2), (3, 3, 2, 3))
    x[0, 1, 1, 0] = np.nan
    assert np.all(np.isnan(emulated_gpu.ax_conv2d(x, w, save(reference.random_table(32)).path)))


def test_nan_is_the_lower_end_of_a_given_range(save):
    x, w = tensors(33, (1, 4, 4, 2), (3, 3, 2, 3))
    path = save(reference.random_table(34)).path
    arguments = {"input_range": (-1, 2), "filter_range": (-1, 1)}
    x[0, 1, 1, 0] = -1
    expected = axlut.ax_conv2d(x, w, path, **arguments)
    x[0, 1, 1, 0] = np.nan
    np.testing.assert_array_equal(emulated_gpu.ax_conv2d(x, w, path, **arguments), expected)


@pytest.mark.parametrize("x_shape, w_shape, low_shape, message", [
    ((4, 4, 4), (3, 3, 4, 2), (), "input must have 4 dimensions"),
    ((1, 4, 4, 4), (3, 3, 3, 2), (), "input channels must be a multiple of the filter's"),
    ((1, 4, 4, 4), (3, 3, 4, 2), (2,), r"input_range must be two scalars; one has the shape \[2\]"),
])
def test_wrong_shapes(save, x_shape, w_shape, low_shape, message):
    path = save(reference.exact_table()).path

    @tf.function(input_signature=[tf.TensorSpec(None)] * 3)  # only the kernel can see the shapes
    def convolve(x, w, low):
        with emulated_gpu.label():
            return axlut.ax_conv2d(x, w, path, input_range=(low, 1), filter_range=(0, 1))

    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        convolve(tf.ones(x_shape), tf.ones(w_shape), tf.zeros(low_shape))


# The first call with a table, whose every step fails once, and one that only runs it.
@pytest.mark.parametrize("is_first_call", [True, False])
@pytest.mark.parametrize("for_lack_of_memory, error, reason", [
    (True, tf.errors.ResourceExhaustedError, "out of memory"),
    (False, tf.errors.InternalError, "launch failure")])
def test_every_failure_of_the_device_is_an_error_of_the_op(save, is_first_call, for_lack_of_memory,
                                                           error, reason):
    x, w = map(tf.constant, tensors(35, (1, 4, 4, 2), (3, 3, 2, 3)))
    path = save(reference.exact_table()).path
    convolve = emulated_gpu.traced(path)
    emulated_gpu.close()
    if not is_first_call:
        convolve(x, w)
    live = emulated_gpu.live()
    messages = []
    for number in range(1, 100):
        with emulated_gpu.failing(number, for_lack_of_memory) as has_failed:
            try:
                out = convolve(x, w)
            except error as raised:
                messages.append(raised.message)
            if not has_failed():
                break
        if is_first_call:
            emulated_gpu.close()  # aborts if anything leaked
        else:
            assert emulated_gpu.live() == live
    assert len(messages) >= (8 if is_first_call else 2)
    for message in messages:
        assert reason in message and ("[1,4,4,2]" in message or "n1h4w4c2_k3x3o3" in message)
    assert any("launch of" in message for message in messages)
    assert not is_first_call or any("for the table" in message for message in messages)
    np.testing.assert_array_equal(out, axlut.ax_conv2d(x, w, path))


def test_sign_magnitude_runs_on_a_gpu_too(save):
    x, w = tensors(40, (2, 5, 6, 2), (3, 3, 2, 4))
    emulated_gpu.check_equals_cpu(x, w, save(reference.random_table(41)).path,
                                  encoding="sign_magnitude")


@pytest.mark.parametrize("arguments, message", [
    ({"data_format": "NCHW"}, "data_format NCHW is not available on a GPU"),
    ({"narrow_input": True}, "a narrow range is not available on a GPU"),
    ({"narrow_filter": True}, "a narrow range is not available on a GPU"),
    ({"filter_range": (np.full(4, -1.0), np.ones(4))}, "a range per channel is not available on a GPU"),
])
def test_what_a_gpu_cannot_do_is_unimplemented(save, arguments, message):
    x, w = tensors(42, (2, 4, 4, 4), (3, 3, 4, 4))
    with pytest.raises(tf.errors.UnimplementedError, match=message):
        emulated_gpu.ax_conv2d(x, w, save(reference.exact_table()).path, **arguments)
