# SPDX-License-Identifier: MIT
"""The package as Python code, and the op inside graphs and saved models."""

import os
import pathlib
import subprocess
import sys
import typing

import numpy as np
import pytest
import tensorflow as tf

import axlut
from axlut import _build_info
from axlut import _library
from axlut import _versions
import lut_reference as reference


@pytest.fixture
def layer(save):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(2, 6, 5, 3)).astype(np.float32)
    w = rng.normal(size=(3, 3, 3, 4)).astype(np.float32)
    path = save(reference.random_table(2)).path
    return x, w, path, axlut.ax_conv2d(x, w, path, strides=(2, 1)).numpy()


def test_import_does_not_load_tensorflow():
    code = ("import sys, axlut; assert not {'tensorflow', 'keras', 'numpy'} & set(sys.modules); "
            "assert 'ax_conv2d' in dir(axlut); print(axlut.__version__)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == axlut.__version__


def test_import_takes_less_than_a_tenth_of_a_second():
    """The smallest of some runs, so that a busy machine does not matter; 5 ms are usual."""
    code = ("import time; start = time.perf_counter(); import axlut; "
            "print(time.perf_counter() - start)")
    times = [float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                                  check=True).stdout) for _ in range(5)]
    assert min(times) < 0.1


def without_tensorflow(what_first=""):
    code = (f"import sys, axlut; sys.modules['tensorflow'] = None\n{what_first}\n"
            "try: axlut.ax_conv2d\nexcept ImportError as error: print(error)")
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                          check=True).stdout


def test_python_without_tensorflow_is_told_what_to_install():
    assert without_tensorflow() == (
        "axlut.ax_conv2d needs TensorFlow, which this Python does not have; "
        "install it by scripts/setup.sh --with-tensorflow\n")


def test_wheel_without_tensorflow_is_told_what_to_install():
    as_wheel = "axlut._build_info.IS_WHEEL, axlut._build_info.TENSORFLOW_VERSION = True, '2.21.0'"
    assert without_tensorflow(as_wheel).endswith('install it by pip install "tensorflow==2.21.*"\n')


def test_op_for_another_tensorflow_is_an_import_error():
    with pytest.raises(ImportError, match=r"built for TensorFlow 2\.20\.0, but this is TensorFlow "
                                          r"2\.21\.0; build it again: cmake"):
        _versions.check_tensorflow("2.20.0", "2.21.0")


def test_wheel_for_another_tensorflow_is_an_import_error(monkeypatch):
    monkeypatch.setattr(_build_info, "IS_WHEEL", True)
    with pytest.raises(ImportError, match=r'2\.2\.0, but this is TensorFlow 2\.21\.0; pip install '
                                          r'"tensorflow==2\.2\.\*", or .* --no-build-isolation'):
        _versions.check_tensorflow("2.2.0", "2.21.0")


@pytest.mark.parametrize("running", ["2.21.0", "2.21.3", "2.21.0-rc1"])
def test_bug_fixes_of_tensorflow_fit(running):
    _versions.check_tensorflow("2.21.0", running)


def test_build_without_tensorflow_is_an_import_error():
    with pytest.raises(ImportError, match="without its TensorFlow op.*--with-tensorflow"):
        _versions.check_tensorflow("", "2.21.0")


def test_load_ops_refuses_another_tensorflow(monkeypatch):
    monkeypatch.setattr(_build_info, "TENSORFLOW_VERSION", "2.20.0")
    _library.load_ops.cache_clear()  # it was loaded before, by other tests
    with pytest.raises(ImportError, match="built for TensorFlow 2.20.0"):
        axlut.load_ops()


def test_versions_are_the_builds():
    assert _build_info.TENSORFLOW_VERSION == tf.__version__
    assert axlut.__version__.count(".") == 2


def test_unknown_attributes_are_attribute_errors():
    with pytest.raises(AttributeError, match="no attribute 'ax_conv3d'"):
        axlut.ax_conv3d  # pylint: disable=pointless-statement


def test_type_hints_are_types():
    for name in axlut._MODULES:  # pylint: disable=protected-access
        value = getattr(axlut, name)
        assert typing.get_type_hints(value)["return"], name


def test_tf_function_equals_eager(layer):
    x, w, path, expected = layer
    traced = tf.function(lambda a, b: axlut.ax_conv2d(a, b, path, strides=(2, 1)))
    np.testing.assert_array_equal(traced(x, w), expected)


@pytest.mark.parametrize("strides, padding, shape", [
    (1, "SAME", [None, 6, None, 4]), ((2, 1), "VALID", [None, 2, None, 4]),
    (1, [[0, 0], [1, 2], [0, 0], [0, 0]], [None, 7, None, 4])])
def test_graphs_infer_the_output_shape(layer, strides, padding, shape):
    _, w, path, _ = layer
    traced = tf.function(lambda a: axlut.ax_conv2d(a, w, path, strides=strides, padding=padding))
    graph = traced.get_concrete_function(tf.TensorSpec([None, 6, None, 3]))
    assert graph.output_shapes.as_list() == shape


# In a new process, and with any number of threads; large enough to be split among them.
@pytest.mark.parametrize("threads", [1, 5])
def test_saved_model_gives_the_same_bytes_elsewhere(layer, tmp_path, threads):
    _, w, path, _ = layer
    x = np.random.default_rng(3).normal(size=(4, 64, 65, 3)).astype(np.float32)
    module = tf.Module()
    module.serve = tf.function(lambda a: axlut.ax_conv2d(a, w, path),
                               input_signature=[tf.TensorSpec([None, None, None, 3])])
    tf.saved_model.save(module, str(tmp_path / "model"))
    np.save(tmp_path / "x.npy", x)
    code = (f"import numpy as np, tensorflow as tf, axlut; axlut.load_ops();"
            f"tf.config.threading.set_intra_op_parallelism_threads({threads});"
            f"model = tf.saved_model.load('{tmp_path}/model');"
            f"np.save('{tmp_path}/y.npy', model.serve(np.load('{tmp_path}/x.npy')))")
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), axlut.ax_conv2d(x, w, path))


def test_containers_written_by_lutgen_are_tables(layer, tmp_path):
    x, w, _, _ = layer
    lutgen = pathlib.Path(os.environ.get("AXLUT_BINARY_DIR", "build")) / "bin" / "lutgen"
    if not lutgen.exists():
        pytest.skip(f"{lutgen} is not built")
    outputs = []
    for file in ("mul8u_t.axt", "mul8u_t.bin"):
        subprocess.run([lutgen, "build", "truncated:8x8:6", "-o", tmp_path / file], check=True,
                       capture_output=True)
        outputs.append(axlut.ax_conv2d(x, w, tmp_path / file).numpy())
    np.testing.assert_array_equal(*outputs)
    exact = tf.nn.conv2d(x, w, 1, "SAME").numpy()
    assert 0.01 < np.abs(outputs[0] - exact).max() / np.abs(exact).max() < 0.5


def test_table_path_is_independent_of_the_working_directory(layer, monkeypatch):
    x, w, path, expected = layer
    monkeypatch.chdir(pathlib.Path(path).parent)
    convolve = tf.function(lambda a: axlut.ax_conv2d(a, w, pathlib.Path(path).name, strides=(2, 1)))
    np.testing.assert_array_equal(convolve(x), expected)
    monkeypatch.chdir("/")
    np.testing.assert_array_equal(convolve(x), expected)


# facts of TFApprox: an edit of its reference kernel had no effect, since another one ran.
@pytest.mark.parametrize("isa, kernel", [("", None), ("scalar", "row_stationary")])
def test_the_log_says_which_kernel_ran_if_asked(layer, isa, kernel):
    x, w, path, _ = layer
    code = ("import numpy as np, tensorflow as tf, axlut\n"
            f"x, w = np.zeros({x.shape}, 'f4'), np.zeros({w.shape}, 'f4')\n"
            f"for _ in range(2): axlut.ax_conv2d(x, w, {path!r}, name='conv1')\n"
            f"axlut.ax_dense(x, w[0, 0], {path!r})\n")
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "0", "AXLUT_MAX_ISA": isa}
    lines = []
    for verbose in ("0", "1"):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                              check=True, env={**environment, "AXLUT_VERBOSE": verbose})
        lines.append([line for line in done.stderr.splitlines() if " by " in line and "x" in line
                      and "plan" in line or " times " in line])
    quiet, (convolution, dense) = lines  # a line each, however often it ran
    assert quiet == []
    assert "n2h6w5c3 * 3x3x3x4 by " in convolution and "1 times 60x3 * 3x4 by " in dense
    if kernel:
        assert f"by {kernel}," in convolution


def tool_output(*command):
    path = pathlib.Path(axlut.__file__).with_name("axlut_tf.so")
    return subprocess.run([*command, str(path)], capture_output=True, text=True, check=True).stdout


def test_object_needs_tensorflow_and_the_c_and_cpp_runtimes_only():
    dynamic = tool_output("readelf", "-d")
    needed = {line.split("[")[1].rstrip("]") for line in dynamic.splitlines() if "(NEEDED)" in line}
    runtimes = {"libstdc++.so.6", "libm.so.6", "libgcc_s.so.1", "libc.so.6", "ld-linux-x86-64.so.2",
                "ld-linux-aarch64.so.1"}
    assert needed - runtimes == {"libtensorflow_framework.so.2"}
    assert "RUNPATH" not in dynamic and "RPATH" not in dynamic


def test_object_exports_no_symbol():
    assert tool_output("nm", "-D", "--defined-only") == ""


def test_object_borrows_no_c_function_of_a_library_inside_tensorflow():
    """TensorFlow exports BoringSSL, zlib and more under the names of the system's libraries."""
    undefined = [line.split()[-1] for line in tool_output("nm", "-D", "-u").splitlines()
                 if line.split()[0] == "U"]
    assert "EVP_Digest" not in undefined and any("tensorflow" in name for name in undefined)
    assert [name for name in undefined if not name.startswith("_Z") and "@" not in name] == []
