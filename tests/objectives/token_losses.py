"""Check what holds for the loss of every objective on tokens."""

import numpy as np
from thinc.api import NumpyOps

from zoo.testing import Float64Ops

OPS = NumpyOps()


def assert_gradient_matches(loss, docs, tokens, Y, seed=0):
    """Compare the gradient with numerical differentiation, in float64."""
    ops, draw = Float64Ops(), np.random.default_rng(seed)
    Y = Y.astype("d")
    gradient = loss(ops, docs, tokens, Y).gradient
    assert gradient.shape == Y.shape
    for _ in range(3):
        step = 1e-6 * draw.normal(size=Y.shape)
        above, below = (loss(ops, docs, tokens, Y + s * step).total for s in (1, -1))
        slope = float((gradient * step).sum())
        assert np.isclose(above - below, 2 * slope, rtol=1e-5, atol=1e-12)


def assert_parts_add_up(loss, docs, tokens, Y):
    """Compare a batch with the same tokens one by one."""
    whole = loss(OPS, docs, tokens, Y)
    parts = [loss(OPS, docs, tokens[i : i + 1], Y[i : i + 1]) for i in range(len(Y))]
    assert whole.count == sum(part.count for part in parts)
    total = sum(float(part.total) for part in parts)
    assert np.isclose(float(whole.total), total, rtol=1e-5, atol=1e-6)
    gradients = [part.gradient for part in parts]
    if gradients:
        np.testing.assert_allclose(
            whole.gradient, np.concatenate(gradients), rtol=1e-5, atol=1e-6
        )
