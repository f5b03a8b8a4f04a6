"""Compute linear layers, faster on CPU than Thinc's products."""

from collections.abc import Callable
from typing import Any

import numpy as np
from thinc.api import Model

from .._arrays import as_thinc, param_of
from .._types import Array
from .._watched_parameters import weights_of
from ..threads import threads


def predict_linear(node: Model[Any, Any], X: Array) -> Array:
    """Return ``X W^T + b``.

    Thinc's products take several times as long as NumPy's.

    Args:
        node: A layer with W, (nO, nI), and b, (nO,).
        X: (n_rows, nI).
    """
    weights = weights_of(node)
    if weights.is_single:
        Y: Array = X @ weights.derive(_transpose)
    else:
        Y = X @ weights.arrays["W"].T
    Y += weights.arrays["b"]
    return Y


def train_linear(
    node: Model[Any, Any], X: Array
) -> tuple[Array, Callable[[Array], Array]]:
    """Return ``X W^T + b`` as `predict_linear` does, and the backprop callback.

    The callback adds to the gradients of W and b, and returns that of X, all of the
    type of the output: optimizers refuse others.
    """
    W = param_of(node, "W")
    with threads.one_blas_thread():
        Y = X @ W.T
    Y += param_of(node, "b")

    def backprop(dY: Array) -> Array:
        dY = dY.astype(Y.dtype, copy=False)
        with threads.one_blas_thread():
            node.inc_grad("b", as_thinc(dY.sum(axis=0)))
            node.inc_grad("W", as_thinc(dY.T @ X))
            dX: Array = dY @ W
        return dX

    return Y, backprop


def _transpose(arrays: dict[str, Array]) -> Array:
    return np.ascontiguousarray(arrays["W"].T)
