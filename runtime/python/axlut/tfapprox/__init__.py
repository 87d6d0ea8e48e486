# SPDX-License-Identifier: MIT
"""TFApprox' ops and Keras layers under their own names, computed by AxLUT's kernels.

A script for TFApprox (tf2) or TFApprox4IL (tf2_new) runs after one import was changed:

    from keras.layers.fake_approx_convolutional import FakeApproxConv2D   # before
    from axlut.tfapprox import FakeApproxConv2D                           # after

    approx_op_module = tf.load_op_library("libApproxGPUOpsTF.so")         # before
    import axlut.tfapprox as approx_op_module                             # after

docs/migrating-from-tfapprox.md says what is computed otherwise, and why. New programs are better
served by axlut.ax_conv2d and axlut.keras, which take tables of all widths and signs.
"""

from axlut.tfapprox.layers import (FakeApproxConv2D, FakeApproxDepthwiseConv2D,
                                   FakeApproxSeparableConv2D)
from axlut.tfapprox.ops import (ApproxConv2DWithMinMaxVars, ApproxDepthwiseConv2DWithMinMaxVars,
                                approx_conv2d_with_min_max_vars,
                                approx_depthwise_conv2d_with_min_max_vars, load_op_library)

__all__ = ["ApproxConv2DWithMinMaxVars", "ApproxDepthwiseConv2DWithMinMaxVars",
           "FakeApproxConv2D", "FakeApproxDepthwiseConv2D", "FakeApproxSeparableConv2D",
           "approx_conv2d_with_min_max_vars", "approx_depthwise_conv2d_with_min_max_vars",
           "load_op_library"]
